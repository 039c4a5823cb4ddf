#include "model/selection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "support/expect_error.hpp"

namespace unio::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Manifest manifest_of(const std::vector<std::string>& keys) {
  ManifestBuilder builder;
  for (const std::string& key : keys) builder.add(Entry{key, "file:///data/x", 1, Digest{}, {}});
  return builder.finish();
}

std::vector<std::string> numbered(const std::string& folder, int count) {
  std::vector<std::string> keys;
  for (int i = 0; i < count; ++i) keys.push_back(folder + std::to_string(i));
  return keys;
}

std::set<std::string> keys_of(const Manifest& manifest, const std::vector<std::size_t>& indexes) {
  std::set<std::string> keys;
  for (const std::size_t i : indexes) keys.emplace(manifest[i].logical_key());
  return keys;
}

std::vector<std::string> joined(std::vector<std::string> first, const std::vector<std::string>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

TEST(Selection, gives_a_key_the_same_place_for_ever) {
  EXPECT_DOUBLE_EQ(place_of_key("0", "a"), place_of_key("0", "a"));
  // SHA-256 of "0\0a" begins with these bytes, as any other program finds.
  EXPECT_NEAR(place_of_key("0", "a"), static_cast<double>(0x5f1aa0c8dad9dc73) / 18446744073709551616.0,
              1e-15);
}

TEST(Selection, samples_exactly_as_many_as_asked_for) {
  const Manifest manifest = manifest_of(numbered("f/", 1000));
  EXPECT_THAT(sample_entries(manifest, {.count = 10, .fraction = {}, .seed = "1", .by = {}}), SizeIs(10));
  EXPECT_THAT(sample_entries(manifest, {.count = 0, .fraction = {}, .seed = "1", .by = {}}), IsEmpty());
  EXPECT_THAT(sample_entries(manifest, {.count = 5000, .fraction = {}, .seed = "1", .by = {}}), SizeIs(1000));
}

TEST(Selection, samples_about_the_share_that_is_asked_for) {
  const Manifest manifest = manifest_of(numbered("f/", 10'000));
  const auto count = [&](double fraction) {
    return sample_entries(manifest, {.count = {}, .fraction = fraction, .seed = "1", .by = {}}).size();
  };
  EXPECT_NEAR(static_cast<double>(count(0.3)), 3000, 200);
  EXPECT_EQ(count(0), 0U);
  EXPECT_EQ(count(1), 10'000U);
}

TEST(Selection, chooses_from_each_folder_on_its_own) {
  const Manifest manifest = manifest_of(
      joined(joined(numbered("train/cat/", 500), numbered("train/dog/", 3)), numbered("test/", 50)));
  const auto chosen =
      keys_of(manifest, sample_entries(manifest, {.count = 5, .fraction = {}, .seed = "1", .by = "train/"}));
  const auto in = [&](std::string_view folder) {
    return std::count_if(chosen.begin(), chosen.end(),
                         [&](const auto& key) { return key.starts_with(folder); });
  };
  EXPECT_EQ(in("train/cat/"), 5);
  EXPECT_EQ(in("train/dog/"), 3);
  EXPECT_EQ(in("test/"), 0);
}

TEST(Selection, refuses_options_that_make_no_sense) {
  const Manifest manifest = manifest_of({"a"});
  const SampleOptions both{.count = 1, .fraction = 0.5, .seed = {}, .by = {}};
  const SampleOptions beyond{.count = {}, .fraction = 1.5, .seed = {}, .by = {}};
  const SampleOptions elsewhere{.count = 1, .fraction = {}, .seed = {}, .by = "b/"};
  EXPECT_UNIO_ERROR(sample_entries(manifest, SampleOptions{}), invalid_argument);
  EXPECT_UNIO_ERROR(sample_entries(manifest, both), invalid_argument);
  EXPECT_UNIO_ERROR(sample_entries(manifest, beyond), invalid_argument);
  EXPECT_UNIO_ERROR(sample_entries(manifest, elsewhere), not_found);
  const std::vector<Share> nothing{{"a", 0}};
  EXPECT_UNIO_ERROR(split_entries(manifest, nothing, "1"), invalid_argument);
  EXPECT_UNIO_ERROR(split_entries(manifest, {}, "1"), invalid_argument);
}

TEST(Selection, takes_folder_metadata_along_where_something_is_chosen) {
  ManifestBuilder builder;
  for (const char* key : {"a/1", "b/1", "b/2"}) builder.add(Entry{key, "file:///x", 1, Digest{}, {}});
  builder.set_folder_meta("a/", Json::object({{"user_meta", Json("A")}}));
  builder.set_folder_meta("b/", Json::object({{"user_meta", Json("B")}}));
  const std::vector<std::size_t> chosen{2};
  const Manifest selected = select_entries(builder.finish(), chosen);
  ASSERT_EQ(selected.size(), 1U);
  EXPECT_EQ(selected[0].logical_key(), "b/2");
  ASSERT_THAT(selected.folder_meta(), SizeIs(1));
  EXPECT_EQ(selected.folder_meta()[0].first, "b/");
}

RC_GTEST_PROP(SelectionProperty, every_entry_is_in_exactly_one_part,
              (std::uint16_t count, std::uint8_t seed)) {
  const Manifest manifest = manifest_of(numbered("f/", count % 300));
  const std::vector<Share> shares{{"train", 7}, {"validate", 2}, {"test", 1}};
  std::vector<std::size_t> all;
  for (const auto& part : split_entries(manifest, shares, std::to_string(seed)))
    all.insert(all.end(), part.begin(), part.end());
  std::sort(all.begin(), all.end());
  RC_ASSERT(all.size() == manifest.size());
  RC_ASSERT(std::adjacent_find(all.begin(), all.end()) == all.end());
}

RC_GTEST_PROP(SelectionProperty, what_is_added_moves_nothing_that_was_there,
              (std::uint8_t more, std::uint8_t seed)) {
  const std::vector<std::string> before = numbered("f/", 100);
  const Manifest old = manifest_of(before);
  const Manifest grown = manifest_of(joined(before, numbered("a/new", more)));
  const std::vector<Share> shares{{"train", 0.5}, {"test", 0.5}};
  const std::string text = std::to_string(seed);
  const auto then = keys_of(old, split_entries(old, shares, text)[0]);
  const auto now = keys_of(grown, split_entries(grown, shares, text)[0]);
  RC_ASSERT(std::includes(now.begin(), now.end(), then.begin(), then.end()));
  const SampleOptions half{.count = {}, .fraction = 0.5, .seed = text, .by = {}};
  const auto sampled = keys_of(grown, sample_entries(grown, half));
  for (const std::string& key : keys_of(old, sample_entries(old, half))) RC_ASSERT(sampled.contains(key));
}

}  // namespace
}  // namespace unio::test
