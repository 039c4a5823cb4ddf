#include "engine/ingest.hpp"

#include "unit/engine/folder_fixture.hpp"

namespace unio::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr std::size_t large = (std::size_t{8} << 20) + 3;

class IngestTest : public FolderTest {
 protected:
  Ingest::Taken take(const std::string& content, const std::optional<Digest>& unless = std::nullopt) {
    put(local("f"), content);
    return take_file(unless);
  }

  Ingest::Taken take_file(const std::optional<Digest>& unless = std::nullopt) {
    PushSession session(local_, context_);
    Ingest ingest(local_, session, context_);
    const Ingest::Taken taken = ingest.take(local("f"), stamp(local("f")), unless);
    ingest.commit();
    return taken;
  }

  static Digest digest(std::string_view content) {
    return digest_of(DigestType::sha2_256_chunked, as_bytes(content));
  }

  const std::vector<std::string> contents_ = {"", "content", std::string(large, 'x')};
};

TEST_F(IngestTest, stores_what_the_registry_does_not_have) {
  for (const std::string& content : contents_) {
    const Ingest::Taken taken = take(content);
    EXPECT_TRUE(taken.stored);
    EXPECT_EQ(taken.digest, digest(content));
    EXPECT_EQ(taken.physical_key, object_url(content));
    EXPECT_EQ(stored(object_key(content)), content);
  }
}

TEST_F(IngestTest, does_not_store_again_what_the_registry_has) {
  for (const std::string& content : contents_) {
    take(content);
    hooked_.forget_changes();
    const Ingest::Taken taken = take(content);
    EXPECT_FALSE(taken.stored);
    EXPECT_EQ(taken.physical_key, object_url(content));
    EXPECT_THAT(hooked_.changes(), Not(Contains(object_key(content))));
  }
}

TEST_F(IngestTest, counts_content_that_two_files_share_once) {
  PushSession session(local_, context_);
  Ingest ingest(local_, session, context_);
  for (const std::string name : {"one", "two", "three"}) {
    put(local(name), name == "three" ? "other" : "content");
    ingest.take(local(name), stamp(local(name)), std::nullopt);
  }
  ingest.commit();
  EXPECT_EQ(ingest.stored_objects(), 2U);
}

TEST_F(IngestTest, only_hashes_what_is_known_already_and_asks_the_registry_nothing) {
  for (const std::string& content : contents_) {
    const Ingest::Taken taken = take(content, digest(content));
    EXPECT_FALSE(taken.stored);
    EXPECT_EQ(taken.physical_key, "");
    EXPECT_EQ(stored(object_key(content)), "absent");
  }
  EXPECT_FALSE(std::filesystem::exists(root_ / ".unio/format.json"));
}

TEST_F(IngestTest, stores_what_is_not_what_was_known) {
  for (const std::string& content : contents_) {
    EXPECT_TRUE(take(content, digest("something else")).stored);
    EXPECT_EQ(stored(object_key(content)), content);
  }
}

TEST_F(IngestTest, replaces_an_object_of_the_wrong_size) {
  for (const std::string& content : contents_) {
    store(object_key(content), "torn");
    EXPECT_TRUE(take(content).stored);
    EXPECT_EQ(stored(object_key(content)), content);
  }
}

TEST_F(IngestTest, takes_the_object_that_somebody_else_mends_at_the_same_moment) {
  for (const std::string& content : contents_) {
    store(object_key(content), "torn");
    const StoreOperation operation =
        content.size() == large ? StoreOperation::publish : StoreOperation::write;
    hooked_.before(operation, object_key(content), [&] { store(object_key(content), content); });
    EXPECT_FALSE(take(content).stored);
    EXPECT_EQ(stored(object_key(content)), content);
  }
}

