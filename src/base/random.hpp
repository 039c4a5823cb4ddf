#pragma once

#include <cstdint>
#include <string>

namespace unio {

/// Where random identifiers come from; constructors take it so that tests can fix it. Thread-safe.
class RandomSource {
 public:
  virtual ~RandomSource() = default;
  virtual std::uint64_t next() = 0;
};

class SystemRandom final : public RandomSource {
 public:
  std::uint64_t next() override;
};

/// 32 lower-case hex digits: the name of one operation, session or temporary file.
std::string random_id(RandomSource& random);

}  // namespace unio
