#pragma once

#include <exception>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace unio {

/// Why an operation failed, named by what the caller can do about it.
enum class ErrorCode {
  invalid_argument,     ///< the call itself is wrong: change it
  not_found,            ///< check the name
  already_exists,       ///< choose another name, or use what is there
  conflict,             ///< somebody else was faster: refresh and repeat the operation
  unauthenticated,      ///< log in
  permission_denied,    ///< ask for access
  unavailable,          ///< try again later
  deadline_exceeded,    ///< it took too long: try again later
  corruption,           ///< bytes are not what they were: verify, repair
  unsupported,          ///< this version, store or platform cannot do it
  failed_precondition,  ///< something must be done first; the hint names it
  no_space,             ///< free some space
  internal,             ///< a bug: report it
  cancelled,            ///< the user stopped it
};

/// One row of the table that every front end uses: the CLI's exit code, the HTTP status, the errno of the
/// mount, and the Python exception that stand for a code.
struct ErrorCodeInfo {
  ErrorCode code;
  std::string_view name;
  int exit_code;
  int http_status;
  int errno_value;
  std::string_view python;
};

/// The whole table, in the order of the enumeration.
std::span<const ErrorCodeInfo> error_codes();
const ErrorCodeInfo& info(ErrorCode code);

/// The only exception type that Unio's code throws for a failure.
///
/// `message` is one line, lower case, names in quotes, without secrets. `context` holds the steps that were
/// under way, innermost first. `hint` tells the user the next step, often a runnable command; may be empty.
class Error : public std::exception {
 public:
  Error(ErrorCode code, std::string message, std::string hint = {});
  // Not inline: each of the many files that throw would compile them.
  Error(const Error&);
  Error(Error&&) noexcept;
  Error& operator=(const Error&);
  Error& operator=(Error&&) noexcept;
  ~Error() override;

  ErrorCode code() const noexcept { return code_; }
  const std::string& message() const noexcept { return message_; }
  const std::string& hint() const noexcept { return hint_; }
  const std::vector<std::string>& context() const noexcept { return context_; }

  /// Adds a step on the way up, for example "push team/photos".
  Error& while_doing(std::string step);

  /// "outer step: inner step: message", without the hint.
  const char* what() const noexcept override { return what_.c_str(); }

 private:
  void compose();

  ErrorCode code_;
  std::string message_;
  std::string hint_;
  std::vector<std::string> context_;
  std::string what_;
};

/// The Error for a failed system call: ENOENT becomes not_found, ENOSPC and EDQUOT no_space, and so on.
/// `action` says what was tried, for example "read '/data/a.csv'".
Error error_from_errno(int errno_value, std::string_view action);

/// Throws error_from_errno with the present `errno`.
[[noreturn]] void throw_errno(std::string_view action);

/// Throws ErrorCode::internal when a thing that our own code guarantees does not hold.
void check(bool condition, std::string_view what,
           std::source_location where = std::source_location::current());

/// Runs `body`; an Error that leaves it gains `step`.
template <class Body>
decltype(auto) in_context(std::string_view step, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (Error& error) {
    error.while_doing(std::string(step));
    throw;
  }
}

}  // namespace unio
