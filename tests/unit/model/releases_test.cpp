#include "model/releases.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "support/expect_error.hpp"

namespace unio::test {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(Releases, reads_what_lazyscribe_wrote_and_writes_the_same_bytes) {
  const std::string text =
      read_file(std::string(UNIO_TEST_DATA) + "/repositories/lazyscribe_2_2_releases.json");
  const Releases releases = Releases::parse(text);
  EXPECT_EQ(releases.dump(), text);
  EXPECT_THAT(releases.get("v1.0").versions, ElementsAre(Pair("weights", 1)));
  EXPECT_EQ(releases.get("v1.0").created, parse_time("2030-01-02T05:04:05Z"));
}

TEST(Releases, never_change_and_are_found_by_tag) {
  Releases releases;
  releases.append({"a", {{"w", 2}}, parse_time("2030-01-02T05:04:05.5Z")});
  EXPECT_UNIO_ERROR(releases.append({"a", {}, {}}), already_exists);
  EXPECT_UNIO_ERROR(releases.append({"", {}, {}}), invalid_argument);
  EXPECT_UNIO_ERROR(releases.get("b"), not_found);
  EXPECT_EQ(
      releases.dump(),
      "[\n    {\n        \"artifacts\": [[\"w\",2]],\n        \"created_at\": \"2030-01-02T05:04:05\",\n"
      "        \"tag\": \"a\"\n    }\n]");
  EXPECT_THAT(Releases::parse(releases.dump()).get("a").versions, ElementsAre(Pair("w", 2)));
}

TEST(Releases, that_are_damaged_are_named) {
  for (const char* text :
       {R"([{"tag": 1, "artifacts": [], "created_at": "2030-01-02T05:04:05"}])",
        R"([{"tag": "a", "artifacts": [["w"]], "created_at": "2030-01-02T05:04:05"}])",
        R"([{"tag": "a", "artifacts": [["w", "1"]], "created_at": "2030-01-02T05:04:05"}])",
        R"([{"tag": "a", "created_at": "2030-01-02T05:04:05"}])",
        R"([{"tag": "a", "artifacts": [], "created_at": "now"}])", "[7]"}) {
    try {
      static_cast<void>(Releases::parse(text));
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::corruption) << text;
      EXPECT_THAT(error.message(), testing::StartsWith("release 0: ")) << text;
    }
  }
}

TEST(Release, names_the_newest_version_of_each_value_that_is_not_expired) {
  const Time now = parse_time("2030-01-01T00:00:00Z");
  RepositoryIndex index;
  const auto add = [&](const char* name, std::optional<Time> expiry) {
    index.append({.name = name, .handler = "json", .file_name = "f", .created = now, .expiry = expiry});
  };
  add("b", {});
  add("a", {});
  add("a", {});
  add("a", now);
  add("c", now);
  EXPECT_THAT(make_release(index, "t", now).versions, ElementsAre(Pair("a", 1), Pair("b", 0)));
}

}  // namespace
}  // namespace unio::test
