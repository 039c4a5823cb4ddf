// The least that reading YAML by a library can cost: parses every file below a root with yaml-cpp, one after
// the other, and keeps nothing.
//
//   bench_yaml ROOT        prints how many files there are

#include <yaml-cpp/yaml.h>

#include <cstdio>
#include <filesystem>

#include "system_error.hpp"

int main(int argc, char** argv) {
  return unio::bench::run([&] {
    if (argc != 2) throw std::invalid_argument("bench_yaml ROOT");
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[1])) {
      if (!entry.is_regular_file()) continue;
      if (!YAML::LoadFile(entry.path().string()).IsMap()) throw std::invalid_argument(entry.path().string());
      ++files;
    }
    std::printf("%zu files\n", files);
  });
}
