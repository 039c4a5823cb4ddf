// metadata.yaml against the files in tests/data/artifacts; tests/interop/test_artifact_yaml.py reads the same
// files with PyYAML.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fstream>
#include <random>
#include <sstream>

#include "base/utf8.hpp"
#include "model/artifact.hpp"
#include "model/yaml_text.hpp"
#include "support/expect_error.hpp"

namespace unio::test {
namespace {

using namespace std::string_literals;

std::string content(const std::string& name) {
  std::ifstream file(UNIO_TEST_DATA "/artifacts/" + name, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Json expected(const std::string& name) {
  static const Json all = Json::parse(content("expected.json"));
  return *all.find(name);
}

ArtifactFile file(const std::string& relpath, std::string_view bytes) {
  return {.relpath = relpath,
          .sha256 = sha256(std::as_bytes(std::span(bytes))),
          .size = bytes.size(),
          .object = {}};
}

/// What the seed's notebook saves.
ArtifactRecord plain_record() {
  ArtifactRecord record;
  record.artifact_id = "artifact_b4c31f3a-c25d-4dda-aa74-cab7245116f8";
  record.run_id = "run_2ea13cb6-61b9-41ef-82f7-b58acf119180";
  record.creation_time = time_from_unix_seconds(1'701'610'975) + std::chrono::milliseconds(338);
  record.environment.username = "andy";
  record.environment.hostname = "cgebbe";
  record.environment.argv = "/usr/bin/python -m ipykernel_launcher --f=/run/kernel-v2-3296.json";
  record.environment.python_packages = {{"Pygments", "2.16.1"}, {"PyYAML", "6.0.1"}, {"pandas", "2.1.3"}};
  record.environment.git = ArtifactGit{.branch = "main",
                                       .commit = "0123456789abcdef0123456789abcdef01234567",
                                       .remote = "https://example.org/team/shells.git",
                                       .dirty = true};
  record.environment.system = {{"os", "Debian GNU/Linux 12"}, {"python", "3.11.2"}};
  record.environment.capture = "safe";
  record.environment.masked = 2;
  record.labels.ticket = "AB-123";
  record.labels.project = "awesome-project";
  record.labels.datatype = "annotation_file";
  record.labels.infos = {{"stratification", "new special method"}};
  record.based_on = {"artifact_04312c0b-26a7-4f6d-8790-9c03bb7912b1"};
  record.remote_root = "/data/elliptio/2023/12/03/andy/134255_" + record.artifact_id;
  record.files = {file("test.txt", "path,class\n"), file("train.txt", "")};
  record.files[1].object = "2023/12/02/andy/101112_artifact_04312c0b-26a7-4f6d-8790-9c03bb7912b1/files/x";
  record.logs = {file("pip_freeze.txt", "pandas==2.1.3\n")};
  return record;
}

/// Every text as bad as it may be.
ArtifactRecord hostile_record() {
  ArtifactRecord record = plain_record();
  record.creation_time = time_from_unix_seconds(0);
  record.environment.username = "Ändy: {b}";
  record.environment.hostname = "yes";
  record.environment.argv = "a \"b\" 'c' \\ \t\n\r # &x *y !z %d - : ? | > @ ` , [ ] { }";
  record.environment.python_packages = {{"1.0", "1.0"},  {"no", "null"},      {"~", "~"},
                                        {"a: b", "- c"}, {" lead", "trail "}, {"=", "<<"},
                                        {"0x1F", "1e3"}, {"2001-01-01", ""}};
  record.environment.git.reset();
  record.environment.system = {};
  record.labels = {};
  record.labels.description =
      "\x01\x1b[31m\x7f\u0085\u00a0\u2028\u2029\ufeff\ufffe\uffff\U0001F41A é 日本\n\n  x\n";
  record.labels.infos = {{std::string(255, 'k'), std::string(4096, '\\')}, {"\n", "\t"}, {"---", "..."}};
  record.based_on = {};
  record.files = {file("- a", "x"), file("a: b", "x"), file("é/#", "x"), file("\U0001F41A", "x")};
  record.logs = {};
  record.revision = 3;
  record.revision_time = time_from_unix_seconds(1'701'610'975);
  record.revised_by = "on";
  return record;
}

TEST(ArtifactYaml, is_written_byte_for_byte_as_the_golden_files) {
  EXPECT_EQ(plain_record().yaml(), content("plain.yaml"));
  EXPECT_EQ(hostile_record().yaml(), content("hostile.yaml"));
}

TEST(ArtifactYaml, says_what_was_left_out_only_where_something_was) {
  EXPECT_EQ(plain_record().document().find("left_out"), nullptr);
  ArtifactRecord record = plain_record();
  record.environment.left_out = {"git_diff.patch: larger than 5 bytes, or not readable", "- x: y"};
  EXPECT_EQ(ArtifactRecord::parse(record.yaml()), record);
  EXPECT_EQ(ArtifactRecord::parse_exactly(record.yaml()), record);
}

TEST(RevisionEnvironment, is_read_back_from_its_document) {
  RevisionEnvironment revision;
  revision.environment = plain_record().environment;
  revision.environment.username.clear();
  revision.environment.hostname.clear();
  revision.environment.left_out = {"a.ipynb: larger than 5 bytes, or not readable"};
  revision.logs = plain_record().logs;
  revision.logs[0].object = ".unio/objects/ab/abcdef";
  const Json document = Json::parse(revision.document().dump());
  EXPECT_EQ(RevisionEnvironment::parse(document), revision);
  RevisionEnvironment references;
  references.environment.capture = "references";
  EXPECT_EQ(references.document(), Json::parse(R"({"capture":"references","masked":0})"));
  EXPECT_EQ(RevisionEnvironment::parse(references.document()), references);
}

TEST(RevisionEnvironment, refuses_what_is_none) {
  for (const std::string_view text :
       {"[]", R"({"git":[]})", R"({"masked":-1})", R"({"masked":[]})", R"({"python_packages":{"a":{}}})",
        R"({"logs":[{"relpath":"../x","object":"y"}]})", R"({"logs":[{"relpath":"x","object":"../y"}]})",
        R"({"logs":[{"relpath":"x"}]})", R"({"logs":{}})"}) {
    EXPECT_UNIO_ERROR(RevisionEnvironment::parse(Json::parse(text)), corruption) << text;
  }
}

TEST(ArtifactYaml, is_read_back_by_both_readers_to_the_same_record) {
  for (const ArtifactRecord& record : {plain_record(), hostile_record()}) {
    const std::string yaml = record.yaml();
    ASSERT_TRUE(find_simple_yaml(yaml)) << "the fast reader refuses what we write";
    EXPECT_EQ(ArtifactRecord::parse(yaml), record);
    EXPECT_EQ(ArtifactRecord::parse_exactly(yaml), record);
  }
}

TEST(ArtifactYaml, gives_the_expected_documents) {
  for (const std::string name : {"plain", "hostile", "elliptio"}) {
    SCOPED_TRACE(name);
    EXPECT_EQ(ArtifactRecord::parse(content(name + ".yaml")).document(), expected(name));
    EXPECT_EQ(ArtifactRecord::parse_exactly(content(name + ".yaml")).document(), expected(name));
  }
}

TEST(ArtifactYaml, of_elliptio_has_no_digests_and_is_read_by_the_exact_reader) {
  const std::string yaml = content("elliptio.yaml");
  EXPECT_FALSE(find_simple_yaml(yaml));
  const ArtifactRecord record = ArtifactRecord::parse(yaml);
  EXPECT_EQ(record.creation_time, plain_record().creation_time);
  ASSERT_EQ(record.files.size(), 2U);
  EXPECT_FALSE(record.files[0].sha256);
  EXPECT_FALSE(record.files[0].size);
  EXPECT_EQ(record.environment.python_packages.at("zope"), "1.0");
  EXPECT_EQ(record.labels.infos.at("note"), "two\nlines");
}

std::string with_line(const std::string& line) {
  return "artifact_id: artifact_b4c31f3a-c25d-4dda-aa74-cab7245116f8\ncreation_time: 2023-12-03 13:42:55\n"
         "version: 1\n" +
         line;
}

TEST(ArtifactYaml, refuses_what_is_no_metadata) {
  EXPECT_NO_THROW(ArtifactRecord::parse(with_line("")));
  for (const std::string& line : {"files: 1\n"s,
                                  "files: [1]\n"s,
                                  "files: [{}]\n"s,
                                  "file_relpaths: [../x]\n"s,
                                  "file_relpaths: [/etc/passwd]\n"s,
                                  "file_relpaths: ['a', 'a']\n"s,
                                  "files: [{relpath: a, sha256: xyz}]\n"s,
                                  "files: [{relpath: a, size: -1}]\n"s,
                                  "files: [{relpath: a, object: ../../x}]\n"s,
                                  "files: [{relpath: \"a\\0b\"}]\n"s,
                                  "labels: x\n"s,
                                  "labels: {infos: []}\n"s,
                                  "based_on: x\n"s,
                                  "based_on: [[]]\n"s,
                                  "username: [a]\n"s,
                                  "revision: x\n"s,
                                  "masked: 99999999999999999999\n"s,
                                  "username: &a b\n"s,
                                  "? [a]\n: b\n"s,
                                  "username: *a\n"s,
                                  "  x: {\n"s,
                                  "\xff: 1\n"s,
                                  "...\n---\na: b\n"s,
                                  std::string(1000, '[') + "\n",
                                  "x: " + std::string(10'000, '{') + "\n"}) {
    SCOPED_TRACE(line.substr(0, 60));
    EXPECT_UNIO_ERROR(ArtifactRecord::parse(with_line(line)), corruption);
  }
  for (const std::string text : {"", "[]\n", "x\n", "artifact_id: x\n", "{}\n", "\n"})
    EXPECT_UNIO_ERROR(ArtifactRecord::parse(text), corruption);
}

TEST(ArtifactYaml, refuses_a_file_that_was_cut_off) {
  for (const std::string name : {"plain.yaml", "elliptio.yaml"}) {
    const std::string whole = content(name);
    const std::string_view last = "version: 1\n";
    ASSERT_TRUE(whole.ends_with(last));
    for (std::size_t length = 0; length <= whole.size() - last.size() + 9; ++length)
      EXPECT_UNIO_ERROR(ArtifactRecord::parse(whole.substr(0, length)), corruption);
  }
}

TEST(ArtifactYaml, refuses_a_newer_version_and_ignores_keys_that_it_does_not_know) {
  EXPECT_UNIO_ERROR(ArtifactRecord::parse(with_line("schema_version: 2\n")), unsupported);
  EXPECT_UNIO_ERROR(ArtifactRecord::parse(with_line("version: 2\n")), unsupported);
  EXPECT_EQ(ArtifactRecord::parse(with_line("zzz: {a: [b]}\n")), ArtifactRecord::parse(with_line("")));
}

/// Texts of the characters that YAML treats in special ways, with what must be escaped among them.
std::string odd_text(std::mt19937& random) {
  static const std::vector<std::string> parts{
      "a",    "B",   "0", " ", ":",      "#",      "-",      "\"",     "\\",         "\n",
      "\t",   "\r",  "'", "é", "\u0085", "\u2028", "\ufeff", "\uffff", "\U0001F41A", "{",
      "[",    "&",   "*", "!", "|",      ">",      "%",      "@",      "`",          "~",
      "null", "yes", "=", ",", "\x01",   "\x7f",   "/u0041"};
  std::string text;
  for (auto length = random() % 12; length > 0; --length) text += parts[random() % parts.size()];
  return text;
}

RC_GTEST_PROP(ArtifactYaml, carries_any_text_through_both_readers, (std::uint32_t seed)) {
  std::mt19937 random(seed);
  ArtifactRecord record = plain_record();
  record.labels.description = odd_text(random);
  record.environment.argv = odd_text(random);
  for (int i = 0; i < 5; ++i) record.labels.infos["k" + odd_text(random)] = odd_text(random);
  for (int i = 0; i < 5; ++i) record.environment.system[odd_text(random) + "k"] = odd_text(random);
  const std::string yaml = record.yaml();
  RC_ASSERT(find_simple_yaml(yaml).has_value());
  RC_ASSERT(ArtifactRecord::parse(yaml) == record);
  RC_ASSERT(ArtifactRecord::parse_exactly(yaml) == record);
}

/// The fast reader may refuse; what it takes, the exact one takes for the same.
RC_GTEST_PROP(ArtifactYaml, is_never_misread_by_the_fast_reader, (std::uint32_t seed)) {
  std::mt19937 random(seed);
  std::string yaml = random() % 2 == 0 ? plain_record().yaml() : hostile_record().yaml();
  for (auto changes = 1 + random() % 3; changes > 0; --changes) {
    static constexpr std::string_view letters = "a \n\":-[]{}#'\\&1.";
    const std::size_t at = random() % yaml.size();
    const char letter = letters[random() % letters.size()];
    switch (random() % 3) {
      case 0:
        yaml[at] = letter;
        break;
      case 1:
        yaml.insert(at, 1, letter);
        break;
      default:
        yaml.erase(at, 1);
    }
  }
  const auto fast = find_simple_yaml(yaml);
  if (!fast) return;
  RC_ASSERT(parse_yaml(yaml) == *fast);
}

}  // namespace
}  // namespace unio::test
