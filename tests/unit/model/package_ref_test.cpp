#include "model/package_ref.hpp"

#include <gtest/gtest.h>

#include "support/expect_error.hpp"

namespace unio::test {
namespace {

using Kind = Version::Kind;
using Segments = std::vector<std::string>;

const std::string top_hash = "2a5a67156ca9238c14d12042db51c5b52260fdd5511b61ea89b58929d6e1769b";

std::optional<std::string> no_remote(const std::string&) {
  return std::nullopt;
}

std::optional<std::string> one_remote(const std::string& name) {
  return name == "lab" ? std::optional<std::string>("s3://lab-data") : std::nullopt;
}

TEST(PackageName, takes_pythons_word_characters_and_a_dash) {
  for (const char* name : {"photos", "team/photos", "Te-am_1/p", "é/日本", "ßñ/Ωж", "٣/५", "ªº/²", "𝒳/𠀀"}) {
    EXPECT_EQ(PackageName::parse(name).text(), name);
  }
  for (const char* name : {"", "/", "a/", "/a", "a/b/c", "a.b/c", "a b", "a/b\n", "a:b", "a@b", "é\u0301",
                           "a\u200d", "😀", "a/\xff", "a/\xe0\x81\xa1", "..", "."}) {
    EXPECT_UNIO_ERROR(PackageName::parse(name), invalid_argument) << name;
  }
}

TEST(PackageName, with_one_segment_is_not_for_quilt3) {
  EXPECT_FALSE(PackageName::parse("photos").readable_by_quilt3());
  EXPECT_TRUE(PackageName::parse("team/photos").readable_by_quilt3());
}

TEST(TagName, is_a_file_name_that_is_no_time) {
  for (const char* tag : {"v1", "v1.0", "2026-11", "stable", "a", "1a", "é", "-", "..."}) {
    EXPECT_NO_THROW(check_tag_name(tag)) << tag;
  }
  for (const std::string& tag : {std::string(), std::string("latest"), std::string("1700000000"),
                                 std::string("."), std::string(".."), std::string("a/b"), std::string("a b"),
                                 std::string("a:b"), std::string("a\n"), std::string(256, 'a')}) {
    EXPECT_UNIO_ERROR(check_tag_name(tag), invalid_argument) << tag;
  }
}

TEST(PackageRef, has_one_to_three_segments_and_at_most_one_version) {
  PackageRef ref = PackageRef::parse("photos");
  EXPECT_EQ(ref.segments, Segments{"photos"});
  EXPECT_EQ(ref.version, (Version{Kind::latest, ""}));
  EXPECT_FALSE(ref.registry);

  ref = PackageRef::parse("lab/team/photos:v1.0");
  EXPECT_EQ(ref.segments, (Segments{"lab", "team", "photos"}));
  EXPECT_EQ(ref.version, (Version{Kind::tag, "v1.0"}));

  EXPECT_EQ(PackageRef::parse("team/photos@2a5a67").version, (Version{Kind::hash, "2a5a67"}));
  EXPECT_EQ(PackageRef::parse("team/photos@" + top_hash).version, (Version{Kind::hash, top_hash}));
  EXPECT_EQ(PackageRef::parse("team/photos:latest").version, (Version{Kind::latest, ""}));
  EXPECT_EQ(PackageRef::parse("team/photos:1700000000").version, (Version{Kind::tag, "1700000000"}));
}

TEST(PackageRef, refuses_what_is_none) {
  for (const std::string& text :
       {std::string(), std::string("a/b/c/d"), std::string("a/"), std::string("/a"), std::string("a b"),
        std::string("./a"), std::string("a:"), std::string("a@"), std::string("a@2a5a6"),
        std::string("a@2A5A67"), std::string("a@2a5a6g"), "a@" + top_hash + "0", std::string("a:v1@2a5a67"),
        std::string("a@2a5a67:v1"), std::string("a:v1:v2"), std::string("a:b/c"), std::string(":v1"),
        std::string("a:.."), std::string("quilt+file:///x#package=a/b")}) {
    EXPECT_UNIO_ERROR(PackageRef::parse(text), invalid_argument) << text;
  }
}

TEST(PackageRef, in_its_explicit_form_names_the_registry) {
  PackageRef ref =
      PackageRef::parse("quilt+s3://bucket#package=ns/name@2a5a67&path=a%20b/c&catalog=example.org");
  EXPECT_EQ(ref.registry, "s3://bucket");
  EXPECT_EQ(ref.segments, (Segments{"ns", "name"}));
  EXPECT_EQ(ref.version, (Version{Kind::hash, "2a5a67"}));
  EXPECT_EQ(ref.path, "a b/c");

  ref = PackageRef::parse("quilt+s3://bucket#path=x&package=ns%2Fname%3Av1");
  EXPECT_EQ(ref.segments, (Segments{"ns", "name"}));
  EXPECT_EQ(ref.version, (Version{Kind::tag, "v1"}));

  EXPECT_EQ(PackageRef::parse("s3://bucket/some/prefix/#package=ns/name").registry,
            "s3://bucket/some/prefix");
  EXPECT_EQ(PackageRef::parse("file:///data/registry//#package=name").registry, "file:///data/registry");
  EXPECT_EQ(PackageRef::parse("file:///#package=name").registry, "file://");
  EXPECT_EQ(PackageRef::parse("file://#package=name").registry, "file://");
}

TEST(PackageRef, refuses_a_broken_explicit_form) {
  for (const char* text :
       {"quilt+s3://bucket", "quilt+s3://bucket#", "quilt+s3://bucket#package=",
        "quilt+s3://bucket/prefix#package=a/b", "quilt+s3://bucket/#package=a/b", "quilt+s3://#package=a/b",
        "quilt+s3://bucket#package=a/b&package=a/b", "quilt+s3://bucket#package=a/b&path=x&path=y",
        "quilt+s3://bucket#package=a/b&color=red", "quilt+s3://bucket#package=a/b:v1@2a5a67",
        "quilt+s3://bucket#package=a/b/c", "quilt+s3://bucket#a/b", "s3://bucket/prefix", "s3://#package=a/b",
        "s3:///x#package=a/b", "file://host/x#package=a/b", "file:///x"}) {
    EXPECT_UNIO_ERROR(PackageRef::parse(text), invalid_argument) << text;
  }
}

TEST(Resolve, prefers_the_explicit_registry_then_a_remote_then_the_default) {
  const auto resolved = [](std::string_view text) {
    return resolve(PackageRef::parse(text), "file:///default", one_remote);
  };
  EXPECT_EQ(resolved("file:///x#package=lab/name").registry, "file:///x");
  EXPECT_EQ(resolved("file:///x#package=lab/name").name.text(), "lab/name");
  EXPECT_EQ(resolved("lab/name").registry, "s3://lab-data");
  EXPECT_EQ(resolved("lab/name").name.text(), "name");
  EXPECT_EQ(resolved("lab/team/name:v1").name.text(), "team/name");
  EXPECT_EQ(resolved("team/name").registry, "file:///default");
  EXPECT_EQ(resolved("team/name").name.text(), "team/name");
  EXPECT_EQ(resolved("lab").registry, "file:///default");
}

TEST(Resolve, names_the_command_that_adds_a_remote_for_three_segments) {
  try {
    resolve(PackageRef::parse("lab/team/name"), "file:///default", no_remote);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(error.hint().find("unio remote add lab"), std::string::npos) << error.hint();
  }
}

TEST(ResolvedRef, is_read_back_from_its_explicit_form) {
  for (const char* text : {"team/name", "team/name:v1", "team/name@2a5a67156c", "name:1700000000"}) {
    for (const char* registry : {"file:///data/a%20b%23", "s3://bucket", "s3://bucket/prefix", "file://"}) {
      const ResolvedRef ref = resolve(PackageRef::parse(text), registry, no_remote);
      const PackageRef again = PackageRef::parse(ref.explicit_form());
      EXPECT_EQ(again.registry, registry);
      EXPECT_EQ(resolve(again, "", no_remote).name, ref.name);
      EXPECT_EQ(again.version, ref.version);
    }
  }
}

TEST(ResolvedRef, is_short_for_people) {
  const auto display = [](std::string_view text) {
    return resolve(PackageRef::parse(text), "file:///default", no_remote).display();
  };
  EXPECT_EQ(display("team/name"), "team/name");
  EXPECT_EQ(display("team/name:v1"), "team/name:v1");
  EXPECT_EQ(display("team/name@" + top_hash), "team/name@2a5a67156");
}

}  // namespace
}  // namespace unio::test
