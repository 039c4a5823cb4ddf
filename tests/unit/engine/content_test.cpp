#include "engine/content.hpp"

#include "unit/engine/folder_fixture.hpp"

namespace unio::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Content : public FolderTest {
 protected:
  std::string read(const Registry& registry, const Manifest& manifest) {
    std::string content;
    read_entry(registry, context_, manifest[0], [&](Bytes bytes) { content += as_text(bytes); });
    return content;
  }
  std::string read(const Manifest& manifest) { return read(local_, manifest); }

  static std::string digest_text(std::string_view content) {
    return digest_of(DigestType::sha2_256_chunked, as_bytes(content)).text();
  }
};

TEST_F(Content, is_read_from_the_registry_from_local_files_and_below_a_prefix) {
  store(object_key("one"), "one");
  store("data/a b", "two");
  EXPECT_EQ(read(entry("f", object_url("one"), "one")), "one");
  EXPECT_EQ(read(entry("f", physical_url(local_, "data/a b"), "two")), "two");
  EXPECT_EQ(read(local_entry("f #%", "three")), "three");
  store(object_key(""), "");
  EXPECT_EQ(read(entry("f", object_url(""), "")), "");
}

TEST_F(Content, is_checked_by_every_type_of_digest) {
  for (const DigestType type : {DigestType::sha2_256_chunked, DigestType::sha256, DigestType::crc64nvme}) {
    const Manifest manifest = entry("f", physical_url(local_, "data/f"), "right", type);
    store("data/f", "right");
    EXPECT_EQ(read(manifest), "right");
    store("data/f", "wrong");
    EXPECT_UNIO_ERROR(read(manifest), corruption) << name(type);
  }
}

TEST_F(Content, that_was_altered_is_named_with_both_digests) {
  store(object_key("right"), "wrong");
  const Error error = caught([&] { read(entry("dir/f", object_url("right"), "right")); });
  EXPECT_EQ(error.code(), ErrorCode::corruption);
  EXPECT_THAT(error.message(), AllOf(HasSubstr("'dir/f'"), HasSubstr(object_url("right")),
                                     HasSubstr(digest_text("right")), HasSubstr(digest_text("wrong"))));
}

TEST_F(Content, that_was_cut_off_is_named_with_both_sizes) {
  store(object_key("0123456789"), "01234");
  const Error error = caught([&] { read(entry("f", object_url("0123456789"), "0123456789")); });
  EXPECT_EQ(error.code(), ErrorCode::corruption);
  EXPECT_THAT(error.message(), AllOf(HasSubstr("5 bytes"), HasSubstr("10")));
}

TEST_F(Content, that_is_longer_than_its_entry_is_not_read_to_its_end) {
  store("data/f", std::string(std::size_t{5} << 20, 'x'));
  std::size_t seen = 0;
  const Manifest manifest = entry("f", physical_url(local_, "data/f"), "xx");
  EXPECT_UNIO_ERROR(read_entry(local_, context_, manifest[0], [&](Bytes bytes) { seen += bytes.size(); }),
                    corruption);
  EXPECT_LE(seen, std::size_t{1} << 20);
}

TEST_F(Content, that_is_not_there_is_named_by_its_key) {
  const Error error = caught([&] { read(entry("dir/f", object_url("x"), "x")); });
  EXPECT_EQ(error.code(), ErrorCode::not_found);
  EXPECT_THAT(error.what(), HasSubstr("dir/f"));
}

TEST_F(Content, without_a_digest_that_we_can_compute_is_checked_by_size) {
  const std::string row =
      "{\"version\": \"v0\"}\n{\"logical_key\": \"f\", \"physical_keys\": [\"" +
      physical_url(local_, "data/f") +
      "\"], \"size\": 3, \"hash\": {\"type\": \"BLAKE9\", \"value\": \"x\"}, \"meta\": {}}\n";
  const Manifest manifest = parse_manifest(row);
  store("data/f", "abc");
  EXPECT_EQ(read(manifest), "abc");
  store("data/f", "abcd");
  EXPECT_UNIO_ERROR(read(manifest), corruption);
}

TEST_F(Content, is_not_read_on_when_the_user_asks_to_stop) {
  store(object_key("x"), "x");
  stop_.request_stop();
  EXPECT_UNIO_ERROR(read(entry("f", object_url("x"), "x")), cancelled);
}

TEST_F(Content, is_given_in_ranges) {
  store("data/f", "0123456789");
  const Manifest manifest = entry("f", physical_url(local_, "data/f"), "0123456789");
  std::string content;
  read_entry_range(local_, context_, manifest[0], {2, 3}, [&](Bytes bytes) { content += as_text(bytes); });
  EXPECT_EQ(content, "234");
}

TEST_F(Content, of_a_version_needs_a_store_that_keeps_versions) {
  memory_.write("data/f", as_bytes("x"), Condition::none());
  stores_.add("s3://bucket", memory_);
  EXPECT_EQ(read(entry("f", "s3://bucket/data/f", "x")), "x");
  EXPECT_UNIO_ERROR(read(entry("f", "s3://bucket/data/f?versionId=7", "x")), unsupported);
}

