#pragma once

#include <string_view>

namespace unio {

/// How to open a path that must not leave its folder.
enum class OpenBeneath {
  at_once,       ///< openat2(2); step by step where the kernel or a sandbox does not let us
  step_by_step,  ///< one segment after the other: slower, the same answers
};

/// Opens `path` (a logical key) in the folder `directory` with the flags of open(2), and follows no symbolic
/// link, neither on the way nor at the end. Gives a descriptor, or -1 and errno: ELOOP where a link is in the
/// way.
int open_beneath(int directory, std::string_view path, int flags, OpenBeneath how = OpenBeneath::at_once);

}  // namespace unio
