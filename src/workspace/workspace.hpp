#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "model/manifest.hpp"
#include "workspace/builder_state.hpp"
#include "workspace/stat_index.hpp"

namespace unio {

/// A local folder bound to a package or builder. Its state is in `<root>/.unio/`:
///
///   workspace.json   binding, sources, what is pending (BuilderState)
///   manifest-*.jsonl the manifest that was built, pushed or installed last
///   index            stat index of the tracked files
///   trash/           what `sync` took away
///
/// Every file is replaced in one step. A new manifest is a new file; then the state that names it replaces
/// the old one, and the old manifest's file goes: a crash leaves the old pair or the new one, whole. Not
/// thread-safe; `lock` keeps other processes away.
class Workspace {
 public:
  /// The workspace that `directory` is in: the nearest folder upwards with a `.unio/workspace.json`.
  static std::optional<Workspace> find(const std::filesystem::path& directory);
  /// The same; Error not_found when there is no such folder, failed_precondition whose hint names `unio init`
  /// and `unio install`.
  static Workspace get(const std::filesystem::path& directory);
  /// Binds `root` (made when missing). Error already_exists when it is a workspace or lies in one.
  static Workspace create(const std::filesystem::path& root, BuilderState state, RandomSource& random);
  /// The same with a manifest; the folder is a workspace only when both are there.
  static Workspace create(const std::filesystem::path& root, BuilderState state, const Manifest& manifest,
                          RandomSource& random);
  /// The same with a part of the manifest that has this top hash.
  static Workspace create_with_part(const std::filesystem::path& root, BuilderState state,
                                    const Manifest& part, const std::string& top_hash, RandomSource& random);

  /// One that is stored nowhere: to compare any folder with a manifest. It can be neither saved nor locked.
  static Workspace unstored(const std::filesystem::path& root, BuilderState state, Manifest manifest);

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path state_folder() const { return root_ / ".unio"; }
  std::filesystem::path index_path() const { return state_folder() / "index"; }

  BuilderState& state() { return state_; }
  const BuilderState& state() const { return state_; }

  /// The stored manifest, read on first use. The empty manifest when none was built. Not to be asked for
  /// while only a part is stored (complete_manifest.hpp).
  const Manifest& manifest();
  /// The same, or that part: it has all entries that are installed here.
  const Manifest& installed_manifest();
  bool has_part() const { return !state_.part_sha256.empty(); }
  /// The top hash of the stored manifest without reading it; empty when there is none.
  const std::string& manifest_hash() const { return state_.top_hash; }

  /// Stores state and, when given, a new manifest; durable when it returns.
  void save(RandomSource& random);
  void save(const Manifest& manifest, RandomSource& random);
  /// With a part of the manifest that has this top hash.
  void save_part(const Manifest& part, const std::string& top_hash, RandomSource& random);

  /// Held by a command that changes the workspace. Error conflict when another process holds it. Released by
  /// the kernel at the latest when the process ends.
  class Lock {
   public:
    explicit Lock(const std::filesystem::path& state_folder);

   private:
    File file_;
  };
  /// Reads the state again, which another process may have changed before it let go.
  Lock lock();

  /// The local file that `source` gives for `key`: absolute.
  std::filesystem::path local_path(const Source& source, std::string_view key) const;

 private:
  Workspace(std::filesystem::path root, BuilderState state);
  static Workspace prepare(const std::filesystem::path& root, BuilderState state, RandomSource& random);
  void write_manifest(const Manifest& manifest, RandomSource& random);
  void remove_old_manifests() const;

  std::filesystem::path root_;
  BuilderState state_;
  std::optional<Manifest> manifest_;
};

}  // namespace unio
