#include "model/manifest_index.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "support/expect_error.hpp"

namespace unio::test {
namespace {

/// About 200 bytes a row, so that a few thousand entries are some ten blocks.
Manifest manifest_of(std::size_t entries) {
  ManifestBuilder builder;
  builder.set_folder_meta("f3/", Json("a folder"));
  for (std::size_t i = 0; i < entries; ++i) {
    builder.add(
        {.logical_key = "f" + std::to_string(i % 7) + "/g" + std::to_string(i % 3) + "/" + std::to_string(i),
         .physical_key = "s3://bucket/.unio/objects/" + std::string(64, 'a'),
         .size = i,
         .digest = Digest{},
         .meta = {}});
  }
  return builder.finish();
}

struct Written {
  ManifestIndex index{"top"};
  std::string text;
};

Written write(const Manifest& manifest) {
  Written written;
  manifest.write_blocks([&](const Manifest::Block& block) {
    written.index.add(manifest, block);
    written.text += block.text;
  });
  return written;
}

TEST(ManifestIndex, has_blocks_that_are_the_whole_file_in_order) {
  const Manifest manifest = manifest_of(5000);
  const Written written = write(manifest);
  ASSERT_GT(written.index.blocks().size(), 10U);
  EXPECT_EQ(written.index.size(), written.text.size());
  EXPECT_EQ(written.index.entries(), manifest.size());
  EXPECT_EQ(written.index.bytes(), manifest.total_bytes());
  for (const ManifestBlock& block : written.index.blocks()) {
    const std::string text = written.text.substr(block.offset, block.size);
    EXPECT_EQ(sha256(std::as_bytes(std::span(text))), block.sha256);
    EXPECT_TRUE(text.ends_with('\n'));
  }
}

TEST(ManifestIndex, is_read_as_it_was_written) {
  const ManifestIndex index = write(manifest_of(2000)).index;
  const ManifestIndex again = ManifestIndex::parse(index.dump());
  EXPECT_EQ(again.dump(), index.dump());
  EXPECT_EQ(again.top_hash(), "top");
  EXPECT_EQ(again.entries(), index.entries());
  EXPECT_EQ(again.bytes(), index.bytes());
}

TEST(ManifestIndex, gives_a_range_with_all_entries_of_a_folder) {
  const Manifest manifest = manifest_of(5000);
  const Written written = write(manifest);
  const auto& blocks = written.index.blocks();
  for (const std::string key :
       {"", "f0", "f0/", "f3/g1", "f6", "f6/g2/", "f2/g2/2", "f0/g0/0", "absent", "a", "zzz", "f3/g0"}) {
    const auto [first, last] = written.index.range(key);
    ManifestReader reader({.hash_while_reading = false});
    reader.feed(written.text.substr(0, blocks[0].size));
    for (std::size_t i = first; i < last; ++i)
      reader.feed(written.text.substr(blocks[i].offset, blocks[i].size));
    const Manifest part = reader.finish();
    const auto [begin, end] = manifest.range(key);
    const auto [part_begin, part_end] = part.range(key);
    ASSERT_EQ(part_end - part_begin, end - begin) << key;
    for (std::size_t i = 0; i < end - begin; ++i)
      ASSERT_EQ(part[part_begin + i].logical_key(), manifest[begin + i].logical_key());
  }
}

TEST(ManifestIndex, needs_a_few_of_many_blocks_for_a_folder) {
  const ManifestIndex index = write(manifest_of(20'000)).index;
  const auto [first, last] = index.range("f2/g1");
  EXPECT_LE((last - first) * 8, index.blocks().size());
}

TEST(ManifestIndex, has_the_header_of_an_empty_package) {
  const Written written = write(Manifest());
  EXPECT_EQ(written.index.blocks().size(), 1U);
  EXPECT_EQ(written.index.range("any"), (std::pair<std::size_t, std::size_t>(1, 1)));
}

TEST(ManifestIndex, refuses_damage) {
  const std::string good = write(manifest_of(2000)).index.dump();
  const auto refuse = [](const std::string& text) {
    EXPECT_UNIO_ERROR(ManifestIndex::parse(text), corruption);
  };
  refuse("");
  refuse(good.substr(0, good.rfind("{\"size\"")));
  refuse(good + good.substr(good.rfind("{\"size\"")));
  std::string lied = good;
  lied.replace(lied.find("\"first\": \"") + 10, 1, "/");
  EXPECT_ANY_THROW(ManifestIndex::parse(lied));
  std::string negative = good;
  negative.replace(negative.rfind("\"size\": ") + 8, 1, "-1");
  refuse(negative);
  EXPECT_ANY_THROW(ManifestIndex::parse("{\"format\": 2, \"top_hash\": \"\", \"size\": 0}\n"));
  EXPECT_ANY_THROW(ManifestIndex::parse("no JSON\n"));
}

}  // namespace
}  // namespace unio::test
