#include "engine/artifact_reader.hpp"

#include <sys/stat.h>

#include <filesystem>

#include "unit/engine/artifact_fixture.hpp"

namespace unio::test {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ArtifactReaderTest : public ArtifactTest {
 protected:
  OpenedArtifact opened(const Files& files) {
    const SavedArtifact saved = save(files);
    return {saved.folder, saved.record};
  }

  Files files_below(const fs::path& folder) {
    Files files;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file())
        files[entry.path().lexically_relative(folder).native()] = unio::read_file(entry.path());
    }
    return files;
  }

  DownloadOptions to(const std::string& name) { return {.folder = folder_.path() / name}; }
};

TEST_F(ArtifactReaderTest, finds_an_artifact_by_its_id_and_by_so_much_of_it_as_no_other_has) {
  const SavedArtifact one = save({{"x", "1"}});
  const SavedArtifact two = save({{"x", "2"}});
  const std::string& id = two.record.artifact_id;
  EXPECT_EQ(get_artifact(registry_, id, context_).record, two.record);
  std::size_t common = 0;
  while (one.record.artifact_id[common] == id[common]) ++common;
  EXPECT_EQ(get_artifact(registry_, id.substr(0, common + 1), context_).folder, two.folder);
  const Error several = caught([&] { get_artifact(registry_, "artifact_", context_); });
  EXPECT_EQ(several.code(), ErrorCode::invalid_argument);
}

TEST_F(ArtifactReaderTest, names_all_ids_that_begin_alike) {
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(save({{"x", std::to_string(i)}}).record.artifact_id);
  // Of more ids than there are digits, two begin alike.
  std::map<char, std::vector<std::string>> by_digit;
  for (const std::string& id : ids) by_digit[id[9]].push_back(id);
  for (const auto& [digit, alike] : by_digit) {
    if (alike.size() < 2) continue;
    const Error error = caught([&] { get_artifact(registry_, alike[0].substr(0, 10), context_); });
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_THAT(error.message(), HasSubstr(alike[1]));
    return;
  }
  FAIL() << "no two begin alike";
}

TEST_F(ArtifactReaderTest, says_which_id_is_none_and_which_is_not_there) {
  EXPECT_UNIO_ERROR(get_artifact(registry_, "artifact_b4c31f3a-c25d-4dda-aa74-cab7245116f8", context_),
                    not_found);
  for (const std::string id : {"", "x", "artifact", "artifact_zz", "../artifact_b4"})
    EXPECT_UNIO_ERROR(get_artifact(registry_, id, context_), invalid_argument);
}

TEST_F(ArtifactReaderTest, finds_what_a_dead_process_saved_and_could_not_announce) {
  EXPECT_UNIO_ERROR(save_artifact(registry_, request({{"x", "a"}}), failing_at("save.after_metadata")),
                    unavailable);
  const std::string session = keys(std::string(layout::sessions)).at(0);
  const std::string folder = Json::parse(read_object(memory_, session)).get_string("artifact");
  kill_session_owners();
  const std::string id = folder.substr(folder.find("artifact_"));
  EXPECT_EQ(contents(registry_, get_artifact(registry_, id, context_)), (Files{{"x", "a"}}));
  EXPECT_THAT(keys(std::string(layout::sessions)), IsEmpty());
}

TEST_F(ArtifactReaderTest, needs_no_right_to_write_for_reading) {
  const SavedArtifact saved = save({{"x", "a"}});
  for (int i = 0; i < 5; ++i)
    store_.before(StoreOperation::write, "", [] { throw Error(ErrorCode::permission_denied, "read only"); });
  EXPECT_NO_THROW(get_artifact(registry_, saved.record.artifact_id, context_));
  EXPECT_UNIO_ERROR(get_artifact(registry_, "artifact_b4c31f3a-c25d-4dda-aa74-cab7245116f8", context_),
                    not_found);
}

TEST_F(ArtifactReaderTest, refuses_a_folder_that_holds_another_artifact) {
  const SavedArtifact one = save({{"x", "1"}});
  const SavedArtifact two = save({{"x", "2"}});
  write(one.folder + "/metadata.yaml", read_object(memory_, two.folder + "/metadata.yaml"));
  EXPECT_UNIO_ERROR(get_artifact(registry_, one.record.artifact_id, context_), corruption);
}

TEST_F(ArtifactReaderTest, tells_where_the_bytes_are_also_of_a_duplicate) {
  const OpenedArtifact one = opened({{"x", "same"}});
  const OpenedArtifact two = opened({{"y", "same"}});
  EXPECT_EQ(file_url(registry_, one, get_file(one, "x")), "memory:/" + one.folder + "/files/x");
  EXPECT_EQ(file_url(registry_, two, get_file(two, "y")), "memory:/" + one.folder + "/files/x");
}

