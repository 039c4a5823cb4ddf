#include "engine/folder_hash.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "engine/content.hpp"
#include "engine/folder_compare.hpp"
#include "engine/tracked_files.hpp"
#include "model/physical_key.hpp"

namespace unio {
namespace {

/// A part of the package that is not here cannot be hashed here.
void refuse_partial(Workspace& workspace) {
  std::string missing = workspace.has_part() ? "some" : "";
  const Manifest& manifest = workspace.installed_manifest();
  for (std::size_t i = 0; i < manifest.size() && missing.empty(); ++i) {
    const std::string key(manifest[i].logical_key());
    if (find_source(workspace.state(), key) == nullptr) missing = fmt::format("'{}'", key);
  }
  if (missing.empty()) return;
  throw Error(
      ErrorCode::failed_precondition,
      fmt::format("{} of the package is not in this folder, which holds only a part of it", missing),
      fmt::format("unio install {} without --path fetches all of it", workspace.state().ref.display()));
}

/// The manifest that the folder would build to, file by file in tree order.
class FolderManifest {
 public:
  FolderManifest(Workspace& workspace, const Context& context)
      : context_(context), before_(workspace.manifest()) {
    after_.set_header(before_.header());
  }

  void add(const ComparedFile& file) {
    if (file.state == ComparedFile::State::unreadable) {
      throw Error(ErrorCode::permission_denied, fmt::format("cannot read '{}': {}", file.path, file.detail));
    }
    if (file.state == ComparedFile::State::missing || file.state == ComparedFile::State::not_a_file) return;
    const auto index = before_.find(file.key);
    if (index && file.state == ComparedFile::State::same) return after_.add(before_[*index]);
    const DigestType type = index ? file.digest.type : DigestType::sha2_256_chunked;
    const std::string path(file.path);
    Entry entry{.logical_key = std::string(file.key),
                .physical_key = PhysicalKey::of_file(path).url(),
                .size = file.stamp.size,
                .digest = hash_local_file(context_, path, file.stamp, type),
                .meta = {}};
    if (index) entry.meta = before_[*index].meta();
    after_.add(entry);
  }

  std::string top_hash() { return after_.finish().top_hash(); }

 private:
  const Context& context_;
  Manifest before_;
  ManifestBuilder after_;
};

}  // namespace

std::string folder_hash(Workspace& workspace, const Context& context) {
  refuse_partial(workspace);
  FolderManifest manifest(workspace, context);
  const StatIndex index = load_index(workspace);
  const ProgressPhase phase(context.progress, "hashing", index.size());
  compare_folder(workspace, index, Trust::stamps, context,
                 [&](const ComparedFile& file) { manifest.add(file); });
  return manifest.top_hash();
}

}  // namespace unio
