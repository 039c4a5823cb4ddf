// The least that finding changed files can cost: lists every folder below a root and stats every entry that
// is no folder, in one thread, relative to the folder's descriptor, keeping nothing.
//
//   bench_walk ROOT        prints how many entries there are and their bytes

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>

#include "system_error.hpp"

namespace unio::bench {
namespace {

struct Totals {
  std::uint64_t entries = 0;
  std::int64_t bytes = 0;
};

bool is_dots(const char* name) {
  return std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0;
}

void walk(int parent, const char* name, Totals& totals) {
  const int descriptor = ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR* folder = descriptor < 0 ? nullptr : ::fdopendir(descriptor);
  if (folder == nullptr) fail(name);
  while (const ::dirent* entry = ::readdir(folder)) {
    if (entry->d_type == DT_DIR) {
      if (!is_dots(entry->d_name)) walk(descriptor, entry->d_name, totals);
      continue;
    }
    struct ::stat status {};
    if (::fstatat(descriptor, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) fail(entry->d_name);
    totals.entries += 1;
    totals.bytes += status.st_size;
  }
  ::closedir(folder);
}

void main_of(int argc, char** argv) {
  if (argc != 2) throw std::invalid_argument("bench_walk ROOT");
  Totals totals;
  walk(AT_FDCWD, argv[1], totals);
  std::printf("%llu entries, %lld bytes\n", static_cast<unsigned long long>(totals.entries),
              static_cast<long long>(totals.bytes));
}

}  // namespace
}  // namespace unio::bench

int main(int argc, char** argv) {
  return unio::bench::run([&] { unio::bench::main_of(argc, argv); });
}
