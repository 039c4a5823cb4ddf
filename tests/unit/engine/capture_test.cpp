#include "engine/capture.hpp"

#include "engine/capture_platform.hpp"
#include "unit/engine/capture_fixture.hpp"

namespace unio::test {
namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

class CaptureEnvironment : public CaptureTest {
 protected:
  CaptureOptions options() const {
    CaptureOptions options;
    options.directory = work_.path();
    return options;
  }

  static std::string log(const EnvironmentCapture& capture, std::string_view name) {
    for (const CapturedLog& one : capture.logs) {
      if (one.name == name) return one.content;
    }
    return "no " + std::string(name);
  }
};

TEST_F(CaptureEnvironment, tells_who_where_and_how) {
  write_file("a.txt", "1\n");
  const std::string hash = commit();
  write_file("a.txt", "2\n");
  write_file("new.txt", "");
  write_file("site/numpy-1.2.dist-info/METADATA", "Name: numpy\nVersion: 1.2\n");
  CaptureOptions wanted = options();
  wanted.arguments = {"python", "-m", "train", "--lr", "0.1"};
  wanted.python = PythonInstallation{.version = "3.11.7", .executable = {}, .search_paths = {path("site")}};
  const EnvironmentCapture found = capture_environment(wanted, real());
  EXPECT_EQ(found.user, "ann");
  EXPECT_EQ(found.host, "here");
  EXPECT_EQ(found.argv, "python -m train --lr 0.1");
  EXPECT_EQ(found.python_version, "3.11.7");
  EXPECT_EQ(found.python_packages, (std::map<std::string, std::string>{{"numpy", "1.2"}}));
  ASSERT_TRUE(found.git);
  EXPECT_EQ(found.git->commit, hash);
  EXPECT_TRUE(found.git->dirty);
  EXPECT_EQ(found.git->untracked, 2U);
  EXPECT_EQ(log(found, "pip_freeze.txt"), "numpy==1.2\n");
  EXPECT_EQ(log(found, "git_untracked.txt"), "new.txt\nsite/numpy-1.2.dist-info/METADATA\n");
  EXPECT_NE(log(found, "git_diff.patch").find("-1\n+2\n"), std::string::npos);
  EXPECT_FALSE(is_masked_patch(log(found, "git_diff.patch")));
  EXPECT_GT(found.platform->memory, 0U);
  EXPECT_EQ(found.masked, 0U);
  EXPECT_TRUE(found.left_out.empty());
}

TEST_F(CaptureEnvironment, takes_git_and_the_image_alone_as_references) {
  write_file("a.txt", "1\n");
  const std::string hash = commit();
  git({"remote", "add", "origin", "https://andy:s3cr3t@example.org/x.git"});
  write_file("a.txt", "2\n");
  CaptureOptions wanted = options();
  wanted.level = CaptureLevel::references;
  wanted.arguments = {"unio", "push"};
  const Environment environment(Variables{{"UNIO_CONTAINER_IMAGE", "team/image:1"}});
  const EnvironmentCapture found = capture_environment(wanted, real(environment));
  ASSERT_TRUE(found.git);
  EXPECT_EQ(found.git->commit, hash);
  EXPECT_EQ(found.git->branch, "main");
  EXPECT_EQ(found.git->remote, "https://example.org/x.git");
  EXPECT_TRUE(found.git->dirty);
  ASSERT_TRUE(found.container);
  EXPECT_EQ(found.container->image, "team/image:1");
  EXPECT_TRUE(found.argv.empty() && found.logs.empty() && !found.platform && found.host.empty());
  write_file("a.txt", "1\n");
  EXPECT_FALSE(capture_environment(wanted, real(environment)).git->dirty);
}

TEST_F(CaptureEnvironment, takes_no_variables_unless_all_are_wanted_and_nothing_when_off) {
  const Environment environment(Variables{{"LANG", "C"}, {"MY_TOKEN", "x"}, {"URL", "https://a:b1@h"}});
  CaptureOptions wanted = options();
  EXPECT_TRUE(capture_environment(wanted, real(environment)).variables.empty());
  wanted.level = CaptureLevel::full;
  const EnvironmentCapture full = capture_environment(wanted, real(environment));
  EXPECT_EQ(full.variables, (std::map<std::string, std::string>{
                                {"LANG", "C"}, {"MY_TOKEN", "<masked>"}, {"URL", "https://<masked>@h"}}));
  EXPECT_EQ(full.masked, 2U);
  wanted.level = CaptureLevel::off;
  wanted.arguments = {"x"};
  const EnvironmentCapture off = capture_environment(wanted, real(environment));
  EXPECT_EQ(off.user + off.host + off.argv, "ann");
  EXPECT_FALSE(off.git || off.platform);
}

TEST_F(CaptureEnvironment, leaves_out_what_is_too_large_and_says_so) {
  write_file("a.txt", "1\n");
  commit();
  write_file("a.txt", std::string(5000, 'x'));
  write_file("1", "");
  write_file("2", "");
  CaptureOptions wanted = options();
  wanted.log_limit = 1000;
  wanted.untracked_limit = 1;
  wanted.notebook = path("missing.ipynb");
  const EnvironmentCapture found = capture_environment(wanted, real());
  EXPECT_EQ(found.left_out,
            (std::vector<std::string>{"git_diff.patch: larger than 1000 bytes, or not readable",
                                      "git_untracked.txt: 1 of 2 files",
                                      "missing.ipynb: larger than 1000 bytes, or not readable"}));
  EXPECT_EQ(found.notebook, "missing.ipynb");
  EXPECT_EQ(log(found, "git_untracked.txt"), "1\n");
}

TEST_F(CaptureEnvironment, makes_of_a_masked_patch_one_that_git_refuses_with_the_reason) {
  write_file("a.py", "x = 1\n");
  write_file(".env", "A=1\n");
  commit();
  write_file("a.py", "x = 1\npassword = 'hunter2'\n");
  write_file(".env", "A=swordfish\n");
  const std::string patch = log(capture_environment(options(), real()), "git_diff.patch");
  EXPECT_TRUE(is_masked_patch(patch));
  EXPECT_TRUE(
      patch.starts_with("# This patch cannot be applied: 2 secrets were masked in it (docs/capture.md).\n"));
  EXPECT_NE(patch.find("+password = '<masked>'"), std::string::npos);
  EXPECT_EQ(patch.find("swordfish"), std::string::npos);
  git({"stash", "-q"});
  write_file("patch", patch);
  const ProcessResult refused = system_.run({"git", "apply", "patch"}, work_.path());
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_NE(refused.error_output.find("cannot be applied: 2 secrets were masked"), std::string::npos);
  EXPECT_EQ(read_file(path("a.py")), "x = 1\n");
}

TEST_F(CaptureEnvironment, leaves_binary_changes_of_a_patch_as_they_are) {
  std::string data;
  for (int i = 0; i < 40'000; ++i) data += static_cast<char>(random_.next());
  write_file("a.bin", std::string(1, '\0'));
  commit();
  write_file("a.bin", data);
  const EnvironmentCapture found = capture_environment(options(), real());
  EXPECT_EQ(found.masked, 0U);
  git({"stash", "-q"});
  write_file("patch", log(found, "git_diff.patch"));
  git({"apply", "patch"});
  EXPECT_EQ(read_file(path("a.bin")), data);
}

TEST_F(CaptureEnvironment, knows_the_container_where_one_tells) {
  EXPECT_FALSE(find_container(path("empty"), Environment()));
  write_file("docker/.dockerenv", "");
  EXPECT_EQ(find_container(path("docker"), Environment())->engine, "docker");
  EXPECT_EQ(find_container(path("docker"), Environment(Variables{{"JUPYTER_IMAGE", "r/i:1"}}))->image,
            "r/i:1");
  write_file("podman/run/.containerenv", "engine=\"podman-4.3\"\nimage=\"quay.io/team/train:2\"\n");
  EXPECT_EQ(find_container(path("podman"), Environment())->image, "quay.io/team/train:2");
  CaptureOptions wanted = options();
  write_file("run/.containerenv", "image=\"https://a:hunter2@h/i\"\n");
  wanted.system_root = work_.path();
  EXPECT_EQ(capture_environment(wanted, real()).container->image, "https://<masked>@h/i");
}

TEST_F(CaptureEnvironment, reads_what_the_system_says_of_itself) {
  write_file("etc/os-release", "NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n");
  write_file("proc/cpuinfo", "processor : 0\nmodel name\t: Fast CPU\nmodel name : Other\n");
  write_file("proc/meminfo", "MemTotal:       2048 kB\n");
  const CapturedPlatform platform = read_platform(work_.path());
  EXPECT_EQ(platform.os + "|" + platform.cpu, "Debian GNU/Linux 12|Fast CPU");
  EXPECT_EQ(platform.memory, 2048U * 1024);
  EXPECT_EQ(read_platform(path("none")).os, "");
}

TEST(CaptureLevels, have_names) {
  for (const CaptureLevel level : {CaptureLevel::off, CaptureLevel::safe, CaptureLevel::full}) {
    EXPECT_EQ(parse_capture_level(name(level)), level);
  }
  EXPECT_EQ(caught([] { parse_capture_level("all"); }).code(), ErrorCode::invalid_argument);
}

/// Secrets of many kinds, none twice.
class Secrets {
 public:
  explicit Secrets(RandomSource& random) : random_(random) {}

  const std::vector<std::string>& all() const { return all_; }

  /// A password: a word and a number.
  std::string password() {
    return kept("swordfish-" + random_word(6, "abcdefghijklmnopqrstuvwxyz") + random_word(3, digits));
  }

  /// A key that shows by its shape what it is.
  std::string key() {
    switch (all_.size() % 6) {
      case 0:
        return kept("ghp_" + random_word(36, digits + letters));
      case 1:
        return kept("AKIA" + random_word(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"));
      case 2:
        return kept("xoxb-" + random_word(12, digits) + "-" + random_word(24, digits + letters));
      case 3:
        return kept("sk-proj-a1b2" + random_word(40, digits + letters));
      case 4:
        return kept("glpat-" + random_word(20, digits + letters));
      default:
        return kept("eyJhbGciOiJIUzI1NiJ9.eyJ" + random_word(40, digits + letters) + "." +
                    random_word(43, digits + letters));
    }
  }

 private:
  std::string random_word(std::size_t size, const std::string& alphabet) {
    std::string word;
    while (word.size() < size) word += alphabet[random_.next() % alphabet.size()];
    return word;
  }
  std::string kept(std::string secret) { return all_.emplace_back(std::move(secret)); }

  const std::string digits = "0123456789";
  const std::string letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  RandomSource& random_;
  std::vector<std::string> all_;
};

std::string all_text(const EnvironmentCapture& capture) {
  std::string text = capture.user + capture.host + capture.argv + capture.python_version + capture.notebook;
  for (const auto& [name, version] : capture.python_packages) text += name + version;
  for (const auto& [name, value] : capture.variables) text += name + value;
  if (capture.git)
    text += capture.git->commit + capture.git->branch.value_or("") + capture.git->remote.value_or("");
  if (capture.container) text += capture.container->engine + capture.container->image.value_or("");
  for (const CapturedLog& log : capture.logs) text += log.name + log.content;
  for (const std::string& line : capture.left_out) text += line;
  return text;
}

/// What people write down, where they should not.
std::string settings_with(Secrets& secrets) {
  return "password: " + secrets.password() + "\nDB_PASSWORD=" + secrets.password() + "\napi_key = \"" +
         secrets.password() + "\"\nurl: postgresql://andy:" + secrets.password() + "@db/x\nremark: use " +
         secrets.key() + "\n-----BEGIN PRIVATE KEY-----\n" + secrets.key() + "\n-----END PRIVATE KEY-----\n";
}

std::string program_with(Secrets& secrets) {
  return "client = connect(\"host\", password=\"" + secrets.password() + "\")\nTOKEN = '" + secrets.key() +
         "'\nos.environ[\"SERVICE_SECRET\"] = \"" + secrets.password() +
         "\"\nheaders = {\"Authorization\": \"Bearer " + secrets.key() + "\", \"X-Api-Key\": \"" +
         secrets.password() + "\"}\n";
}

std::string notebook_with(Secrets& secrets) {
  Json cell = Json::object(
      {{"cell_type", "code"},
       {"source", Json::Array{Json("import x\n"), Json("x.login(token='" + secrets.key() + "')\n"),
                              Json("password = \"" + secrets.password() + "\"\n")}},
       {"outputs",
        Json::Array{Json::object({{"text", Json::Array{Json("key is " + secrets.key() + "\n")}}})}}});
  return Json::object({{"cells", Json::Array{cell}}}).dump(JsonStyle::pretty);
}

TEST_F(CaptureEnvironment, gives_away_none_of_two_hundred_planted_secrets) {
  Secrets secrets(random_);
  write_file("conf.yaml", "a: 1\n");
  write_file("train.py", "import os\n");
  commit();
  git({"remote", "add", "origin", "https://andy:" + secrets.password() + "@host/x.git"});

  std::string settings;
  std::string program;
  for (int i = 0; i < 13; ++i) settings += settings_with(secrets);
  for (int i = 0; i < 10; ++i) program += program_with(secrets);
  write_file("conf.yaml", "a: 1\n" + settings);
  write_file("train.py", "import os\n" + program);
  write_file("work.ipynb", notebook_with(secrets));
  write_file("backup-" + secrets.key(), "");
  write_file("site/p-1.dist-info/METADATA", "Name: p\nVersion: 1\n");
  write_file("site/p-1.dist-info/direct_url.json",
             R"({"url": "https://andy:)" + secrets.password() + R"(@index/p.whl", "archive_info": {}})");

  CaptureOptions wanted = options();
  wanted.arguments = {"python", "train.py"};
  for (int i = 0; i < 8; ++i) {
    for (const std::string flag : {"--password", "--token", "--api-key"})
      wanted.arguments.insert(wanted.arguments.end(), {flag, secrets.password()});
    wanted.arguments.push_back("--db-password=" + secrets.password());
    wanted.arguments.push_back("--index-url=https://u:" + secrets.password() + "@index/simple");
    wanted.arguments.push_back(secrets.key());
  }
  wanted.python = PythonInstallation{.version = "3.11.7", .executable = {}, .search_paths = {path("site")}};
  wanted.notebook = path("work.ipynb");
  Variables variables{{"PIP_INDEX_URL", "https://u:" + secrets.password() + "@index/simple"},
                      {"JUPYTER_IMAGE", "https://u:" + secrets.password() + "@registry/i"}};
  for (int i = 0; i < 7; ++i) variables.emplace("SERVICE_PASSWORD_" + std::to_string(i), secrets.password());
  for (int i = 0; i < 7; ++i) variables.emplace("PLAIN_" + std::to_string(i), "use " + secrets.key());
  Json labels = Json::object({{"note", "see " + secrets.key()},
                              {"password", secrets.password()},
                              {"infos", Json::object({{"api_key", secrets.password()},
                                                      {"url", "s3://k:" + secrets.password() + "@b"}})}});
  ASSERT_GE(secrets.all().size(), 200U);

  for (const CaptureLevel level : {CaptureLevel::safe, CaptureLevel::full}) {
    wanted.level = level;
    const EnvironmentCapture found = capture_environment(wanted, real(Environment(variables)));
    const std::string text = all_text(found) + mask_json(labels).json.dump();
    for (const std::string& secret : secrets.all()) EXPECT_EQ(text.find(secret), std::string::npos) << secret;
    EXPECT_NO_THROW(Json::parse(log(found, "work.ipynb")));
    EXPECT_GT(found.masked, 150U);
  }
}

}  // namespace
}  // namespace unio::test
