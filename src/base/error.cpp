#include "base/error.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace unio {
namespace {

constexpr std::array<ErrorCodeInfo, 14> table{{
    {ErrorCode::invalid_argument, "invalid_argument", 2, 400, EINVAL, "ValueError"},
    {ErrorCode::not_found, "not_found", 3, 404, ENOENT, "FileNotFoundError"},
    {ErrorCode::already_exists, "already_exists", 4, 409, EEXIST, "FileExistsError"},
    {ErrorCode::conflict, "conflict", 5, 409, EBUSY, "ConflictError"},
    {ErrorCode::unauthenticated, "unauthenticated", 6, 401, EACCES, "PermissionError"},
    {ErrorCode::permission_denied, "permission_denied", 7, 403, EACCES, "PermissionError"},
    {ErrorCode::unavailable, "unavailable", 8, 503, EIO, "ConnectionError"},
    {ErrorCode::deadline_exceeded, "deadline_exceeded", 8, 504, ETIMEDOUT, "TimeoutError"},
    {ErrorCode::corruption, "corruption", 9, 500, EIO, "CorruptionError"},
    {ErrorCode::unsupported, "unsupported", 10, 501, ENOTSUP, "NotImplementedError"},
    {ErrorCode::failed_precondition, "failed_precondition", 11, 412, EPERM, "PreconditionError"},
    {ErrorCode::no_space, "no_space", 12, 507, ENOSPC, "OSError"},
    {ErrorCode::internal, "internal", 70, 500, EIO, "RuntimeError"},
    {ErrorCode::cancelled, "cancelled", 130, 499, EINTR, "KeyboardInterrupt"},
}};

ErrorCode code_from_errno(int errno_value) {
  switch (errno_value) {
    case ENOENT:
    case ENOTDIR:
      return ErrorCode::not_found;
    case EEXIST:
    case ENOTEMPTY:
      return ErrorCode::already_exists;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::permission_denied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return ErrorCode::no_space;
    case EINVAL:
    case ENAMETOOLONG:
    case EISDIR:
    case ELOOP:
    case EXDEV:
      return ErrorCode::invalid_argument;
    case ENOTSUP:
    case ENOSYS:
      return ErrorCode::unsupported;
    case ETIMEDOUT:
      return ErrorCode::deadline_exceeded;
    case EINTR:
      return ErrorCode::cancelled;
    default:
      return ErrorCode::unavailable;
  }
}

}  // namespace

std::span<const ErrorCodeInfo> error_codes() {
  return table;
}

const ErrorCodeInfo& info(ErrorCode code) {
  return table[static_cast<std::size_t>(code)];
}

Error::Error(ErrorCode code, std::string message, std::string hint)
    : code_(code), message_(std::move(message)), hint_(std::move(hint)) {
  compose();
}

Error::Error(const Error&) = default;
Error::Error(Error&&) noexcept = default;
Error& Error::operator=(const Error&) = default;
Error& Error::operator=(Error&&) noexcept = default;
Error::~Error() = default;

Error& Error::while_doing(std::string step) {
  context_.push_back(std::move(step));
  compose();
  return *this;
}

void Error::compose() {
  what_.clear();
  for (auto step = context_.rbegin(); step != context_.rend(); ++step) what_ += *step + ": ";
  what_ += message_;
}

Error error_from_errno(int errno_value, std::string_view action) {
  std::array<char, 128> buffer{};
  const char* reason = ::strerror_r(errno_value, buffer.data(), buffer.size());
  std::string text = fmt::format("{}: {}", action, reason);
  if (text.size() > action.size() + 2) {
    char& first = text[action.size() + 2];
    if (first >= 'A' && first <= 'Z') first = static_cast<char>(first - 'A' + 'a');
  }
  return {code_from_errno(errno_value), std::move(text)};
}

void throw_errno(std::string_view action) {
  throw error_from_errno(errno, action);
}

void check(bool condition, std::string_view what, std::source_location where) {
  if (condition) return;
  throw Error(ErrorCode::internal, fmt::format("{} ({}:{})", what, where.file_name(), where.line()),
              "this is a bug in unio; please report it with the command that you ran");
}

}  // namespace unio
