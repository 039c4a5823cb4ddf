#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/recorded_environment.hpp"

namespace unio {

struct CheckoutPlaces {
  std::filesystem::path folder;   ///< where it shall be; absolute
  std::filesystem::path present;  ///< where the user is, perhaps in a repository that has the commit
};

/// A recorded commit in a folder of its own, on its way there. Until `finish` it lies beside that folder
/// under a temporary name; destroyed before, it is removed again. The checkout that the user is in stays as
/// it is.
class NewCheckout {
 public:
  /// Checks the commit out: as a worktree of the repository that the user is in when that has it, else from
  /// the recorded remote. Errors: failed_precondition when no commit or no usable remote was recorded,
  /// already_exists for a folder that is there, not_found when nobody has the commit, unavailable when git
  /// cannot get it.
  NewCheckout(CheckoutPlaces places, const RecordedEnvironment& recorded, const Context& context);
  ~NewCheckout();
  NewCheckout(const NewCheckout&) = delete;
  NewCheckout& operator=(const NewCheckout&) = delete;

  const std::string& commit() const { return commit_; }
  /// The remote that it was cloned from; absent for a worktree.
  const std::optional<std::string>& remote() const { return remote_; }

  /// Applies a recorded `git diff HEAD --binary`, to files and index. Absent when it was; else why not, and
  /// then nothing of it was.
  std::optional<std::string> apply(std::string_view patch) const;

  void finish();

 private:
  std::optional<std::string> find_unsafe_path(const std::filesystem::path& patch) const;
  bool check_out_here();
  void clone();
  /// In the new checkout.
  ProcessResult git(std::vector<std::string> arguments) const;
  ProcessResult git_in(const std::filesystem::path& directory, std::vector<std::string> arguments) const;
  void remove() noexcept;

  const Context& context_;
  CheckoutPlaces places_;
  std::filesystem::path temporary_;
  std::string commit_;
  std::optional<std::string> remote_;
  std::string recorded_remote_;
  bool finished_ = false;
};

/// Throws what the constructor would before anything is done.
void check_new_checkout(const std::filesystem::path& folder, const RecordedEnvironment& recorded);

}  // namespace unio
