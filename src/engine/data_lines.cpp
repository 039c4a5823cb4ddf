#include "engine/data_lines.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "engine/content.hpp"
#include "engine/tracked_files.hpp"
#include "model/logical_key.hpp"

namespace unio {
namespace {

/// What the manifest knows of the entries that one source feeds.
struct Fed {
  std::uint64_t entries = 0;
  bool local = false;
  std::string place;
};

/// Pointers, summed up by their top folder and the place that all of it lies in.
class PointerLines {
 public:
  void add(std::string_view key, const std::string& url) {
    const std::string_view folder = key.substr(0, key.find('/') + 1);
    const std::string line_key(folder.empty() ? key : folder);
    std::string place = folder.empty() ? url : folder_url(url, key, folder);
    const auto [position, is_new] = positions_.try_emplace({line_key, place}, lines_.size());
    if (is_new) lines_.push_back({line_key, std::move(place), 0});
    lines_[position->second].entries += 1;
  }

  std::vector<DataLine> take() { return std::move(lines_); }

 private:
  std::map<std::pair<std::string, std::string>, std::size_t> positions_;
  std::vector<DataLine> lines_;
};

class DataLines {
 public:
  DataLines(Workspace& workspace, const Registry& registry, const std::vector<std::string>& changed)
      : state_(workspace.state()), registry_(registry), changed_(changed) {
    for (const Source& source : state_.sources) fed_.emplace(&source, Fed{});
    const Manifest& manifest = workspace.manifest();
    for (std::size_t i = 0; i < manifest.size(); ++i) add(manifest[i]);
    lines_ = pointers_.take();
    for (const auto& [source, fed] : fed_) add_source(*source, fed);
  }

  std::vector<DataLine> take() {
    std::stable_sort(lines_.begin(), lines_.end(), [](const DataLine& left, const DataLine& right) {
      return compare_tree_order(left.key, right.key) < 0;
    });
    return std::move(lines_);
  }

 private:
  void add(const EntryView& entry) {
    const std::string_view key = entry.logical_key();
    const Source* source = find_source(state_, key);
    const std::string url = entry.physical_key();
    if (source == nullptr || source->kind == Source::Kind::installed) return pointers_.add(key, url);
    Fed& fed = fed_[source];
    fed.entries += 1;
    fed.local = fed.local || is_local_file(registry_, entry);
    if (fed.place.empty())
      fed.place = source->kind == Source::Kind::file ? url : folder_url(url, key, source->key);
  }

  void add_source(const Source& source, const Fed& fed) {
    if (source.kind == Source::Kind::installed) return;
    const bool changed = std::binary_search(changed_.begin(), changed_.end(), source.key, TreeOrder());
    const bool pushed = fed.entries > 0 && !fed.local && !changed;
    lines_.push_back({source.key, pushed ? fed.place : display_path(source), fed.entries});
  }

  const BuilderState& state_;
  const Registry& registry_;
  const std::vector<std::string>& changed_;
  std::map<const Source*, Fed> fed_;
  PointerLines pointers_;
  std::vector<DataLine> lines_;
};

}  // namespace

std::vector<DataLine> data_lines(const Manifest& manifest) {
  PointerLines lines;
  for (std::size_t i = 0; i < manifest.size(); ++i)
    lines.add(manifest[i].logical_key(), manifest[i].physical_key());
  return lines.take();
}

std::vector<DataLine> data_lines(Workspace& workspace, const Registry& registry,
                                 const std::vector<std::string>& changed) {
  return DataLines(workspace, registry, changed).take();
}

}  // namespace unio