TEST_F(ArtifactReaderTest, suggests_the_name_that_was_meant) {
  const OpenedArtifact artifact = opened({{"train.txt", "1"}, {"other", "2"}});
  const Error error = caught([&] { get_file(artifact, "trian.txt"); });
  EXPECT_EQ(error.code(), ErrorCode::not_found);
  EXPECT_THAT(error.hint(), HasSubstr("train.txt"));
}

TEST_F(ArtifactReaderTest, notices_every_kind_of_damage) {
  const OpenedArtifact artifact = opened({{"x", "right"}});
  for (const std::string damaged : {"wrong", "short", "", "longer than it was"}) {
    write(artifact.folder + "/files/x", damaged == "short" ? "rig" : damaged);
    EXPECT_UNIO_ERROR(content_of(registry_, artifact, "x"), corruption);
    EXPECT_UNIO_ERROR(download(registry_, artifact, to("d"), context_), corruption);
  }
  EXPECT_THAT(files_below(folder_.path() / "d"), IsEmpty()) << "damage has reached the folder";
  memory_.remove(artifact.folder + "/files/x", Condition::none());
  EXPECT_UNIO_ERROR(content_of(registry_, artifact, "x"), not_found);
}

TEST_F(ArtifactReaderTest, downloads_all_files_or_those_that_are_named_and_leaves_nothing_else) {
  const Files files{{"a/b.txt", "1"}, {"c", ""}, {"twin", "1"}};
  const OpenedArtifact artifact = opened(files);
  const Downloaded all = download(registry_, artifact, to("all"), context_);
  EXPECT_EQ(files_below(folder_.path() / "all"), files);
  EXPECT_FALSE(fs::exists(folder_.path() / "all/.unio"));
  EXPECT_EQ(all.bytes, 2U);
  DownloadOptions one = to("one");
  one.relpaths = {"a/b.txt"};
  EXPECT_THAT(download(registry_, artifact, one, context_).paths,
              ElementsAre(folder_.path() / "one/a/b.txt"));
  EXPECT_EQ(files_below(folder_.path() / "one"), (Files{{"a/b.txt", "1"}}));
}

TEST_F(ArtifactReaderTest, downloads_one_file_under_another_name_below_the_folder_alone) {
  const OpenedArtifact artifact = opened({{"a/b.txt", "1"}, {"c", ""}});
  DownloadOptions options = to("d");
  options.relpaths = {"a/b.txt"};
  options.name = "renamed.txt";
  EXPECT_THAT(download(registry_, artifact, options, context_).paths,
              ElementsAre(folder_.path() / "d/renamed.txt"));
  EXPECT_EQ(files_below(folder_.path() / "d"), (Files{{"renamed.txt", "1"}}));
  options.name = "../outside";
  EXPECT_UNIO_ERROR(download(registry_, artifact, options, context_), invalid_argument);
}

TEST_F(ArtifactReaderTest, downloads_logs_when_asked_for_them) {
  SaveRequest what = request({{"x", "a"}});
  what.logs = {{"pip_freeze.txt", "pandas==1\n"}};
  const SavedArtifact saved = save_artifact(registry_, what, context_);
  DownloadOptions logs = to("logs");
  logs.part = ArtifactPart::logs;
  download(registry_, {saved.folder, saved.record}, logs, context_);
  EXPECT_EQ(files_below(folder_.path() / "logs"), (Files{{"pip_freeze.txt", "pandas==1\n"}}));
}

TEST_F(ArtifactReaderTest, replaces_no_other_file_unless_told_to) {
  const OpenedArtifact artifact = opened({{"x", "right"}});
  DownloadOptions options = to("d");
  fs::create_directories(options.folder);
  std::ofstream(options.folder / "x") << "mine";
  EXPECT_UNIO_ERROR(download(registry_, artifact, options, context_), already_exists);
  EXPECT_EQ(files_below(options.folder), (Files{{"x", "mine"}}));
  options.overwrite = DownloadOptions::Overwrite::yes;
  download(registry_, artifact, options, context_);
  EXPECT_EQ(files_below(options.folder), (Files{{"x", "right"}}));
  options.overwrite = DownloadOptions::Overwrite::no;
  EXPECT_NO_THROW(download(registry_, artifact, options, context_)) << "it is there already";
}

