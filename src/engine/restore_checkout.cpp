#include "engine/restore_checkout.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "base/split.hpp"
#include "engine/capture.hpp"
#include "engine/child_environment.hpp"
#include "engine/local_folders.hpp"
#include "model/logical_key.hpp"
#include "model/recorded_values.hpp"
#include "model/secrets.hpp"

namespace unio {
namespace {

namespace fs = std::filesystem;

/// What only git itself may write.
bool is_git_folder(std::string_view segment) {
  return to_lower(segment) == ".git";
}

bool is_safe_path(const std::string& path) {
  if (!is_logical_key(path)) return false;
  const std::vector<std::string> segments = split(path, '/');
  return std::none_of(segments.begin(), segments.end(), is_git_folder);
}

}  // namespace

void check_new_checkout(const fs::path& folder, const RecordedEnvironment& recorded) {
  const auto& git = recorded.environment.git;
  if (!git || !is_git_commit(git->commit)) {
    throw Error(ErrorCode::failed_precondition,
                fmt::format("no git commit was recorded with '{}'", recorded.id),
                "without --checkout the environment alone is restored");
  }
  std::error_code error;
  if (fs::exists(fs::symlink_status(folder, error))) {
    throw Error(ErrorCode::already_exists, fmt::format("'{}' is there already", folder.native()),
                "choose another folder for the checkout");
  }
}

NewCheckout::NewCheckout(CheckoutPlaces places, const RecordedEnvironment& recorded, const Context& context)
    : context_(context), places_(std::move(places)) {
  check_new_checkout(places_.folder, recorded);
  commit_ = recorded.environment.git->commit;
  recorded_remote_ = recorded.environment.git->remote;
  make_folders(places_.folder.parent_path());
  temporary_ = places_.folder.parent_path() / (".unio-checkout-" + random_id(context_.random));
  try {
    if (!check_out_here()) clone();
  } catch (...) {
    remove();
    throw;
  }
}

NewCheckout::~NewCheckout() {
  if (!finished_) remove();
}

ProcessResult NewCheckout::git_in(const fs::path& directory, std::vector<std::string> arguments) const {
  // No hook of the user's repository is meant for this, and what is fetched brings none that would run.
  std::vector<std::string> command{"git",
                                   "-c",
                                   "core.hooksPath=/dev/null",
                                   "-c",
                                   "core.fsmonitor=false",
                                   "-c",
                                   "advice.detachedHead=false"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return context_.processes.run(
      command, directory, {.environment = environment_for_git(context_.environment), .stop = context_.stop});
}

ProcessResult NewCheckout::git(std::vector<std::string> arguments) const {
  return git_in(temporary_, std::move(arguments));
}

bool NewCheckout::check_out_here() {
  const fs::path& here = places_.present;
  if (git_in(here, {"cat-file", "-e", commit_ + "^{commit}"}).exit_code != 0) return false;
  const ProcessResult added =
      git_in(here, {"worktree", "add", "--quiet", "--detach", temporary_.native(), commit_});
  if (added.exit_code != 0)
    throw Error(ErrorCode::unavailable,
                fmt::format("git could not check out {}: {}", commit_, complaint(added)));
  return true;
}

void NewCheckout::clone() {
  if (!is_plain_git_remote(recorded_remote_)) {
    throw Error(
        ErrorCode::failed_precondition,
        recorded_remote_.empty()
            ? fmt::format("this repository has no commit {}, and no remote was recorded", commit_)
            : fmt::format("this repository has no commit {}, and the recorded remote {} is not safe to use",
                          commit_, quoted_key(recorded_remote_)),
        "run it in a clone of the repository that the commit is of");
  }
  remote_ = recorded_remote_;
  const ProcessResult cloned = git_in(
      places_.folder.parent_path(),
      {"clone", "--quiet", "--no-checkout", "--no-recurse-submodules", "--", *remote_, temporary_.native()});
  if (cloned.exit_code != 0)
    throw Error(ErrorCode::unavailable,
                fmt::format("git could not clone '{}': {}", *remote_, complaint(cloned)),
                "run it in a clone of the repository that the commit is of");
  const bool has_commit = git({"cat-file", "-e", commit_ + "^{commit}"}).exit_code == 0 ||
                          git({"fetch", "--quiet", "origin", commit_}).exit_code == 0;
  if (!has_commit) {
    throw Error(ErrorCode::not_found, fmt::format("'{}' has no commit {}", *remote_, commit_),
                "it was perhaps never pushed there: ask who made it");
  }
  const ProcessResult checked_out = git({"checkout", "--quiet", "--detach", commit_});
  if (checked_out.exit_code != 0)
    throw Error(ErrorCode::unavailable,
                fmt::format("git could not check out {}: {}", commit_, complaint(checked_out)));
}

/// As git reads the patch. It refuses such paths by itself; that it does is not all that keeps files outside
/// safe.
std::optional<std::string> NewCheckout::find_unsafe_path(const fs::path& patch) const {
  const ProcessResult listed = git({"apply", "--numstat", "-z", patch.native()});
  if (listed.exit_code != 0) return complaint(listed);
  for (const std::string& line : split(listed.output, '\0')) {
    const auto tab = line.rfind('\t');
    const std::string path = tab == std::string::npos ? line : line.substr(tab + 1);
    if (!is_safe_path(path))
      return fmt::format("it changes {}, which is no path of a checkout", quoted_key(path));
  }
  return std::nullopt;
}

std::optional<std::string> NewCheckout::apply(std::string_view patch) const {
  if (is_masked_patch(patch)) return "secrets in it were masked when it was recorded";
  TemporaryFile file(places_.folder.parent_path(), ".unio-patch-", context_.random);
  file.file().write(as_bytes(patch));
  if (auto unsafe = find_unsafe_path(file.path())) return unsafe;
  const ProcessResult applied = git({"apply", "--index", "--whitespace=nowarn", file.path().native()});
  return applied.exit_code == 0 ? std::nullopt : std::optional(complaint(applied));
}

void NewCheckout::finish() {
  if (remote_) {
    move_folder(temporary_, places_.folder);
  } else {
    const ProcessResult moved =
        git_in(places_.present, {"worktree", "move", temporary_.native(), places_.folder.native()});
    if (moved.exit_code != 0)
      throw Error(ErrorCode::unavailable, fmt::format("git could not move the worktree to '{}': {}",
                                                      places_.folder.native(), complaint(moved)));
  }
  finished_ = true;
}

void NewCheckout::remove() noexcept {
  std::error_code error;
  fs::remove_all(temporary_, error);
  if (remote_) return;
  try {
    const ProcessOptions options{.environment = environment_for_git(context_.environment)};
    context_.processes.run({"git", "worktree", "prune"}, places_.present, options);
  } catch (const std::exception&) {
    // Git does so by itself some day.
  }
}

}  // namespace unio
