#include "engine/fetch.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "engine/chunked_read.hpp"
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
    const Flush flush = count <= flushed_singly ? Flush::each : Flush::together;
    const auto entry_of = [&](std::size_t i) { return manifest_[items[first + i].entry]; };
    std::vector<std::size_t> near;
    std::vector<std::pair<std::size_t, FarRead>> far;
    for (std::size_t i = 0; i < count; ++i) {
      if (auto read = find_far_read(registry_, context_, entry_of(i))) {
        far.emplace_back(i, std::move(*read));
      } else {
        near.push_back(i);
      }
    }
    const auto write_far = [&](std::size_t number, std::string content) {
      const std::size_t i = far[number].first;
      check_content(entry_of(i), content);
      context_.progress.advance(0, content.size());
      write(files[i], flush, [&](File& file) { file.write(as_bytes(content)); });
    };
    read_far(
        far.size(),
        {.threads = context_.threads,
         .step = [&](std::size_t number) { return read_step(entry_of(far[number].first)); }},
        context_.stop, [&](std::size_t number) { return std::move(far[number].second); }, write_far);
    parallel_for(near.size(), context_.threads, context_.stop, [&](std::size_t number) {
      const std::size_t i = near[number];
      write(files[i], flush, [&](File& file) {
        const auto place = [&](std::uint64_t offset, Bytes chunk) {
          file.write_at(offset, chunk);
          context_.progress.advance(0, chunk.size());
        };
        if (read_in_chunks(registry_, context_, entry_of(i), place)) return;
        read_entry(registry_, context_, entry_of(i), [&](Bytes bytes) { file.write(bytes); });
      });
    });
    if (count > flushed_singly) tree_.flush();
    context_.failpoints.pass("install.after_fetch");
    for (std::size_t i = 0; i < count; ++i) place(std::move(*files[i]), items[first + i], placed);
  }

 private:
  enum class Flush { each, together };

  template <class Fill>
  void write(std::optional<TemporaryFile>& target, Flush flush, Fill&& fill) {
    File& file = target.emplace(tree_.temporary()).file();
    fill(file);
    if (flush == Flush::each) file.sync();
    file.close();
    context_.progress.advance(1, 0);
  }

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