TEST_F(IngestTest, leaves_a_large_object_that_somebody_else_stores_at_the_same_moment) {
  const std::string content(large, 'x');
  std::string theirs;
  hooked_.before(StoreOperation::publish, object_key(content), [&] {
    store(object_key(content), content);
    theirs = inner_.find(object_key(content))->etag;
  });
  EXPECT_FALSE(take(content).stored);
  EXPECT_EQ(inner_.find(object_key(content))->etag, theirs);
}

TEST_F(IngestTest, announces_the_push_before_it_looks_whether_an_object_is_there) {
  for (const std::string& content : contents_) {
    std::size_t announced = 0;
    hooked_.before(StoreOperation::find, object_key(content), [&] { announced = sessions(); });
    take(content);
    EXPECT_EQ(announced, 1U);
  }
}

TEST_F(IngestTest, refuses_by_name_a_file_that_is_not_as_it_was_seen) {
  for (const std::string& content : contents_) {
    put(local("f"), content);
    FileStamp seen = stamp(local("f"));
    seen.mtime_ns -= 1;
    PushSession session(local_, context_);
    Ingest ingest(local_, session, context_);
    const Error error = caught([&] { ingest.take(local("f"), seen, std::nullopt); });
    EXPECT_EQ(error.code(), ErrorCode::failed_precondition);
    EXPECT_THAT(error.message(), HasSubstr(local("f").native()));
    EXPECT_EQ(stored(object_key(content)), "absent");
  }
}

TEST_F(IngestTest, refuses_a_large_file_that_changes_while_it_is_read) {
  const std::string content(large, 'x');
  put(local("f"), content);
  hooked_.before(StoreOperation::append, "", [&] {
    std::fstream file(local("f"), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(5) << "changed";
  });
  EXPECT_UNIO_ERROR(take_file(), failed_precondition);
  EXPECT_FALSE(std::filesystem::exists(root_ / ".unio/objects"));
}

TEST_F(IngestTest, refuses_a_file_that_is_cut_off_while_it_is_read) {
  put(local("f"), std::string(large, 'x'));
  hooked_.before(StoreOperation::append, "", [&] { std::filesystem::resize_file(local("f"), large / 2); });
  EXPECT_UNIO_ERROR(take_file(), failed_precondition);
}

TEST_F(IngestTest, does_not_read_on_for_ever_in_a_file_that_grows) {
  put(local("f"), std::string(large, 'x'));
  std::size_t pieces = 0;
  const std::function<void()> grow = [&] {
    if (++pieces > 100) return;
    std::filesystem::resize_file(local("f"), std::filesystem::file_size(local("f")) + (2 << 20));
    hooked_.before(StoreOperation::append, "", grow);
  };
  hooked_.before(StoreOperation::append, "", grow);
  EXPECT_UNIO_ERROR(take_file(), failed_precondition);
  EXPECT_LE(pieces, 10U);
}

TEST_F(IngestTest, names_a_file_that_is_gone) {
  put(local("f"), "content");
  const FileStamp seen = stamp(local("f"));
  std::filesystem::remove(local("f"));
  PushSession session(local_, context_);
  Ingest ingest(local_, session, context_);
  const Error error = caught([&] { ingest.take(local("f"), seen, std::nullopt); });
  EXPECT_EQ(error.code(), ErrorCode::not_found);
  EXPECT_THAT(error.message(), HasSubstr(local("f").native()));
}

TEST_F(IngestTest, leaves_nothing_when_it_is_not_committed) {
  put(local("f"), "content");
  {
    PushSession session(local_, context_);
    Ingest ingest(local_, session, context_);
    ingest.take(local("f"), stamp(local("f")), std::nullopt);
  }
  EXPECT_EQ(stored(object_key("content")), "absent");
  EXPECT_EQ(sessions(), 0U);
}

TEST_F(IngestTest, stops_in_a_large_file_when_the_user_asks_to) {
  put(local("f"), std::string(large, 'x'));
  stop_.request_stop();
  EXPECT_UNIO_ERROR(take_file(), cancelled);
}

}  // namespace
}  // namespace unio::test
