#pragma once

#include <unistd.h>

#include <cerrno>
#include <exception>
#include <system_error>

namespace unio::test {

/// While it lives, the process has no more rights on files than anybody else, even when root runs the tests.
/// What it shall reach meanwhile must be open to everybody.
class LoweredRights {
 public:
  LoweredRights() {
    constexpr ::uid_t nobody = 65534;
    if (user_ == 0 && ::seteuid(nobody) != 0)
      throw std::system_error(errno, std::generic_category(), "seteuid");
  }
  ~LoweredRights() {
    if (user_ == 0 && ::seteuid(user_) != 0) std::terminate();
  }
  LoweredRights(const LoweredRights&) = delete;
  LoweredRights& operator=(const LoweredRights&) = delete;

 private:
  ::uid_t user_ = ::geteuid();
};

}  // namespace unio::test
