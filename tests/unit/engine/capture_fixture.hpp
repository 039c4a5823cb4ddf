#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <fstream>

#include "base/process.hpp"
#include "support/temporary_directory.hpp"
#include "unit/engine/engine_fixture.hpp"

namespace unio::test {

/// A folder to work in, with a real git.
class CaptureTest : public EngineTest {
 protected:
  /// With the programs of this machine, as Ann on the host "here".
  Context real(const Environment& environment) {
    return {stores_,       clock_, random_, environment, system_, failpoints_, progress_, stop_.get_token(),
            /*threads=*/2, "ann",  "here",  {}};
  }
  Context real() { return real(environment_); }

  std::filesystem::path path(const std::string& name) const { return work_.path() / name; }

  void write_file(const std::string& name, const std::string& content) const {
    std::filesystem::create_directories(path(name).parent_path());
    std::ofstream(path(name), std::ios::binary) << content;
  }

  std::string run(const std::vector<std::string>& command, const std::string& folder = "") {
    const ProcessResult result = system_.run(command, path(folder));
    EXPECT_EQ(result.exit_code, 0) << command[0] << " " << command[1] << ": " << result.error_output
                                   << result.output;
    return result.output;
  }

  std::string git(std::vector<std::string> arguments, const std::string& folder = "") {
    arguments.insert(arguments.begin(), {"git", "-c", "user.name=a", "-c", "user.email=a@b"});
    return run(arguments, folder);
  }

  /// A checkout with one commit of what is in the folder; its hash.
  std::string commit(const std::string& folder = "") {
    git({"init", "-q", "-b", "main"}, folder);
    git({"add", "-A"}, folder);
    git({"commit", "-q", "-m", "one"}, folder);
    std::string hash = git({"rev-parse", "HEAD"}, folder);
    hash.pop_back();
    return hash;
  }

  TemporaryDirectory work_;
  SystemProcessRunner system_;
};

}  // namespace unio::test
