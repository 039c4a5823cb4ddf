#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "storage/local_store.hpp"
#include "support/temporary_directory.hpp"

namespace unio::test {

/// A LocalStore on a folder that is not there yet, and other processes that use it too.
class LocalStoreTest : public testing::Test {
 protected:
  ObjectInfo write(std::string_view key, std::string_view content) {
    return store_.write(key, as_bytes(content), Condition::none());
  }

  void write_file(const std::filesystem::path& name, std::string_view content) {
    std::filesystem::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << content;
  }

  std::vector<std::string> keys(std::string prefix = "") {
    std::vector<std::string> found;
    for_each_object(store_, prefix, [&](const ObjectInfo& object) { found.push_back(object.key); });
    return found;
  }

  /// The files below ".unio/tmp" that hold content: not the locks of living processes.
  std::vector<std::string> temporaries() {
    std::vector<std::string> found;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root_ / ".unio/tmp", ignored)) {
      if (entry.is_regular_file() && entry.path().filename() != "lock") found.push_back(entry.path());
    }
    return found;
  }

  /// Runs `body` in `count` processes, each with a store of its own; false when one failed.
  bool in_processes(int count, const std::function<void(LocalStore&, int)>& body) {
    std::vector<pid_t> children;
    for (int i = 0; i < count; ++i) {
      const pid_t child = ::fork();
      if (child == 0) {
        SystemRandom random;
        LocalStore store(root_, random);
        int code = 0;
        try {
          body(store, i);
        } catch (const std::exception& error) {
          std::fprintf(stderr, "child %d: %s\n", i, error.what());
          code = 1;
        }
        ::_exit(code);
      }
      children.push_back(child);
    }
    bool all_well = true;
    for (const pid_t child : children) {
      int status = 0;
      ::waitpid(child, &status, 0);
      all_well = all_well && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    return all_well;
  }

  TemporaryDirectory folder_;
  std::filesystem::path root_ = folder_.path() / "registry";
  SystemRandom random_;
  LocalStore store_{root_, random_};
};

}  // namespace unio::test
