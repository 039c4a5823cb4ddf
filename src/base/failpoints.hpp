#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/environment.hpp"

namespace unio {

/// A named place in the code where a test can make the program fail.
struct FailpointInfo {
  std::string_view name;  ///< "push.after_objects"
  std::string_view doc;   ///< what is done and what is not when the program passes it
};

/// Which failpoints are armed, from `UNIO_FAIL=name:action[,name:action…]`. Actions: `kill` (SIGKILL to
/// itself), `error` (throws Error unavailable), `pause` (waits until a file named by UNIO_FAIL_RELEASE
/// exists). `name@n:action` acts only on the n-th pass. Not armed, a failpoint costs one look into an empty
/// map.
class Failpoints {
 public:
  Failpoints() = default;

  /// Error invalid_argument for a name that is not in `all()` or an unknown action.
  static Failpoints from_environment(const Environment& environment);

  /// Every failpoint in the program, so that a sweep cannot miss one; `unio --list-failpoints` prints it.
  static std::span<const FailpointInfo> all();

  /// Passes the failpoint `name`. Thread-safe.
  void pass(std::string_view name) const;

 private:
  struct Armed;
  std::map<std::string, std::shared_ptr<Armed>, std::less<>> armed_;
};

}  // namespace unio
