// Makes the data of scripts/bench, the same bytes each time.
//
//   bench_data tree ROOT FILES SMALLEST LARGEST CONTENTS
//       FILES files of SMALLEST to LARGEST random bytes, 1,000 in a folder. There are CONTENTS different
//       contents, which repeat. All have the same old modification time, so that no stat index takes them for
//       just written.
//   bench_data manifest FILE ENTRIES ordered|shuffled [URL]
//       A manifest as quilt3 writes it, its rows in tree order or not. Its entries are content-addressed, or
//       lie below URL under their logical keys.
//   bench_data artifacts ROOT COUNT
//       What artifacts say of themselves, as they lie in a registry, without their files.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "artifact_corpus.hpp"
#include "base/digest.hpp"
#include "base/files.hpp"
#include "system_error.hpp"

namespace unio::bench {
namespace {

constexpr std::size_t names_in_folder = 1000;
constexpr std::size_t write_size = std::size_t{1} << 20;
constexpr struct ::timespec long_ago = {1'500'000'000, 0};
constexpr std::size_t rows_per_meta = 10;

/// SplitMix64: random enough, and defined by these lines alone.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111eb;
    return z ^ (z >> 31U);
  }

  std::uint64_t below(std::uint64_t end) { return next() % end; }

  void fill(std::span<std::byte> bytes) {
    while (!bytes.empty()) {
      const std::uint64_t value = next();
      const std::size_t count = std::min(bytes.size(), sizeof value);
      std::memcpy(bytes.data(), &value, count);
      bytes = bytes.subspan(count);
    }
  }

 private:
  std::uint64_t state_;
};

std::string folder_name(std::size_t i) {
  return fmt::format("part-{:05}", i / names_in_folder);
}

std::string file_name(std::size_t i) {
  return fmt::format("file-{:08}.bin", i);
}

struct TreeOptions {
  std::size_t files;
  std::uint64_t smallest;
  std::uint64_t largest;
  std::size_t contents;
};

void make_tree(const std::filesystem::path& root, const TreeOptions& options) {
  std::vector<std::byte> content;
  for (std::size_t i = 0; i < options.files; ++i) {
    const std::filesystem::path folder = root / folder_name(i);
    if (i % names_in_folder == 0) std::filesystem::create_directories(folder);
    Random random(i % options.contents);
    content.resize(options.smallest + random.below(options.largest - options.smallest + 1));
    random.fill(content);
    File file = File::create_new(folder / file_name(i));
    file.write(content);
    const struct ::timespec times[2] = {long_ago, long_ago};
    if (::futimens(file.descriptor(), times) != 0) fail(file.name());
  }
}

/// `url`: what entries lie below; empty for content-addressed ones.
std::string row(std::size_t i, const std::string& url) {
  Random random(i);
  Digest digest;
  random.fill(digest.value);
  const std::string key = folder_name(i) + "/" + file_name(i);
  const std::string hex = digest.hex();
  const std::string physical_key =
      url.empty() ? fmt::format("file:///data/.unio/objects/{}/{}", hex.substr(0, 2), hex) : url + "/" + key;
  const std::string meta =
      i % rows_per_meta == 0 ? fmt::format(R"({{"user_meta": {{"label": "cat", "n": {}}}}})", i) : "{}";
  return fmt::format(R"({{"logical_key": "{}", "physical_keys": ["{}"], )"
                     R"("size": {}, "hash": {{"type": "sha2-256-chunked", "value": "{}"}}, "meta": {}}})"
                     "\n",
                     key, physical_key, 4096 + random.below(8193), digest.text(), meta);
}

std::vector<std::uint32_t> order_of_rows(std::size_t entries, bool shuffled) {
  std::vector<std::uint32_t> order(entries);
  for (std::size_t i = 0; i < entries; ++i) order[i] = static_cast<std::uint32_t>(i);
  Random random(entries);
  for (std::size_t i = entries; shuffled && i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  return order;
}

void make_manifest(const std::filesystem::path& path, std::size_t entries, const std::string& order,
                   const std::string& url) {
  if (order != "ordered" && order != "shuffled") throw std::invalid_argument("ordered or shuffled");
  File file = File::create_new(path);
  std::string text = "{\"version\": \"v0\", \"message\": null}\n";
  for (const std::uint32_t i : order_of_rows(entries, order == "shuffled")) {
    text += row(i, url);
    if (text.size() < write_size) continue;
    file.write(as_bytes(text));
    text.clear();
  }
  file.write(as_bytes(text));
}

void make_artifacts(const std::filesystem::path& root, std::size_t count) {
  const ArtifactCorpus corpus(count);
  for (std::size_t i = 0; i < count; ++i) {
    const ArtifactRecord record = corpus.record(i);
    const std::filesystem::path folder =
        root / layout::artifact_folder(record.creation_time, record.environment.username, record.artifact_id);
    std::filesystem::create_directories(folder);
    File::create_new(folder / layout::metadata_name).write(as_bytes(record.yaml()));
  }
}

void main_of(const std::vector<std::string>& words) {
  if (words.size() == 6 && words[0] == "tree") {
    make_tree(words[1], {.files = std::stoul(words[2]),
                         .smallest = std::stoul(words[3]),
                         .largest = std::stoul(words[4]),
                         .contents = std::stoul(words[5])});
  } else if ((words.size() == 4 || words.size() == 5) && words[0] == "manifest") {
    make_manifest(words[1], std::stoul(words[2]), words[3], words.size() == 5 ? words[4] : "");
  } else if (words.size() == 3 && words[0] == "artifacts") {
    make_artifacts(words[1], std::stoul(words[2]));
  } else {
    throw std::invalid_argument(
        "bench_data artifacts ROOT COUNT, tree ROOT FILES SMALLEST LARGEST CONTENTS, or manifest FILE "
        "ENTRIES ORDER [URL]");
  }
}

}  // namespace
}  // namespace unio::bench

int main(int argc, char** argv) {
  return unio::bench::run([&] { unio::bench::main_of({argv + 1, argv + argc}); });
}
