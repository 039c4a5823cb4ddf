#include "model/metadata_reader.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/error.hpp"

namespace unio::test {
namespace {

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// What either reader makes of it: the document, or the error.
template <class Read>
std::string outcome(const Read& read) {
  try {
    return read().dump();
  } catch (const Error& error) {
    return std::string("error: ") + error.what();
  }
}

Json whole(MetadataReader::Reading reading) {
  if (reading.packages) reading.document.set("python_packages", *reading.packages);
  return std::move(reading.document);
}

void expect_same(MetadataReader& reader, const std::string& yaml) {
  EXPECT_EQ(outcome([&] { return whole(reader.read(yaml)); }),
            outcome([&] { return ArtifactRecord::parse(yaml).document(); }))
      << yaml;
}

std::string metadata(const std::string& packages, const std::string& rest = "") {
  return "argv: train\nartifact_id: artifact_b4c31f3a-c25d-4dda-aa74-cab7245116f8\n"
         "creation_time: 2023-12-03 13:42:55.338000+00:00\nhostname: h\n" +
         packages + rest + "username: andy\nversion: 1\n";
}

TEST(MetadataReader, reads_every_golden_file_as_the_record_does_whatever_it_met_before) {
  MetadataReader reader;
  std::size_t files = 0;
  for (int round = 0; round < 2; ++round) {
    for (const auto& entry : std::filesystem::directory_iterator(UNIO_TEST_DATA "/artifacts")) {
      if (entry.path().extension() != ".yaml") continue;
      expect_same(reader, content(entry.path()));
      ++files;
    }
  }
  EXPECT_GT(files, 4U);
}

TEST(MetadataReader, tells_apart_packages_that_differ_and_orders_them_by_name) {
  MetadataReader reader;
  for (const std::string packages : {"  numpy: 2.1.0\n  Pygments: \"2\"\n",
                                     "  numpy: 2.1.1\n  Pygments: \"2\"\n", "  a: 1\n", "  a: 1\n  b: 2\n"}) {
    expect_same(reader, metadata("python_packages:\n" + packages));
  }
  const Json document = whole(reader.read(metadata("python_packages:\n  b: 2\n  a: 1\n")));
  EXPECT_EQ(document.find("python_packages")->dump(), R"({"a":"1","b":"2"})");
}

TEST(MetadataReader, reads_what_is_not_simple_as_the_record_does) {
  MetadataReader reader;
  for (const std::string packages :
       {"", "python_packages: {}\n", "python_packages: null\n", "python_packages:\n",
        "python_packages: [a]\n", "python_packages:\n  a: [1]\n", "python_packages:\n  a:\n    b: 1\n",
        "python_packages:\n  - a\n", "python_packages:\n  a: 1\npython_packages:\n  b: 2\n",
        "python_packages:\n  a: 1\n  a: 2\n", "python_packages:\n   a: 1\n",
        "python_packages:\n  a: 'one\n  two'\n", "python_packages:\n  a: &x 1\n"}) {
    expect_same(reader, metadata(packages));
    expect_same(reader, metadata(packages, "local_root: \"one\npython_packages:\n  x: 1\ntwo\"\n"));
    expect_same(reader, metadata("local_root: |\n  python_packages:\n    x: 1\n", packages));
  }
  expect_same(reader, "\npython_packages:\n  a: 1");
  expect_same(reader, metadata("python_packages:\n  a: 1\n").substr(0, 170));
}

}  // namespace
}  // namespace unio::test
