#include "model/repository_index.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "support/expect_error.hpp"

namespace unio::test {
namespace {

using testing::HasSubstr;

const Time start = parse_time("2030-01-02T03:04:05Z");

std::string golden(const std::string& name) {
  return read_file(std::string(UNIO_TEST_DATA) + "/repositories/" + name);
}

NewVersion version_of(const std::string& name, Time created) {
  return {.name = name, .handler = "json", .file_name = name + ".json", .created = created};
}

std::string message_of(const std::string& text) {
  try {
    static_cast<void>(RepositoryIndex::parse(text));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::corruption);
    return error.message();
  }
  return "no error";
}

/// An index of one entry in which `from` is replaced by `to`.
std::string tampered(const std::string& from, const std::string& to) {
  std::string text = R"([{"created_at": "2030-01-02T03:04:05", "expiry": null, "fname": "w.json", )"
                     R"("handler": "json", "name": "weights", "version": 0, "unio": {"size": 3}}])";
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(RepositoryIndex, reads_what_lazyscribe_wrote_and_writes_the_same_bytes) {
  const std::string text = golden("lazyscribe_2_2_repository.json");
  const RepositoryIndex index = RepositoryIndex::parse(text);
  EXPECT_EQ(index.dump(), text);
  ASSERT_EQ(index.versions().size(), 3U);
  const ValueVersion& first = index.versions()[0];
  EXPECT_EQ(first.name, "weights");
  EXPECT_EQ(first.file_name, "weights-20300102030405.json");
  EXPECT_EQ(first.created, start);
  EXPECT_EQ(first.expiry, parse_time("2031-01-01T00:00:00Z"));
  EXPECT_FALSE(first.sha256);
  EXPECT_EQ(index.versions()[2].name, "Größe 😀");
  EXPECT_THAT(index.names(), testing::ElementsAre("Größe 😀", "weights"));
}

TEST(RepositoryIndex, writes_the_golden_file_byte_for_byte) {
  RepositoryIndex index;
  NewVersion version = version_of("weights", start + std::chrono::microseconds(6));
  version.file_name = "weights-20300102030405.json";
  version.sha256 = sha256(as_bytes("[0, 1, 2]"));
  version.size = 9;
  index.append(version);
  version.created += std::chrono::hours(1);
  version.handler = "pickle";
  version.file_name = "weights-20300102040405.pkl";
  version.fields.set("python_version", "3.11");
  version.expiry = parse_time("2031-01-01T00:00:00.5Z");
  index.append(version);
  EXPECT_EQ(index.dump(), golden("unio_repository.json"));
  EXPECT_EQ(RepositoryIndex::parse(index.dump()).dump(), index.dump());
}

TEST(RepositoryIndex, reads_its_own_exact_time_digest_and_size) {
  const RepositoryIndex index = RepositoryIndex::parse(golden("unio_repository.json"));
  EXPECT_EQ(index.versions()[0].created, start + std::chrono::microseconds(6));
  EXPECT_EQ(index.versions()[0].size, 9U);
  EXPECT_EQ(index.versions()[0].sha256, sha256(as_bytes("[0, 1, 2]")));
}

TEST(RepositoryIndex, believes_lazyscribes_time_where_the_exact_one_lies_elsewhere) {
  std::string text = golden("unio_repository.json");
  const std::string created = R"("created_at": "2030-01-02T03:04:05")";
  text.replace(text.find(created), created.size(), R"("created_at": "2030-01-02T03:04:04")");
  EXPECT_EQ(RepositoryIndex::parse(text).versions()[0].created, start - std::chrono::seconds(1));
}

TEST(RepositoryIndex, keeps_unknown_members_and_handlers_through_a_change) {
  const std::string text =
      tampered(R"("handler": "json")", R"("handler": "onnx", "z": [1.0, 1e400, 12345678901234567890])");
  RepositoryIndex index = RepositoryIndex::parse(text);
  index.append(version_of("other", start));
  EXPECT_THAT(index.dump(), HasSubstr(text.substr(1, text.size() - 2)));
  index.set_expiry(0, start);
  EXPECT_THAT(index.dump(), HasSubstr(R"("z": [1.0,Infinity,12345678901234567890])"));
  EXPECT_THAT(index.dump(), HasSubstr(R"("expiry": "2030-01-02T03:04:05")"));
  EXPECT_EQ(RepositoryIndex::parse(index.dump()).versions()[0].handler, "onnx");
}

TEST(RepositoryIndex, numbers_and_times_of_new_versions_have_one_order) {
  RepositoryIndex index;
  index.append(version_of("a", start));
  index.append(version_of("a", start));
  index.append(version_of("b", start));
  index.append(version_of("a", start - std::chrono::hours(1)));
  EXPECT_EQ(index.versions()[1].version, 1);
  EXPECT_EQ(index.versions()[1].created, start + std::chrono::microseconds(1));
  EXPECT_EQ(index.versions()[2].version, 0);
  EXPECT_EQ(index.versions()[2].created, start);
  EXPECT_EQ(index.versions()[3].version, 2);
  EXPECT_EQ(index.versions()[3].created, start + std::chrono::microseconds(2));
}

TEST(RepositoryIndex, names_the_entry_that_is_wrong_and_what) {
  EXPECT_THAT(message_of(tampered(R"("version": 0)", R"("version": "0")")),
              HasSubstr("entry 0 (\"weights\"): "));
  EXPECT_THAT(message_of(tampered(R"("version": 0)", R"("version": -1)")),
              HasSubstr("'version' is negative"));
  EXPECT_THAT(message_of(tampered(R"("version": 0)", R"("version": 9007199254740992)")),
              HasSubstr("'version' is too large"));
  EXPECT_THAT(message_of(tampered(R"("version": 0, )", "")), HasSubstr("version"));
  EXPECT_THAT(message_of(tampered("2030-01-02T", "2030-02-30T")), HasSubstr("'created_at' is no time"));
  EXPECT_THAT(message_of(tampered("null", "7")), HasSubstr("expiry"));
  EXPECT_THAT(message_of(tampered("null", R"("soon")")), HasSubstr("'expiry' is no time"));
  EXPECT_THAT(message_of(tampered(R"("weights")", "null")), HasSubstr("entry 0: "));
  EXPECT_THAT(message_of(tampered(R"({"size": 3})", "3")), HasSubstr("'unio' is no object"));
  EXPECT_THAT(message_of(tampered(R"({"size": 3})", R"({"size": -3})")), HasSubstr("'size' is negative"));
  EXPECT_THAT(message_of(tampered(R"({"size": 3})", R"({"sha256": "abc"})")), HasSubstr("no SHA-256"));
  EXPECT_THAT(message_of(tampered("}]", "}, 7]")), HasSubstr("entry 1: it is no object"));
  EXPECT_THAT(message_of(tampered("}]", "},]")), HasSubstr("entry 1"));
  for (const char* text : {"", "{}", "[", "[{]", "[}]", "[\"a]", "null", R"({"schema": 3, "versions": []})"})
    EXPECT_THAT(message_of(text), HasSubstr("it is no list in JSON")) << text;
}

TEST(RepositoryIndex, refuses_an_entry_of_a_newer_schema_and_names_it) {
  EXPECT_NO_THROW(RepositoryIndex::parse(tampered(R"({"size": 3})", R"({"size": 3, "schema": 1})")));
  try {
    static_cast<void>(RepositoryIndex::parse(tampered(R"({"size": 3})", R"({"schema": 2})")));
    FAIL() << "a schema that nobody knows was read";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported);
    EXPECT_THAT(error.message(), HasSubstr("entry 0 (\"weights\"): 'unio' has the schema 2"));
  }
}

TEST(RepositoryIndex, is_known_to_be_of_a_text_until_it_changes) {
  const std::string text = tampered("null", "null");
  RepositoryIndex index = RepositoryIndex::parse(text);
  EXPECT_TRUE(index.is_of(text));
  EXPECT_FALSE(index.is_of(text + " "));
  const RepositoryIndex copy = index;
  index.set_expiry(0, start);
  EXPECT_FALSE(index.is_of(text));
  EXPECT_TRUE(copy.is_of(text));
  EXPECT_EQ(copy.dump(), RepositoryIndex::parse(text).dump());
  const std::string dumped = index.dump();
  index.remember(dumped);
  EXPECT_TRUE(index.is_of(dumped));
  index.append(version_of("other", start));
  EXPECT_FALSE(index.is_of(dumped));
}

TEST(RepositoryIndex, refuses_a_version_that_stands_twice_and_names_both_entries) {
  std::string text =
      R"([{"created_at": "2030-01-02T03:04:05", "fname": "w", "handler": "json", "name": "w", "version": 1},)";
  text += text.substr(1) + text.substr(1, text.size() - 2) + "]";
  EXPECT_EQ(message_of(text), "entry 1 (\"w\"): version 1 stands twice, first as entry 0");
}

RC_GTEST_PROP(RepositoryIndex, keeps_all_versions_of_writers_that_take_turns, ()) {
  const auto turns = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 3), rc::gen::inRange(-5, 5)));
  std::string file = "[]";
  std::map<std::string, std::vector<std::string>> published;
  for (const auto& [who, when] : turns) {
    RepositoryIndex index = RepositoryIndex::parse(file);
    const std::string name(1, static_cast<char>('a' + who));
    const std::size_t at = index.append(version_of(name, start + std::chrono::microseconds(when)));
    RC_ASSERT(index.versions()[at].version == static_cast<std::int64_t>(published[name].size()));
    published[name].emplace_back(index.versions()[at].text);
    file = index.dump();
  }
  const RepositoryIndex index = RepositoryIndex::parse(file);
  for (const auto& [name, texts] : published) {
    std::vector<std::string> found;
    for (const std::size_t position : index.versions_of(name))
      found.emplace_back(index.versions()[position].text);
    RC_ASSERT(found == texts);
  }
}

}  // namespace
}  // namespace unio::test
