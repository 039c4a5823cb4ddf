#include "app/config.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <utility>

#include "base/files.hpp"
#include "support/expect_error.hpp"
#include "support/fakes.hpp"
#include "support/temporary_directory.hpp"

namespace unio::test {
namespace {

/// A configuration whose file, if any, a test writes.
class ConfigTest : public testing::Test {
 protected:
  void write(std::string_view text) { replace_file(path(), as_bytes(text), random_); }
  std::string text() const { return read_file(path()); }
  Config load(std::map<std::string, std::string, std::less<>> variables = {}) const {
    variables["UNIO_CONFIG"] = path().native();
    variables["HOME"] = folder_.path().native();
    return Config::load(Environment(std::move(variables)));
  }
  void store(std::string_view key, const std::optional<std::string>& value) {
    load().store(key, value, random_);
  }

  void store_remote(const std::string& name, const std::optional<Remote>& remote) {
    load().store_remote(name, remote, random_);
  }

  std::filesystem::path path() const { return folder_.path() / "config.toml"; }

  FakeRandom random_;
  TemporaryDirectory folder_;
};

TEST_F(ConfigTest, the_environment_wins_over_the_file_and_the_file_over_the_default) {
  write("threads = 3\ncolor = \"never\"\n");
  const Config config = load({{"UNIO_THREADS", "5"}});
  EXPECT_EQ(config.get("threads").value, "5");
  EXPECT_EQ(config.get("threads").origin, "UNIO_THREADS");
  EXPECT_EQ(config.get("color").value, "never");
  EXPECT_EQ(config.get("color").origin, path().native());
  EXPECT_EQ(config.get("progress").origin, "default");
}

TEST_F(ConfigTest, stores_a_key_and_leaves_the_other_lines_as_they_are) {
  write("# mine\nthreads = 3\n");
  store("color", "always");
  EXPECT_EQ(text(), "# mine\nthreads = 3\ncolor = 'always'\n");
  store("threads", "4");
  store("color", std::nullopt);
  EXPECT_EQ(text(), "# mine\nthreads = 4\n");
}

TEST_F(ConfigTest, stores_a_remote_in_its_section_where_there_is_one) {
  write("[remotes] # registries\nlab = \"/data/lab\"\n\n[cache]\nsize = \"1 GiB\"\n");
  store_remote("home", Remote{"/data/home", {}});
  store("cache.size", "2 GiB");
  EXPECT_EQ(text(),
            "[remotes] # registries\nhome = '/data/home'\nlab = \"/data/lab\"\n\n[cache]\nsize = '2 GiB'\n");
  const Config config = load();
  EXPECT_EQ(config.find_remote("lab"), "/data/lab");
  EXPECT_EQ(config.find_remote("home"), "/data/home");
  EXPECT_EQ(config.get_number("cache.size"), std::uint64_t{2} << 30);
  store_remote("lab", std::nullopt);
  EXPECT_EQ(load().find_remote("lab"), std::nullopt);
}

TEST_F(ConfigTest, a_dotted_key_stands_before_the_first_section) {
  write("[cache]\nsize = \"1 GiB\"\n");
  store_remote("lab", Remote{"/data/lab", {}});
  EXPECT_EQ(text(), "remotes.lab = '/data/lab'\n[cache]\nsize = \"1 GiB\"\n");
  store_remote("lab", Remote{"/data/other", {}});
  EXPECT_EQ(load().find_remote("lab"), "/data/other");
}

TEST_F(ConfigTest, a_remote_keeps_settings_of_its_own_for_its_bucket) {
  write("s3.region = \"eu-west-1\"\n");
  const Remote lab{"s3://lab/team", {{"endpoint", "http://lab:7070"}, {"profile", "lab"}}};
  store_remote("lab", lab);
  EXPECT_EQ(text(),
            "s3.region = \"eu-west-1\"\nremotes.lab.url = 's3://lab/team'\n"
            "remotes.lab.endpoint = 'http://lab:7070'\nremotes.lab.profile = 'lab'\n");
  Config config = load();
  EXPECT_EQ(config.remotes().at("lab"), lab);
  EXPECT_EQ(config.get_for_bucket("lab", "s3.endpoint"), "http://lab:7070");
  EXPECT_EQ(config.get_for_bucket("lab", "s3.region"), "eu-west-1");
  EXPECT_EQ(config.get_for_bucket("labs", "s3.endpoint"), "");
  config.override_value("s3.endpoint", "http://flag", "--endpoint-url");
  EXPECT_EQ(config.get_for_bucket("lab", "s3.endpoint"), "http://flag");
  store_remote("lab", Remote{"s3://lab/team", {}});
  EXPECT_EQ(text(), "s3.region = \"eu-west-1\"\nremotes.lab = 's3://lab/team'\n");
}

TEST_F(ConfigTest, a_remote_in_a_section_of_its_own_is_changed_there) {
  write("[remotes.lab]\nurl = \"s3://lab\"\nregion = \"us-east-2\"\n");
  EXPECT_EQ(load().get_for_bucket("lab", "s3.region"), "us-east-2");
  store_remote("lab", Remote{"s3://other", {}});
  EXPECT_EQ(load().remotes().at("lab"), (Remote{"s3://other", {}}));
  store_remote("lab", std::nullopt);
  EXPECT_EQ(load().find_remote("lab"), std::nullopt);
}

TEST_F(ConfigTest, one_bucket_is_in_one_place) {
  store_remote("lab", Remote{"s3://lab/a", {{"endpoint", "http://one"}}});
  store_remote("same", Remote{"s3://lab/b", {{"endpoint", "http://one"}}});
  EXPECT_UNIO_ERROR(store_remote("two", Remote{"s3://lab/c", {{"endpoint", "http://two"}}}), conflict);
  EXPECT_EQ(load().find_remote("two"), std::nullopt);
}

TEST_F(ConfigTest, a_remote_has_no_other_settings) {
  write("remotes.lab.url = \"s3://lab\"\nremotes.lab.colour = \"red\"\n");
  EXPECT_UNIO_ERROR(load(), invalid_argument);
  write("remotes.lab.url = \"s3://lab\"\nremotes.lab.anonymous = \"perhaps\"\n");
  EXPECT_UNIO_ERROR(load(), invalid_argument);
}

TEST_F(ConfigTest, refuses_what_is_no_value_of_the_key) {
  EXPECT_UNIO_ERROR(store("threads", "many"), invalid_argument);
  EXPECT_UNIO_ERROR(store("color", "pink"), invalid_argument);
  EXPECT_UNIO_ERROR(store("cache.size", "large"), invalid_argument);
  EXPECT_UNIO_ERROR(store("colour", "never"), invalid_argument);
  write("threads = \n");
  EXPECT_UNIO_ERROR(load(), invalid_argument);
}

}  // namespace
}  // namespace unio::test
