#include "base/failpoints.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <set>
#include <thread>

#include "base/files.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_directory.hpp"

namespace unio::test {
namespace {

Failpoints armed(std::string setting, std::string release = {}) {
  return Failpoints::from_environment(
      Environment({{"UNIO_FAIL", std::move(setting)}, {"UNIO_FAIL_RELEASE", std::move(release)}}));
}

TEST(Failpoints, do_nothing_until_they_are_armed) {
  const Failpoints none = Failpoints::from_environment(Environment());
  for (const FailpointInfo& place : Failpoints::all()) EXPECT_NO_THROW(none.pass(place.name));
}

TEST(Failpoints, have_each_a_name_of_their_own_and_a_line_about_it) {
  std::set<std::string_view> names;
  for (const FailpointInfo& place : Failpoints::all()) {
    names.insert(place.name);
    EXPECT_FALSE(place.doc.empty()) << place.name;
    EXPECT_NO_THROW(armed(std::string(place.name) + ":kill"));
  }
  EXPECT_EQ(names.size(), Failpoints::all().size());
}

TEST(Failpoints, fail_where_they_are_armed_and_nowhere_else) {
  const Failpoints failpoints = armed("push.after_objects:error,tag.after_move:error");
  EXPECT_UNIO_ERROR(failpoints.pass("push.after_objects"), unavailable);
  EXPECT_UNIO_ERROR(failpoints.pass("tag.after_move"), unavailable);
  EXPECT_NO_THROW(failpoints.pass("push.after_manifest"));
}

TEST(Failpoints, fail_on_one_pass_only_when_it_is_named) {
  const Failpoints failpoints = armed("push.after_objects@2:error");
  EXPECT_NO_THROW(failpoints.pass("push.after_objects"));
  const Failpoints copy = failpoints;
  EXPECT_UNIO_ERROR(copy.pass("push.after_objects"), unavailable) << "copies count together";
  EXPECT_NO_THROW(failpoints.pass("push.after_objects"));
}

TEST(Failpoints, refuse_what_would_never_act) {
  for (const char* setting :
       {"nowhere:kill", "push.after_objects", "push.after_objects:", "push.after_objects:explode",
        "push.after_objects@0:kill", "push.after_objects@x:kill", "push.after_objects@:kill", ":kill", ",",
        "push.after_objects:pause"}) {
    EXPECT_UNIO_ERROR(armed(setting), invalid_argument) << setting;
  }
}

TEST(Failpoints, pause_until_the_release_file_stands) {
  const TemporaryDirectory folder;
  const auto release = folder.path() / "go";
  const Failpoints failpoints = armed("push.after_objects:pause", release.native());
  std::atomic<bool> passed = false;
  std::jthread program([&] {
    failpoints.pass("push.after_objects");
    passed = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  EXPECT_FALSE(passed);
  File::create_new(release);
  program.join();
  EXPECT_TRUE(passed);
}

TEST(FailpointsDeathTest, kill_without_a_chance_to_clean_up) {
  EXPECT_EXIT(armed("push.after_objects:kill").pass("push.after_objects"), testing::KilledBySignal(SIGKILL),
              "");
}

}  // namespace
}  // namespace unio::test
