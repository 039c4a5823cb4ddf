#include "engine/fetch.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "engine/content.hpp"

namespace unio {
namespace {

/// A round ends after so many files, so that a flush serves many, or so many bytes, so that an interrupted
/// fetch keeps what it has.
constexpr std::size_t files_in_round = 4096;
constexpr std::uint64_t bytes_in_round = std::uint64_t{256} << 20;
/// For a few files the flush of a whole file system takes longer than theirs.
constexpr std::size_t flushed_singly = 8;

class Fetch {
 public:
  Fetch(const Registry& registry, const Manifest& manifest, SafeTree& tree, const Context& context)
      : registry_(registry), manifest_(manifest), tree_(tree), context_(context) {}

  /// Fetches and places items [first, last).
  void round(const std::vector<FetchItem>& items, std::size_t first, std::size_t last,
             const std::function<void(const FetchItem&, const FileStamp&)>& placed) {
    const std::size_t count = last - first;
    std::vector<std::optional<TemporaryFile>> files(count);
    parallel_for(count, context_.threads, context_.stop, [&](std::size_t i) {
      files[i].emplace(tree_.temporary());
      const EntryView entry = manifest_[items[first + i].entry];
      read_entry(registry_, context_, entry, [&](Bytes bytes) { files[i]->file().write(bytes); });
      if (count <= flushed_singly) files[i]->file().sync();
      files[i]->file().close();
      context_.progress.advance(1, 0);
    });
    if (count > flushed_singly) tree_.flush();
    context_.failpoints.pass("install.after_fetch");
    for (std::size_t i = 0; i < count; ++i) place(std::move(*files[i]), items[first + i], placed);
  }

 private:
  void place(TemporaryFile file, const FetchItem& item,
             const std::function<void(const FetchItem&, const FileStamp&)>& placed) {
    if (item.replaces) {
      const auto present = tree_.find(item.path);
      if (present && stamp_of(*present) != *item.replaces) {
        throw Error(
            ErrorCode::failed_precondition,
            fmt::format("'{}' changed while it was to be replaced", (tree_.root() / item.path).native()),
            "run the command again when nothing writes to it");
      }
    }
    tree_.place(std::move(file), item.path,
                item.replaces ? SafeTree::Overwrite::yes : SafeTree::Overwrite::no);
    const auto now = tree_.find(item.path);
    if (now) placed(item, stamp_of(*now));
  }

  const Registry& registry_;
  const Manifest& manifest_;
  SafeTree& tree_;
  const Context& context_;
};

}  // namespace

FetchResult fetch(const Registry& registry, const Manifest& manifest, SafeTree& tree,
                  const std::vector<FetchItem>& items, const Context& context,
                  const std::function<void(const FetchItem&, const FileStamp&)>& placed) {
  FetchResult result{.files = items.size()};
  for (const FetchItem& item : items) result.bytes += manifest[item.entry].size();
  const ProgressPhase phase(context.progress, "fetching", result.files, result.bytes);
  Fetch run(registry, manifest, tree, context);
  for (std::size_t first = 0; first < items.size();) {
    std::size_t last = first;
    std::uint64_t bytes = 0;
    while (last < items.size() && last - first < files_in_round && bytes < bytes_in_round) {
      bytes += manifest[items[last++].entry].size();
    }
    run.round(items, first, last, placed);
    first = last;
  }
  if (!items.empty()) tree.flush();
  return result;
}

}  // namespace unio
