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
  store("remotes.home", "/data/home");
  store("cache.size", "2 GiB");
  EXPECT_EQ(text(),
            "[remotes] # registries\nhome = '/data/home'\nlab = \"/data/lab\"\n\n[cache]\nsize = '2 GiB'\n");
  const Config config = load();
  EXPECT_EQ(config.find_remote("lab"), "/data/lab");
  EXPECT_EQ(config.find_remote("home"), "/data/home");
  EXPECT_EQ(config.get_number("cache.size"), std::uint64_t{2} << 30);
  store("remotes.lab", std::nullopt);
  EXPECT_EQ(load().find_remote("lab"), std::nullopt);
}

TEST_F(ConfigTest, a_dotted_key_stands_before_the_first_section) {
  write("[cache]\nsize = \"1 GiB\"\n");
  store("remotes.lab", "/data/lab");
  EXPECT_EQ(text(), "remotes.lab = '/data/lab'\n[cache]\nsize = \"1 GiB\"\n");
  store("remotes.lab", "/data/other");
  EXPECT_EQ(load().find_remote("lab"), "/data/other");
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