TEST_F(ArtifactReaderTest, writes_nothing_through_a_link_that_leads_elsewhere) {
  const OpenedArtifact artifact = opened({{"sub/x", "a"}, {"y", "b"}});
  fs::create_directories(folder_.path() / "elsewhere");
  DownloadOptions options = to("d");
  fs::create_directories(options.folder);
  fs::create_directory_symlink(folder_.path() / "elsewhere", options.folder / "sub");
  options.overwrite = DownloadOptions::Overwrite::yes;
  EXPECT_UNIO_ERROR(download(registry_, artifact, options, context_), permission_denied);
  EXPECT_THAT(files_below(folder_.path() / "elsewhere"), IsEmpty());
}

TEST_F(ArtifactReaderTest, refuses_metadata_whose_paths_leave_the_folder) {
  OpenedArtifact artifact = opened({{"x", "a"}});
  for (const std::string relpath : {"../x", "/etc/x", "a/../../x", ".unio/x"}) {
    ArtifactRecord record = artifact.record;
    record.files[0].relpath = relpath;
    record.files[0].object = artifact.folder + "/files/x";
    EXPECT_UNIO_ERROR(download(registry_, {artifact.folder, record}, to("d"), context_), invalid_argument);
  }
  EXPECT_FALSE(fs::exists(folder_.path() / "x"));
}

class FolderArtifactTest : public ArtifactTest {
 protected:
  mode_t rights(const fs::path& path) {
    struct ::stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 0777;
  }

  fs::path root_ = folder_.path() / "registry";
  LocalStore local_{root_, random_};
  Registry folder_registry_{local_, context_};
};

TEST_F(FolderArtifactTest, is_read_only_and_whole_for_any_reader_also_where_files_are_duplicates) {
  save_artifact(folder_registry_, request({{"x", "same"}}), context_);
  SaveRequest what = request({{"a", "same"}, {"b", "same"}, {"c", "other"}});
  what.logs = {{"log", "l"}};
  const SavedArtifact saved = save_artifact(folder_registry_, what, context_);
  EXPECT_EQ(saved.shared, 2U);
  const fs::path folder = root_ / saved.folder;
  EXPECT_EQ(saved.record.remote_root, folder.native());
  for (const auto& [name, content] :
       Files{{"files/a", "same"}, {"files/b", "same"}, {"files/c", "other"}, {"logs/log", "l"}}) {
    EXPECT_EQ(unio::read_file(folder / name), content);
    EXPECT_EQ(rights(folder / name), 0444U) << name;
  }
  EXPECT_EQ(rights(folder / "metadata.yaml"), 0444U);
  for (const ArtifactFile& file : saved.record.files) EXPECT_FALSE(file.object) << file.relpath;
}

TEST_F(FolderArtifactTest, takes_no_space_for_duplicates) {
  const std::string large(std::size_t{10} << 20, 'x');
  const SavedArtifact first = save_artifact(folder_registry_, request({{"x", large}}), context_);
  const SavedArtifact second = save_artifact(folder_registry_, request({{"y", large}}), context_);
  struct ::stat one {
  }, two{};
  ASSERT_EQ(::stat((root_ / first.folder / "files/x").c_str(), &one), 0);
  ASSERT_EQ(::stat((root_ / second.folder / "files/y").c_str(), &two), 0);
  // Another name of the same file; where blocks can be shared, another file with the same blocks.
  if (one.st_ino != two.st_ino) {
    EXPECT_EQ(second.shared, 1U);
  }
  EXPECT_EQ(contents(folder_registry_, {second.folder, second.record}), (Files{{"y", large}}));
}

TEST_F(FolderArtifactTest, of_an_object_of_packages_makes_that_read_only_too) {
  const Digest digest = digest_of(DigestType::sha2_256_chunked, as_bytes("in a package"));
  local_.write(layout::object(digest), as_bytes("in a package"), Condition::none());
  const SavedArtifact saved = save_artifact(folder_registry_, request({{"x", "in a package"}}), context_);
  EXPECT_EQ(saved.shared, 1U);
  EXPECT_EQ(rights(root_ / saved.folder / "files/x"), 0444U);
  EXPECT_EQ(contents(folder_registry_, {saved.folder, saved.record}), (Files{{"x", "in a package"}}));
}

TEST_F(FolderArtifactTest, is_found_again_when_the_registry_was_moved) {
  const SavedArtifact saved = save_artifact(folder_registry_, request({{"x", "a"}}), context_);
  const fs::path moved = folder_.path() / "moved";
  fs::rename(root_, moved);
  LocalStore store(moved, random_);
  const Registry registry(store, context_);
  const OpenedArtifact opened = get_artifact(registry, saved.record.artifact_id, context_);
  EXPECT_EQ(file_url(registry, opened, get_file(opened, "x")), (moved / saved.folder / "files/x").native());
  EXPECT_EQ(contents(registry, opened), (Files{{"x", "a"}}));
}

}  // namespace
}  // namespace unio::test
