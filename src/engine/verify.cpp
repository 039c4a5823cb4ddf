#include "engine/verify.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "engine/folder_compare.hpp"
#include "engine/tracked_files.hpp"

namespace unio {
namespace {

std::string_view what_it_is(ScanState found) {
  return found == ScanState::symlink ? "a symbolic link" : "no regular file";
}

/// The path of a file that is not there, as the source would have it.
std::string expected_path(const Workspace& workspace, const ComparedFile& file) {
  if (!file.path.empty()) return std::string(file.path);
  return workspace.local_path(workspace.state().sources[file.source], file.key).native();
}

void note(const Workspace& workspace, const ComparedFile& file, VerifyResult& result) {
  const auto differs = [&](Difference::Kind kind, std::string detail) {
    result.differences.push_back(
        {kind, std::string(file.key), expected_path(workspace, file), std::move(detail)});
  };
  switch (file.state) {
    case ComparedFile::State::same:
      break;
    case ComparedFile::State::changed:
      differs(Difference::Kind::changed,
              file.stamp.size == file.tracked_size
                  ? std::string(file.detail)
                  : fmt::format("{} bytes, not {}", file.stamp.size, file.tracked_size));
      break;
    case ComparedFile::State::missing:
      return differs(Difference::Kind::missing, {});
    case ComparedFile::State::extra:
      return differs(Difference::Kind::unknown, {});
    case ComparedFile::State::unreadable:
      return differs(Difference::Kind::unreadable, std::string(file.detail));
    case ComparedFile::State::not_a_file:
      // Folders hold nothing of their own, and what is ignored is not the package's business.
      if (file.found == ScanState::ignored || file.found == ScanState::empty_folder) return;
      return differs(Difference::Kind::unknown, std::string(what_it_is(file.found)));
  }
  result.files += 1;
  if (file.read) result.bytes_read += file.stamp.size;
}

}  // namespace

VerifyResult verify_folder(const OpenedPackage& package, const std::filesystem::path& folder,
                           const Context& context) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored)) {
    throw Error(ErrorCode::not_found, fmt::format("there is no folder '{}'", folder.native()));
  }
  BuilderState state;
  state.sources = {{.kind = Source::Kind::installed, .key = {}, .path = ".", .excluded = {}}};
  state.top_hash = package.top_hash;
  Workspace workspace = Workspace::unstored(folder, std::move(state), package.manifest);
  VerifyResult result{.top_hash = package.top_hash};
  const StatIndex index = distrusting_index(workspace);
  const ProgressPhase phase(context.progress, "verifying", index.size());
  compare_folder(workspace, index, Trust::nothing, context,
                 [&](const ComparedFile& file) { note(workspace, file, result); });
  return result;
}

VerifyResult verify(Workspace& workspace, Thoroughness thoroughness, const Context& context) {
  if (workspace.manifest_hash().empty()) {
    throw Error(ErrorCode::failed_precondition,
                fmt::format("'{}' holds no manifest to compare with", workspace.root().native()),
                "unio build-manifest makes one");
  }
  VerifyResult result{.top_hash = workspace.manifest_hash()};
  const bool content = thoroughness == Thoroughness::content;
  // Nothing that an index says is taken for granted: what is compared with comes from the manifest.
  const bool manifest_altered =
      content && !workspace.has_part() && workspace.manifest().top_hash() != workspace.manifest_hash();
  if (manifest_altered) {
    throw Error(ErrorCode::corruption,
                fmt::format("the manifest in '{}' was altered", workspace.state_folder().native()),
                "install the package into another folder");
  }
  const StatIndex known = load_index(workspace);
  const StatIndex from_manifest = content ? distrusting_index(workspace) : StatIndex();
  const StatIndex& index = content ? from_manifest : known;
  IndexUpdate update(known);
  const ProgressPhase phase(context.progress, "verifying", index.size());
  compare_folder(workspace, index, content ? Trust::nothing : Trust::stamps, context,
                 [&](const ComparedFile& file) {
                   note(workspace, file, result);
                   // A change that left the stamp as it was must be seen by whatever comes next, sync for
                   // example.
                   const bool altered = file.read && file.state == ComparedFile::State::changed;
                   if (altered) update.set({file.key, file.stamp, file.digest, false});
                 });
  update.try_publish(workspace, 0, context.random);
  return result;
}

}  // namespace unio
