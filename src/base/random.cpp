#include "base/random.hpp"

#include <fmt/format.h>
#include <sys/random.h>

#include "base/error.hpp"

namespace unio {

std::uint64_t SystemRandom::next() {
  std::uint64_t value = 0;
  if (::getrandom(&value, sizeof value, 0) != sizeof value) throw_errno("read random bytes");
  return value;
}

std::string random_id(RandomSource& random) {
  const std::uint64_t high = random.next();
  return fmt::format("{:016x}{:016x}", high, random.next());
}

}  // namespace unio
