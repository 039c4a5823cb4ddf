#include "base/progress.hpp"

#include "base/error.hpp"

namespace unio {

void throw_if_stopped(const std::stop_token& stop) {
  if (stop.stop_requested())
    throw Error(ErrorCode::cancelled, "interrupted", "run the same command again to go on");
}

}  // namespace unio
