#include "model/physical_key.hpp"

#include "base/percent.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "support/expect_error.hpp"

namespace unio::test {
namespace {

PhysicalKey object(std::string bucket, std::string path, std::optional<std::string> version = std::nullopt) {
  return {PhysicalKey::Kind::s3, std::move(bucket), std::move(path), std::move(version)};
}

PhysicalKey file(std::string path) {
  return {PhysicalKey::Kind::file, {}, std::move(path), std::nullopt};
}

TEST(PhysicalKey, is_written_as_quilt3_writes_it) {
  const PhysicalKey key = object("bucket", "a b+c%20/é/😀#?&=~_.-!*'().txt", "A/b+c=d.e_f-g h");
  const std::string url =
      "s3://bucket/a%20b%2Bc%2520/%C3%A9/%F0%9F%98%80%23%3F%26%3D~_.-%21%2A%27%28%29.txt"
      "?versionId=A%2Fb%2Bc%3Dd.e_f-g+h";
  EXPECT_EQ(key.url(), url);
  EXPECT_EQ(PhysicalKey::parse(url), key);
}

TEST(PhysicalKey, of_a_file_is_its_encoded_path) {
  EXPECT_EQ(PhysicalKey::of_file("/data/a b/é.txt").url(), "file:///data/a%20b/%C3%A9.txt");
  EXPECT_EQ(PhysicalKey::of_file("/data/./x/../y").url(), "file:///data/y");
  EXPECT_EQ(PhysicalKey::parse("file:///data/a%20b"), file("/data/a b"));
  EXPECT_EQ(PhysicalKey::parse("file://localhost/data"), file("/data"));
  EXPECT_EQ(PhysicalKey::parse("file:/data"), file("/data"));
  EXPECT_EQ(PhysicalKey::parse("FILE:///data#fragment"), file("/data"));
}

TEST(PhysicalKey, keeps_bytes_that_are_no_utf8) {
  const PhysicalKey key = file("/data/\xFF\x80");
  EXPECT_EQ(key.url(), "file:///data/%FF%80");
  EXPECT_EQ(PhysicalKey::parse(key.url()), key);
}

TEST(PhysicalKey, reads_an_object_as_leniently_as_quilt3) {
  EXPECT_EQ(PhysicalKey::parse("s3://b"), object("b", ""));
  EXPECT_EQ(PhysicalKey::parse("s3://b/"), object("b", ""));
  EXPECT_EQ(PhysicalKey::parse("s3://b//x"), object("b", "/x"));
  EXPECT_EQ(object("b", "/x").url(), "s3://b//x");
  EXPECT_EQ(PhysicalKey::parse("S3://Bucket/x"), object("Bucket", "x"));
  EXPECT_EQ(PhysicalKey::parse("s3://b/a+b%2bc%zz%4"), object("b", "a+b+c%zz%4"));
  EXPECT_EQ(PhysicalKey::parse("s3://b/a/../c"), object("b", "a/../c"));
  EXPECT_EQ(PhysicalKey::parse("s3://b/x?versionId=null"), object("b", "x", "null"));
  EXPECT_EQ(PhysicalKey::parse("s3://b/x?versionId=a+b%20c"), object("b", "x", "a b c"));
  EXPECT_EQ(PhysicalKey::parse("s3://b/x?versionId=#part"), object("b", "x"));
  EXPECT_EQ(PhysicalKey::parse("s3://b/x?"), object("b", "x"));
  EXPECT_EQ(PhysicalKey::parse("s3://b/x?versionId=1&versionId=2"), object("b", "x", "1"));
  EXPECT_EQ(PhysicalKey::parse("s3://b/x?other=&versionId=1&word"), object("b", "x", "1"));
}

TEST(PhysicalKey, refuses_what_quilt3_refuses) {
  for (const char* url : {"", "x", "/data", "http://b/x", "s3://", "s3:///x", "s3:x", "s3://b/x?other=1",
                          "s3://b/x?versionId=1&other=2", "file://", "file:data", "file://host/data",
                          "file:///data?versionId=1", "file:///a%00b", "s3n://b/x"}) {
    EXPECT_UNIO_ERROR(PhysicalKey::parse(url), invalid_argument) << url;
  }
}

RC_GTEST_PROP(PhysicalKey, survives_writing_and_reading,
              (const std::string& path, const std::string& version)) {
  const PhysicalKey key =
      object("bucket", path, version.empty() ? std::nullopt : std::optional<std::string>(version));
  RC_ASSERT(PhysicalKey::parse(key.url()) == key);
  RC_ASSERT(decode_url_path(encode_url_path(path)) == path);
  RC_ASSERT(encodes_to_itself(path) == (encode_url_path(path) == path));
}

}  // namespace
}  // namespace unio::test
