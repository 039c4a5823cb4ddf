#include "engine/registry.hpp"

#include "base/json.hpp"
#include "unit/engine/engine_fixture.hpp"

namespace unio::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class RegistryTest : public EngineTest {
 protected:
  std::string resolve(const std::string& name, const Version& version = {}) {
    return registry_.resolve(package(name), version);
  }
  static Version tag(std::string value) { return {Version::Kind::tag, std::move(value)}; }
  static Version hash(std::string value) { return {Version::Kind::hash, std::move(value)}; }
  void point(const std::string& name, const std::string& pointer, std::string_view content) {
    write(layout::pointer(package(name), pointer), content);
  }
  std::string some_hash(char digit) { return std::string(64, digit); }
};

TEST_F(RegistryTest, follows_latest_a_tag_and_a_timestamp) {
  point("a/b", "latest", some_hash('1'));
  point("a/b", "v1", some_hash('2'));
  point("a/b", "1700000000", some_hash('3'));
  EXPECT_EQ(resolve("a/b"), some_hash('1'));
  EXPECT_EQ(resolve("a/b", tag("v1")), some_hash('2'));
  EXPECT_EQ(resolve("a/b", tag("1700000000")), some_hash('3'));
}

TEST_F(RegistryTest, reads_pointers_that_end_in_white_space_as_other_tools_leave_it) {
  point("a/b", "latest", some_hash('1') + "\r\n");
  EXPECT_EQ(resolve("a/b"), some_hash('1'));
}

