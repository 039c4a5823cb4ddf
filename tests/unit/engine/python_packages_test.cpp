#include "engine/python_packages.hpp"

#include "unit/engine/capture_fixture.hpp"

namespace unio::test {
namespace {

using Versions = std::map<std::string, std::string>;
using Variables = std::map<std::string, std::string, std::less<>>;

class PythonPackagesTest : public CaptureTest {
 protected:
  void install(const std::string& info, const std::string& name, const std::string& version) const {
    write_file(info + "/METADATA",
               "Metadata-Version: 2.1\nName: " + name + "\nVersion: " + version + "\n\nVersion: 9\n");
  }

  PythonPackages read(const std::vector<std::string>& folders, const std::string& python = "3.11.7") {
    PythonInstallation installation{.version = python, .executable = {}, .search_paths = {}};
    for (const std::string& folder : folders) installation.search_paths.push_back(path(folder));
    return read_python_packages(installation, real());
  }
};

TEST_F(PythonPackagesTest, are_read_from_their_metadata_and_sorted_as_pip_sorts) {
  install("site/zlib_ng-1.0.dist-info", "zlib-ng", "1.0");
  install("site/Jinja2-3.1.dist-info", "Jinja2", "3.1");
  write_file("site/old-0.1.egg-info/PKG-INFO", "Name: old\nVersion: 0.1\n");
  write_file("site/single-0.2.egg-info", "name: single\nversion: 0.2\n");
  write_file("site/jinja2/__init__.py", "");
  const PythonPackages packages = read({"site"});
  EXPECT_EQ(packages.versions,
            (Versions{{"zlib-ng", "1.0"}, {"Jinja2", "3.1"}, {"old", "0.1"}, {"single", "0.2"}}));
  EXPECT_EQ(packages.freeze, "Jinja2==3.1\nold==0.1\nsingle==0.2\nzlib-ng==1.0\n");
}

TEST_F(PythonPackagesTest, found_first_on_the_path_win_however_they_are_spelled) {
  install("first/my_pack.age-2.dist-info", "My_Pack.age", "2");
  install("second/my_pack_age-1.dist-info", "my-pack-age", "1");
  EXPECT_EQ(read({"first", "second", "missing"}).freeze, "My_Pack.age==2\n");
  EXPECT_EQ(read({"second", "first"}).freeze, "my-pack-age==1\n");
}

TEST_F(PythonPackagesTest, without_name_or_version_are_passed_over) {
  write_file("site/a-1.dist-info/METADATA", "Name: a\n");
  write_file("site/b-1.dist-info/RECORD", "");
  write_file("site/c-1.dist-info/METADATA", "\xff\xfe\x00");
  EXPECT_EQ(read({"site"}).freeze, "");
}

TEST_F(PythonPackagesTest, that_install_others_are_in_the_map_but_not_in_the_requirements) {
  for (const std::string name : {"pip", "setuptools", "wheel"})
    install("site/" + name + "-1.dist-info", name, "1");
  EXPECT_EQ(read({"site"}).freeze, "");
  EXPECT_EQ(read({"site"}, "3.12.1 (main) [GCC]").freeze, "setuptools==1\nwheel==1\n");
  EXPECT_EQ(read({"site"}).versions.size(), 3U);
}

TEST_F(PythonPackagesTest, of_versions_that_are_none_are_pinned_by_their_text) {
  install("site/pytz-2004d.dist-info", "pytz", "2004d");
  EXPECT_EQ(read({"site"}).freeze, "pytz===2004d\n");
}

TEST_F(PythonPackagesTest, from_elsewhere_keep_their_url_without_credentials) {
  const auto install_from = [&](const std::string& name, const std::string& direct_url) {
    install("site/" + name + "-1.dist-info", name, "1");
    write_file("site/" + name + "-1.dist-info/direct_url.json", direct_url);
  };
  install_from(
      "archive",
      R"({"url": "https://u:hunter2@h/a.whl", "archive_info": {"hash": "sha256=ab", "hashes": {"sha256": "ab"}}})");
  install_from("folder", R"({"url": "file:///srv/x%20y", "dir_info": {}})");
  install_from("invalid", R"({"url": )");
  install_from(
      "vcs",
      R"({"url": "https://h/v.git", "vcs_info": {"vcs": "git", "commit_id": "0123"}, "subdirectory": "py"})");
  EXPECT_EQ(read({"site"}).freeze,
            "archive @ https://h/a.whl#sha256=ab\nfolder @ file:///srv/x%20y\ninvalid==1\n"
            "vcs @ git+https://h/v.git@0123#subdirectory=py\n");
}

TEST_F(PythonPackagesTest, in_editable_mode_name_their_commit) {
  write_file("source/py/pyproject.toml", "");
  const std::string hash = commit("source");
  install("site/my_pkg-1.dist-info", "my-pkg", "1");
  write_file("site/my_pkg-1.dist-info/direct_url.json",
             R"({"url": "file://)" + path("source/py").native() + R"(", "dir_info": {"editable": true}})");
  const std::string folder = "-e " + path("source/py").native() + "\n";
  EXPECT_EQ(read({"site"}).freeze, "# Editable Git install with no remote (my-pkg==1)\n" + folder);
  git({"remote", "add", "origin", "https://andy:hunter2@host/x.git"}, "source");
  EXPECT_EQ(read({"site"}).freeze, "-e git+https://host/x.git@" + hash + "#egg=my_pkg&subdirectory=py\n");
  git({"remote", "set-url", "origin", "git@host:team/x.git"}, "source");
  EXPECT_EQ(read({"site"}).freeze,
            "-e git+ssh://git@host/team/x.git@" + hash + "#egg=my_pkg&subdirectory=py\n");
  std::filesystem::remove_all(path("source/.git"));
  EXPECT_EQ(read({"site"}).freeze, "# Editable install with no version control (my-pkg==1)\n" + folder);
}

TEST_F(PythonPackagesTest, of_setup_py_develop_are_found_through_their_link) {
  write_file("source/linked.egg-info/PKG-INFO", "Name: linked\nVersion: 3\n");
  write_file("source/setup.py", "");
  write_file("site/linked.egg-link", path("source").native() + "\n.\n");
  EXPECT_EQ(read({"site"}).freeze,
            "# Editable install with no version control (linked==3)\n-e " + path("source").native() + "\n");
}

/// A real pip, and the packages that a script of Python's makes and installs offline: one from an index, one
/// from a file, one from git, two in editable mode.
TEST_F(PythonPackagesTest, are_what_the_real_pip_freezes) {
  run({"python3", UNIO_TEST_DATA "/make_pip_environment.py", work_.path()});
  const Environment environment(Variables{{"VIRTUAL_ENV", path("venv").native()}});
  const auto python = find_python(real(environment));
  ASSERT_TRUE(python);
  const std::string freeze = run({path("venv/bin/python"), "-m", "pip", "freeze"});
  EXPECT_EQ(read_python_packages(*python, real()).freeze, freeze);
  EXPECT_EQ(std::count(freeze.begin(), freeze.end(), '\n'), 6) << freeze;
  EXPECT_EQ(python->version + "\n",
            run({path("venv/bin/python"), "-c", "import platform; print(platform.python_version())"}));
}

TEST_F(PythonPackagesTest, of_a_virtual_environment_are_found_without_running_it) {
  write_file("venv/pyvenv.cfg", "home = /usr/bin\nversion = 3.11.7\n");
  write_file("venv/lib/python3.11/site-packages/more.pth", "# comment\nimport x\n../../../more\nmissing\n");
  write_file("venv/more/x", "");
  const Environment environment(Variables{{"VIRTUAL_ENV", path("venv").native()}, {"PYTHONPATH", "/a:/b"}});
  Context without_programs{stores_,    clock_,      random_,   environment,
                           processes_, failpoints_, progress_, stop_.get_token(),
                           1,          "ann",       "here",    {}};
  processes_.missing = true;
  const auto python = find_python(without_programs);
  ASSERT_TRUE(python);
  EXPECT_EQ(python->version, "3.11.7");
  EXPECT_EQ(python->executable, path("venv/bin/python"));
  const std::string site = path("venv/lib/python3.11/site-packages");
  EXPECT_EQ(python->search_paths,
            (std::vector<std::filesystem::path>{"/a", "/b", site, site + "/../../../more"}));
}

TEST_F(PythonPackagesTest, of_conda_and_of_a_python_in_the_path_are_found) {
  write_file("conda/conda-meta/python-3.10.2-h1_0.json", "{}");
  write_file("conda/lib/python3.10/site-packages/x", "");
  EXPECT_EQ(find_python(real(Environment(Variables{{"CONDA_PREFIX", path("conda").native()}})))->version,
            "3.10.2");
  const auto system = find_python(real(Environment(Variables{{"PATH", "/nowhere:/usr/local/bin:/usr/bin"}})));
  ASSERT_TRUE(system);
  EXPECT_FALSE(system->search_paths.empty());
  EXPECT_EQ(find_python(real(Environment(Variables{{"PATH", "/nowhere"}}))), std::nullopt);
}

}  // namespace
}  // namespace unio::test
