#include "model/artifact.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "support/expect_error.hpp"
#include "support/fakes.hpp"

namespace unio::test {
namespace {

using testing::ElementsAre;

const std::string id = "artifact_b4c31f3a-c25d-4dda-aa74-cab7245116f8";

std::vector<std::string> relative(const std::vector<std::filesystem::path>& files) {
  return relative_to_common_folder(files);
}

TEST(ArtifactId, is_a_random_uuid_of_version_4) {
  FakeRandom random;
  for (int i = 0; i < 100; ++i) {
    const std::string made = new_artifact_id(random);
    EXPECT_TRUE(is_artifact_id(made)) << made;
    EXPECT_EQ(made[9 + 14], '4') << made;
    EXPECT_NE(std::string_view("89ab").find(made[9 + 19]), std::string_view::npos) << made;
    EXPECT_NE(made, new_artifact_id(random));
  }
}

TEST(ArtifactId, is_told_by_its_form_and_so_is_its_beginning) {
  EXPECT_TRUE(is_artifact_id(id));
  EXPECT_EQ(artifact_digits(id), "b4c31f3ac25d4ddaaa74cab7245116f8");
  for (const std::string prefix : {"artifact_", "artifact_b", "artifact_b4c31f3a-", "artifact_b4c31f3a-c2"}) {
    EXPECT_TRUE(is_artifact_id_prefix(prefix)) << prefix;
    EXPECT_FALSE(is_artifact_id(prefix)) << prefix;
  }
  for (const std::string other : {"", "b4c3", "artifact", "artifact_x", "artifact_b4c31f3ac", "artifact_B",
                                  "artifact_b4c31f3a-c25d-4dda-aa74-cab7245116f80", "team/artifact_b4"}) {
    EXPECT_FALSE(is_artifact_id_prefix(other)) << other;
  }
}

TEST(ArtifactLayout, has_the_folder_of_date_user_time_and_id) {
  const Time time = time_from_unix_seconds(1'701'610'975) + std::chrono::milliseconds(338);
  const std::string folder = layout::artifact_folder(time, "andy", id);
  EXPECT_EQ(folder, "2023/12/03/andy/134255_" + id);
  EXPECT_TRUE(layout::is_artifact_folder(folder));
  EXPECT_EQ(layout::artifact_file(folder, "a/b.txt"), folder + "/files/a/b.txt");
  EXPECT_EQ(layout::artifact_log(folder, "pip_freeze.txt"), folder + "/logs/pip_freeze.txt");
}

TEST(ArtifactLayout, takes_no_other_folder_for_that_of_an_artifact) {
  for (const std::string& folder :
       {std::string(), std::string("2023"), std::string("2023/12/03/andy/134255_artifact_b4"),
        "2023/12/03//134255_" + id, "../../12/03/andy/134255_" + id, "2023/12/03/../134255_" + id,
        "2023/12/03/a/b/134255_" + id, "2023/12/03/andy/134255_" + id + "/files",
        "2023/12/03/andy/13425_" + id})
    EXPECT_FALSE(layout::is_artifact_folder(folder)) << folder;
}

TEST(ArtifactLayout, numbers_the_revisions_of_the_metadata) {
  EXPECT_EQ(layout::metadata_file(0), "metadata.yaml");
  EXPECT_EQ(layout::metadata_file(12), "metadata.12.yaml");
  EXPECT_EQ(layout::metadata_revision("metadata.yaml"), 0);
  EXPECT_EQ(layout::metadata_revision("metadata.12.yaml"), 12);
  for (const std::string name :
       {"metadata.0.yaml", "metadata.01.yaml", "metadata.-1.yaml", "metadata..yaml", "metadata.x.yaml",
        "metadata.1.yaml.bak", "metadata", "metadata.yaml2", "metadata.99999999999999999999.yaml"})
    EXPECT_EQ(layout::metadata_revision(name), std::nullopt) << name;
}

TEST(ArtifactUser, may_have_any_name_that_is_one_segment_of_a_path) {
  for (const std::string user : {"andy", "andy.b", "Ändy", "a b", "DOMAIN\\andy", "日本"})
    EXPECT_NO_THROW(check_user_name(user)) << user;
  using namespace std::string_literals;
  for (const std::string& user : {""s, "."s, ".."s, "a/b"s, "/"s, "a\0b"s, "a\nb"s, "\x7f"s, "\xff"s,
                                  std::string(256, 'a'), std::string(4096, 'a')})
    EXPECT_UNIO_ERROR(check_user_name(user), invalid_argument);
}

TEST(ArtifactPaths, are_relative_to_the_nearest_common_folder_and_not_to_a_common_beginning) {
  EXPECT_THAT(relative({"/d/data1/x", "/d/data2/y"}), ElementsAre("data1/x", "data2/y"));
  EXPECT_THAT(relative({"/d/a/x", "/d/a/b/y"}), ElementsAre("x", "b/y"));
  EXPECT_THAT(relative({"/d/train.txt"}), ElementsAre("train.txt"));
  EXPECT_THAT(relative({"/x", "/y/z"}), ElementsAre("x", "y/z"));
  EXPECT_THAT(relative({"/d/ab", "/d/abc"}), ElementsAre("ab", "abc"));
  EXPECT_THAT(relative({}), ElementsAre());
}

TEST(ArtifactPaths, name_a_file_once_that_is_given_twice) {
  EXPECT_THAT(relative({"/d/x", "/d/y", "/d/x"}), ElementsAre("x", "y"));
}

TEST(ArtifactRecord, refuses_texts_that_no_file_can_carry) {
  using namespace std::string_literals;
  ArtifactRecord record;
  EXPECT_NO_THROW(check_texts(record));
  record.labels.infos["key"] = "a\0b"s;
  EXPECT_UNIO_ERROR(check_texts(record), invalid_argument);
  record.labels.infos = {{std::string(256, 'k'), "v"}};
  EXPECT_UNIO_ERROR(check_texts(record), invalid_argument);
  record.labels.infos = {{"", "v"}};
  EXPECT_UNIO_ERROR(check_texts(record), invalid_argument);
  record.labels = {};
  record.labels.description = "\xff";
  EXPECT_UNIO_ERROR(check_texts(record), invalid_argument);
  record.labels = {};
  record.based_on = {""};
  EXPECT_UNIO_ERROR(check_texts(record), invalid_argument);
}

TEST(ArtifactLabels, are_found_by_their_names) {
  ArtifactLabels labels;
  for (const std::string_view name : ArtifactLabels::names()) *labels.find(name) = name;
  EXPECT_EQ(labels.dataset, "dataset");
  EXPECT_EQ(labels.datatype, "datatype");
  EXPECT_EQ(labels.description, "description");
  EXPECT_EQ(labels.project, "project");
  EXPECT_EQ(labels.ticket, "ticket");
  EXPECT_EQ(labels.find("infos"), nullptr);
  EXPECT_EQ(labels.find("Ticket"), nullptr);
}

}  // namespace
}  // namespace unio::test
