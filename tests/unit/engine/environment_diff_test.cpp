#include "engine/environment_diff.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unio::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Part = EnvironmentDifference::Part;

std::vector<std::string> names(const EnvironmentComparison& comparison) {
  std::vector<std::string> found;
  for (const EnvironmentDifference& each : comparison.differences)
    found.push_back(std::string(name(each.part)) + " " + each.name);
  return found;
}

TEST(EnvironmentDiff, compares_packages_by_their_normal_names) {
  const EnvironmentComparison found =
      compare_packages({{"Zope.Interface", "1"}, {"numpy", "1.2"}, {"gone", "3"}},
                       {{"zope-interface", "1"}, {"NumPy", "1.3"}, {"new", "2"}}, "3.11");
  EXPECT_THAT(found.differences, ElementsAre(EnvironmentDifference{Part::package, "gone", "3", std::nullopt},
                                             EnvironmentDifference{Part::package, "new", std::nullopt, "2"},
                                             EnvironmentDifference{Part::package, "numpy", "1.2", "1.3"}));
  EXPECT_EQ(found.same_packages, 1U);
}

TEST(EnvironmentDiff, leaves_out_what_only_installs_others) {
  EXPECT_THAT(
      names(compare_packages({{"pip", "1"}, {"setuptools", "1"}}, {{"PIP", "2"}, {"wheel", "2"}}, "3.11.7")),
      IsEmpty());
  EXPECT_THAT(names(compare_packages({{"pip", "1"}, {"setuptools", "1"}}, {{"pip", "2"}}, "3.12.0")),
              ElementsAre("package setuptools"));
}

class WholeEnvironments : public ::testing::Test {
 protected:
  RecordedEnvironment recorded_{.id = "x", .environment = {}, .logs = {}, .folder = {}};
  EnvironmentCapture present_;
};

TEST_F(WholeEnvironments, differ_in_nothing_that_was_not_recorded) {
  present_.python_version = "3.11.7";
  present_.python_packages = {{"numpy", "1"}};
  present_.git = CapturedGit{.commit = "abc"};
  const EnvironmentComparison found = compare_environments(recorded_, present_);
  EXPECT_THAT(found.differences, IsEmpty());
  EXPECT_THAT(found.not_recorded, ElementsAre(Part::python, Part::package, Part::system, Part::git));
}

TEST_F(WholeEnvironments, differ_when_what_was_recorded_is_not_here) {
  recorded_.environment.system = {{"python", "3.11.7"}, {"image", "team/image"}, {"kernel", "Linux 1"}};
  recorded_.environment.git = ArtifactGit{.branch = "main", .commit = "abc", .remote = "", .dirty = true};
  EXPECT_THAT(names(compare_environments(recorded_, present_)),
              ElementsAre("python version", "system image", "git commit", "git branch"));
}

TEST_F(WholeEnvironments, differ_in_changes_by_their_patch_where_both_have_one) {
  recorded_.environment.git = ArtifactGit{.branch = "", .commit = "abc", .remote = "", .dirty = true};
  present_.git = CapturedGit{.commit = "abc", .branch = {}, .remote = {}, .dirty = true};
  EXPECT_THAT(compare_environments(recorded_, present_).differences, IsEmpty());
  present_.logs = {{"git_diff.patch", "mine"}};
  EXPECT_THAT(compare_environments(recorded_, present_).differences, IsEmpty());
  recorded_.logs = {
      {.relpath = "git_diff.patch", .sha256 = sha256(as_bytes("yours")), .size = 5, .object = {}}};
  EXPECT_THAT(names(compare_environments(recorded_, present_)), ElementsAre("git changes"));
  recorded_.logs[0].sha256 = sha256(as_bytes("mine"));
  EXPECT_THAT(compare_environments(recorded_, present_).differences, IsEmpty());
  present_.git->dirty = false;
  EXPECT_THAT(names(compare_environments(recorded_, present_)), ElementsAre("git changes"));
}

}  // namespace
}  // namespace unio::test
