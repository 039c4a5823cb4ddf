#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

#include "engine/content.hpp"
#include "unit/engine/engine_fixture.hpp"

namespace unio::test {

/// A registry in a folder, that a test can interfere with, and local files.
class FolderTest : public EngineTest {
 protected:
  FolderTest() { stores_.add(hooked_); }

  std::filesystem::path local(const std::string& name) { return folder_.path() / name; }

  void put(const std::filesystem::path& path, std::string_view content) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
  }

  /// Makes a local file, and the entry `key` of it as a build would make it.
  Manifest local_entry(const std::string& key, std::string_view content,
                       DigestType type = DigestType::sha2_256_chunked) {
    put(local(key), content);
    return entry(key, PhysicalKey::of_file(local(key)).url(), content, type);
  }

  /// A manifest of one entry with the digest of `content`.
  static Manifest entry(const std::string& key, const std::string& url, std::string_view content,
                        DigestType type = DigestType::sha2_256_chunked) {
    ManifestBuilder builder;
    builder.add(Entry{key, url, content.size(), digest_of(type, as_bytes(content)), {}});
    return builder.finish();
  }

  static std::string object_key(std::string_view content) {
    return layout::object(digest_of(DigestType::sha2_256_chunked, as_bytes(content)));
  }
  std::string object_url(std::string_view content) { return physical_url(local_, object_key(content)); }

  void store(const std::string& key, std::string_view content) {
    inner_.write(key, as_bytes(content), Condition::none());
  }
  std::string stored(const std::string& key) {
    const auto object = find_object(inner_, key);
    return object ? object->content : "absent";
  }

  FileStamp stamp(const std::filesystem::path& path) {
    return stamp_of(File::open_for_reading(path).status());
  }

  /// The records of pushes that are running.
  std::size_t sessions() {
    std::size_t count = 0;
    for_each_object(inner_, layout::sessions, [&](const ObjectInfo&) { ++count; });
    return count;
  }

  std::filesystem::path root_ = folder_.path() / "my registry #1";
  LocalStore inner_{root_, random_};
  HookedStore hooked_{inner_};
  Registry local_{hooked_, context_};
};

}  // namespace unio::test