// Where the bytes are.

TEST_F(Content, of_a_registry_that_was_moved_is_found_under_its_new_place) {
  store(object_key("x"), "x");
  const Manifest manifest = entry("f", object_url("x"), "x");
  std::filesystem::rename(root_, local("elsewhere"));
  const Registry moved(stores_.get(PhysicalKey::of_file(local("elsewhere")).url()), context_);
  EXPECT_EQ(read(moved, manifest), "x");
}

TEST_F(Content, of_a_registry_that_was_moved_into_or_out_of_its_own_folder_is_found) {
  store(object_key("x"), "x");
  const Manifest manifest = entry("f", object_url("x"), "x");
  std::filesystem::rename(root_, local("old"));
  std::filesystem::create_directories(root_);
  std::filesystem::rename(local("old"), root_ / "inner");
  const Registry inner(stores_.get(local_.url() + "/inner"), context_);
  EXPECT_EQ(read(inner, manifest), "x");
  const Manifest written_inside = entry("f", local_.url() + "/inner/" + object_key("x"), "x");
  std::filesystem::rename(root_ / "inner/.unio", root_ / ".unio");
  EXPECT_EQ(read(written_inside), "x");
}

TEST_F(Content, with_a_legacy_digest_is_found_in_a_registry_that_was_moved) {
  store(object_key("x"), "x");
  const Manifest manifest = entry("f", "file:///old/place/" + object_key("x"), "x", DigestType::sha256);
  EXPECT_EQ(read(manifest), "x");
}

TEST_F(Content, of_another_registry_is_read_where_its_url_says) {
  LocalStore other(local("other"), random_);
  other.write(object_key("x"), as_bytes("x"), Condition::none());
  EXPECT_EQ(read(entry("f", other.url() + "/" + object_key("x"), "x")), "x");
}

TEST_F(Content, is_in_the_registry_only_below_its_own_folder) {
  const auto is_in = [&](const std::string& url) { return is_in_registry(local_, entry("f", url, "x")[0]); };
  EXPECT_TRUE(is_in(local_.url() + "/data/f"));
  EXPECT_TRUE(is_in(local_.url() + "/" + object_key("x")));
  EXPECT_FALSE(is_in(local_.url()));
  EXPECT_FALSE(is_in(local_.url() + "2/data/f"));
  EXPECT_FALSE(is_in("s3://bucket/data/f"));
}

TEST_F(Content, is_local_only_in_files_outside_the_registry) {
  const auto is_local = [&](const std::string& url) {
    return is_local_file(local_, entry("f", url, "x")[0]);
  };
  EXPECT_TRUE(is_local("file:///home/f"));
  EXPECT_TRUE(is_local(local_.url() + "2/data/f"));
  EXPECT_FALSE(is_local(local_.url() + "/data/f"));
  EXPECT_FALSE(is_local("s3://bucket/f"));
}

TEST_F(Content, urls_are_encoded_as_quilt3_writes_them) {
  EXPECT_TRUE(local_.url().ends_with("/my%20registry%20%231"));
  EXPECT_TRUE(physical_url(local_, "a b/+ü").ends_with("/my%20registry%20%231/a%20b/%2B%C3%BC"));
}

// Hashing local files.

TEST_F(Content, of_local_files_is_hashed_alike_in_one_thread_and_in_many) {
  // Larger than what one thread takes alone, and not a whole number of chunks.
  std::string content(std::size_t{33} << 20, '\0');
  for (std::size_t i = 0; i < content.size(); i += 4096) content[i] = static_cast<char>(i >> 12);
  content.resize(content.size() - 7);
  put(local("f"), content);
  for (const DigestType type : {DigestType::sha2_256_chunked, DigestType::sha256, DigestType::crc64nvme}) {
    EXPECT_EQ(hash_local_file(context_, local("f"), stamp(local("f")), type),
              digest_of(type, as_bytes(content)));
  }
}

TEST_F(Content, of_a_local_file_that_is_not_as_it_was_seen_is_refused_by_name) {
  put(local("f"), "content");
  FileStamp seen = stamp(local("f"));
  put(local("f"), "other");
  const Error error =
      caught([&] { hash_local_file(context_, local("f"), seen, DigestType::sha2_256_chunked); });
  EXPECT_EQ(error.code(), ErrorCode::failed_precondition);
  EXPECT_THAT(error.message(), HasSubstr(local("f").native()));
}

TEST_F(Content, of_local_files_is_not_hashed_on_when_the_user_asks_to_stop) {
  put(local("f"), std::string(std::size_t{33} << 20, 'x'));
  stop_.request_stop();
  for (const DigestType type : {DigestType::sha2_256_chunked, DigestType::sha256}) {
    EXPECT_UNIO_ERROR(hash_local_file(context_, local("f"), stamp(local("f")), type), cancelled);
  }
}

}  // namespace
}  // namespace unio::test
