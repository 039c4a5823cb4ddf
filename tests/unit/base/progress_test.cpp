#include "base/progress.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "support/expect_error.hpp"

namespace unio::test {
namespace {

class Notes final : public Progress {
 public:
  void begin(std::string_view phase, std::uint64_t, std::uint64_t) override {
    lines.push_back("begin " + std::string(phase));
  }
  void advance(std::uint64_t items, std::uint64_t bytes) override {
    lines.push_back(std::to_string(items) + " " + std::to_string(bytes));
  }
  void end() override { lines.push_back("end"); }
  void warn(std::string_view) override {}

  std::vector<std::string> lines;
};

TEST(ProgressPhase, ends_also_when_an_error_leaves_it) {
  Notes notes;
  EXPECT_THROW(
      {
        ProgressPhase phase(notes, "hashing", 2, 10);
        phase.advance(1, 5);
        throw std::runtime_error("stop");
      },
      std::runtime_error);
  EXPECT_EQ(notes.lines, (std::vector<std::string>{"begin hashing", "1 5", "end"}));
}

TEST(ThrowIfStopped, throws_cancelled_once_a_stop_was_asked_for) {
  std::stop_source stop;
  EXPECT_NO_THROW(throw_if_stopped(stop.get_token()));
  EXPECT_NO_THROW(throw_if_stopped({}));
  stop.request_stop();
  EXPECT_UNIO_ERROR(throw_if_stopped(stop.get_token()), cancelled);
}

}  // namespace
}  // namespace unio::test