TEST_F(RegistryTest, calls_a_pointer_that_holds_no_top_hash_damaged_and_names_it) {
  for (const std::string& content : {std::string(), std::string(63, 'a'), std::string(64, 'g'),
                                     some_hash('A'), std::string(10'000, 'a')}) {
    point("a/b", "latest", content);
    const Error error = caught([&] { resolve("a/b"); });
    EXPECT_EQ(error.code(), ErrorCode::corruption) << content.size();
    EXPECT_THAT(error.message(), HasSubstr(".quilt/named_packages/a/b/latest"));
  }
}

TEST_F(RegistryTest, names_the_pointer_that_is_damaged_and_shows_the_others) {
  point("a/b", "latest", some_hash('1'));
  point("a/b", "torn", "");
  const auto pointers = registry_.pointers(package("a/b"));
  ASSERT_EQ(pointers.size(), 1U);
  EXPECT_EQ(pointers.front().name, "latest");
  EXPECT_THAT(progress_.warnings(), ElementsAre(HasSubstr("a/b/torn")));
}

TEST_F(RegistryTest, says_which_tags_there_are_when_one_is_not) {
  point("a/b", "latest", some_hash('1'));
  point("a/b", "v1", some_hash('1'));
  point("a/b", "1700000000", some_hash('1'));
  const Error error = caught([&] { resolve("a/b", tag("v2")); });
  EXPECT_EQ(error.code(), ErrorCode::not_found);
  EXPECT_THAT(error.message(), HasSubstr("no tag 'v2'"));
  EXPECT_THAT(error.hint(), HasSubstr("latest, v1"));
}

TEST_F(RegistryTest, says_that_a_package_without_latest_has_no_latest) {
  point("a/b", "v1", some_hash('1'));
  const Error error = caught([&] { resolve("a/b"); });
  EXPECT_EQ(error.code(), ErrorCode::not_found);
  EXPECT_THAT(error.message(), HasSubstr("'latest'"));
  EXPECT_THAT(error.hint(), HasSubstr("v1"));
}

TEST_F(RegistryTest, does_not_deny_a_package_that_has_only_timestamps) {
  point("a/b", "1700000000", some_hash('1'));
  const Error error = caught([&] { resolve("a/b", tag("v1")); });
  EXPECT_EQ(error.code(), ErrorCode::not_found);
  EXPECT_THAT(error.message(), HasSubstr("no tag 'v1'"));
}

TEST_F(RegistryTest, suggests_the_package_with_a_similar_name) {
  point("team/photos", "latest", some_hash('1'));
  const Error error = caught([&] { resolve("team/photo"); });
  EXPECT_EQ(error.code(), ErrorCode::not_found);
  EXPECT_THAT(error.message(), HasSubstr("no package 'team/photo'"));
  EXPECT_THAT(error.hint(), HasSubstr("team/photos"));
}

TEST_F(RegistryTest, completes_a_hash_prefix_that_fits_one_manifest) {
  write(layout::manifest("abcdef" + std::string(58, '0')), "x");
  write(layout::manifest("abcdee" + std::string(58, '0')), "x");
  EXPECT_EQ(resolve("a/b", hash("abcdef")), "abcdef" + std::string(58, '0'));
}

TEST_F(RegistryTest, names_the_manifests_that_an_ambiguous_prefix_fits) {
  write(layout::manifest("abcdef1" + std::string(57, '0')), "x");
  write(layout::manifest("abcdef2" + std::string(57, '0')), "x");
  const Error error = caught([&] { resolve("a/b", hash("abcdef")); });
  EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
  EXPECT_THAT(error.message(), HasSubstr("abcdef1"));
  EXPECT_THAT(error.message(), HasSubstr("abcdef2"));
}

TEST_F(RegistryTest, finds_no_manifest_for_an_unknown_prefix) {
  write(layout::manifest(some_hash('a')), "x");
  EXPECT_UNIO_ERROR(resolve("a/b", hash("bbbbbb")), not_found);
}

TEST_F(RegistryTest, takes_no_stray_file_for_a_manifest) {
  write(layout::manifest("abcdef.tmp"), "x");
  EXPECT_UNIO_ERROR(resolve("a/b", hash("abcdef")), not_found);
}

TEST_F(RegistryTest, lists_packages_once_each_with_and_without_namespace) {
  point("b/c", "latest", some_hash('1'));
  point("b/c", "v1", some_hash('1'));
  point("single", "latest", some_hash('1'));
  write(".quilt/named_packages/stray", "x");
  write(".quilt/named_packages/a/b/c/latest", "x");
  EXPECT_THAT(registry_.packages(), ElementsAre(package("b/c"), package("single")));
  EXPECT_THAT(progress_.warnings(), ElementsAre(HasSubstr("a/b/c/latest")));
}

TEST_F(RegistryTest, keeps_the_pointers_of_a_namespace_and_of_a_package_with_its_name_apart) {
  point("ds", "latest", some_hash('1'));
  point("ds/v0", "latest", some_hash('2'));
  const auto pointers = registry_.pointers(package("ds"));
  ASSERT_EQ(pointers.size(), 1U);
  EXPECT_EQ(pointers.front().top_hash, some_hash('1'));
}

TEST_F(RegistryTest, reads_a_manifest_that_is_what_its_name_says) {
  const std::string top_hash = publish_file("a/b", "content");
  EXPECT_EQ(registry_.get_manifest(top_hash).size(), 1U);
}

TEST_F(RegistryTest, refuses_a_manifest_that_was_changed) {
  const std::string top_hash = publish_file("a/b", "content");
  std::string text = read_object(memory_, layout::manifest(top_hash));
  text.replace(text.find("file"), 4, "evil");
  write(layout::manifest(top_hash), text);
  EXPECT_UNIO_ERROR(registry_.get_manifest(top_hash), corruption);
}

TEST_F(RegistryTest, refuses_a_manifest_that_was_cut_off) {
  const std::string top_hash = publish_file("a/b", "content");
  const std::string text = read_object(memory_, layout::manifest(top_hash));
  for (const std::size_t length : {std::size_t{0}, text.size() / 4, text.size() / 2, text.size() - 5}) {
    write(layout::manifest(top_hash), text.substr(0, length));
    EXPECT_UNIO_ERROR(registry_.get_manifest(top_hash), corruption) << length;
  }
}

TEST_F(RegistryTest, calls_a_manifest_with_an_entry_that_has_no_digest_damaged) {
  write(layout::manifest(some_hash('a')),
        "{\"version\": \"v0\"}\n"
        "{\"logical_key\": \"f\", \"physical_keys\": [\"file:///f\"], \"size\": 1, \"hash\": null, \"meta\": "
        "{}}\n");
  EXPECT_UNIO_ERROR(registry_.get_manifest(some_hash('a')), corruption);
}

TEST_F(RegistryTest, names_the_manifest_that_is_not_there) {
  const Error error = caught([&] { registry_.get_manifest(some_hash('a')); });
  EXPECT_EQ(error.code(), ErrorCode::not_found);
  EXPECT_THAT(error.message(), HasSubstr(some_hash('a')));
}

TEST_F(RegistryTest, stops_reading_a_manifest_when_it_is_asked_to) {
  const std::string top_hash = publish_file("a/b", "content");
  stop_.request_stop();
  EXPECT_UNIO_ERROR(registry_.get_manifest(top_hash), cancelled);
}

TEST_F(RegistryTest, stops_looking_for_a_prefix_when_it_is_asked_to) {
  write(layout::manifest(some_hash('a')), "x");
  stop_.request_stop();
  EXPECT_UNIO_ERROR(resolve("a/b", hash("aaaaaa")), cancelled);
}

TEST_F(RegistryTest, makes_the_format_file_before_the_first_write_and_not_again) {
  registry_.prepare_for_writing();
  const Json format = Json::parse(read_object(memory_, layout::format));
  EXPECT_EQ(format.get_string("format"), "unio-registry");
  EXPECT_EQ(format.get_integer("version"), 1);
  store_.forget_changes();
  registry_.prepare_for_writing();
  EXPECT_THAT(store_.changes(), ElementsAre());
}

TEST_F(RegistryTest, takes_the_format_file_that_another_process_makes_at_the_same_moment) {
  store_.before(StoreOperation::write, "format.json", [&] {
    write(std::string(layout::format), R"({"format": "unio-registry", "version": 1, "required": ["packs"]})");
  });
  EXPECT_UNIO_ERROR(registry_.prepare_for_writing(), unsupported);
}

TEST_F(RegistryTest, does_not_write_where_an_unknown_feature_is_required_but_reads) {
  const std::string top_hash = publish_file("a/b", "content");
  write(std::string(layout::format), R"({"format": "unio-registry", "version": 1, "required": ["packs"]})");
  const Error error = caught([&] { registry_.prepare_for_writing(); });
  EXPECT_EQ(error.code(), ErrorCode::unsupported);
  EXPECT_THAT(error.message(), HasSubstr("packs"));
  EXPECT_EQ(resolve("a/b"), top_hash);
  EXPECT_EQ(registry_.get_manifest(top_hash).size(), 1U);
}

TEST_F(RegistryTest, does_not_write_where_the_version_is_another_one) {
  write(std::string(layout::format), R"({"format": "unio-registry", "version": 2, "needs": 7})");
  const Error error = caught([&] { registry_.prepare_for_writing(); });
  EXPECT_EQ(error.code(), ErrorCode::unsupported);
  EXPECT_THAT(error.message(), HasSubstr("version 2"));
}

TEST_F(RegistryTest, does_not_mind_optional_features_that_it_does_not_know) {
  write(std::string(layout::format),
        R"({"format": "unio-registry", "version": 1, "required": [], "optional": ["telepathy"]})");
  EXPECT_NO_THROW(registry_.prepare_for_writing());
}

TEST_F(RegistryTest, keeps_a_policy_of_retention_for_all_who_write_there) {
  EXPECT_EQ(registry_.retention(), RetentionPolicy{});
  const RetentionPolicy policy = RetentionPolicy::make("governance", 30);
  registry_.keep_retention(policy);
  const Json format = Json::parse(read_object(memory_, layout::format));
  EXPECT_EQ(format.find("required")->dump(), R"(["retention"])");
  EXPECT_EQ(format.find("retention")->get_string("url"), registry_.url());
  EXPECT_EQ(registry_.retention(), policy);
  EXPECT_EQ(registry_.prepare_for_writing(), "") << "each command has to look whether it still counts";
  registry_.keep_retention({});
  EXPECT_EQ(registry_.retention(), RetentionPolicy{});
  EXPECT_EQ(Json::parse(read_object(memory_, layout::format)).find("required")->dump(), "[]");
}

TEST_F(RegistryTest, keeps_what_others_wrote_into_the_format_while_a_policy_was_set) {
  registry_.prepare_for_writing();
  store_.before(StoreOperation::write, "format.json", [&] {
    Json format = Json::parse(read_object(memory_, layout::format));
    format.set("theirs", 1);
    write(std::string(layout::format), format.dump());
  });
  registry_.keep_retention(RetentionPolicy::make("legal-hold", 0));
  const Json format = Json::parse(read_object(memory_, layout::format));
  EXPECT_EQ(format.get_integer("theirs"), 1);
  EXPECT_TRUE(registry_.retention().protects());
}

TEST_F(RegistryTest, does_not_count_a_policy_that_was_set_for_another_place) {
  registry_.keep_retention(RetentionPolicy::make("legal-hold", 0));
  Json format = Json::parse(read_object(memory_, layout::format));
  Json retention = *format.find("retention");
  retention.set("url", "s3://elsewhere");
  format.set("retention", retention);
  write(std::string(layout::format), format.dump());
  EXPECT_FALSE(registry_.retention().protects());
  EXPECT_NO_THROW(registry_.prepare_for_writing());
}

TEST_F(RegistryTest, does_not_write_under_a_policy_that_it_does_not_understand) {
  registry_.keep_retention(RetentionPolicy::make("legal-hold", 0));
  Json format = Json::parse(read_object(memory_, layout::format));
  Json retention = *format.find("retention");
  retention.set("mode", "forever");
  format.set("retention", retention);
  write(std::string(layout::format), format.dump());
  const Error error = caught([&] { registry_.prepare_for_writing(); });
  EXPECT_EQ(error.code(), ErrorCode::unsupported);
  EXPECT_THAT(error.message(), HasSubstr("forever"));
}

TEST_F(RegistryTest, calls_a_format_file_that_is_no_json_damaged) {
  for (const std::string_view content :
       {"", "{", "[]", "{\"version\": 1}", "{\"version\": \"1\", \"required\": []}"}) {
    write(std::string(layout::format), content);
    const Error error = caught([&] { registry_.prepare_for_writing(); });
    EXPECT_EQ(error.code(), ErrorCode::corruption) << content;
    EXPECT_THAT(error.what(), HasSubstr("format.json")) << content;
  }
}

TEST_F(RegistryTest, opens_a_package_by_its_reference) {
  const std::string top_hash = publish_file("a/b", "content");
  const OpenedPackage opened = open_package({store_.url(), package("a/b"), {}}, context_);
  EXPECT_EQ(opened.top_hash, top_hash);
  EXPECT_EQ(opened.manifest.size(), 1U);
}

}  // namespace
}  // namespace unio::test
