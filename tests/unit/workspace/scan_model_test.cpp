#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/logical_key.hpp"
#include "support/expect_error.hpp"
#include "unit/workspace/scan_fixture.hpp"

namespace unio::test {
namespace {

/// What a source gives for a key, found the slow way.
struct Claim {
  std::size_t source = 0;
  std::string path;
};

using Claims = std::map<std::string, std::vector<Claim>, TreeOrder>;

bool within_any(const std::vector<std::string>& folders, const std::string& key) {
  return std::any_of(folders.begin(), folders.end(),
                     [&](const auto& folder) { return is_within(key, folder); });
}

Claims naive_claims(ScanFixture& fixture) {
  Claims claims;
  for (std::size_t i = 0; i < fixture.sources().size(); ++i) {
    const Source& source = fixture.sources()[i];
    const std::filesystem::path root = fixture.root() / source.path;
    if (source.kind == Source::Kind::file) {
      claims[source.key].push_back({i, root});
      continue;
    }
    std::error_code ignored;
    if (!std::filesystem::is_directory(root, ignored)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
      const std::string key = source.key + entry.path().lexically_relative(root).native();
      if (is_regular_file(entry.symlink_status()) && !within_any(source.excluded, key))
        claims[key].push_back({i, entry.path()});
    }
  }
  return claims;
}

/// The claim that counts; absent for a collision.
std::optional<Claim> decide(const std::vector<Source>& sources, const std::vector<Claim>& claims) {
  std::optional<Claim> overriding;
  for (const Claim& claim : claims) {
    if (sources[claim.source].overrides) overriding = claim;
  }
  if (overriding) return overriding;
  for (const Claim& claim : claims) {
    if (claim.path != claims.front().path) return std::nullopt;
  }
  return claims.front();
}

/// "state key" of every key with a file or a record; absent for a collision.
std::optional<std::set<std::string>> naive_scan(ScanFixture& fixture) {
  std::map<std::string, IndexedFile> tracked;
  const StatIndex index = StatIndex::load(fixture.workspace().index_path());
  StatIndex::Cursor cursor(index);
  while (const auto file = cursor.next()) tracked.emplace(file->key, *file);
  std::set<std::string> lines;
  for (const auto& [key, claims] : naive_claims(fixture)) {
    const auto claim = decide(fixture.sources(), claims);
    if (!claim) return std::nullopt;
    const auto record = tracked.find(key);
    struct ::stat status {};
    const bool present = ::lstat(claim->path.c_str(), &status) == 0;
    const bool same = record != tracked.end() && present && record->second.stamp == stamp_of(status);
    const auto* state = !present                  ? "missing "
                        : record == tracked.end() ? "added "
                        : same                    ? "unchanged "
                                                  : "suspect ";
    lines.insert(state + key);
    if (record != tracked.end()) tracked.erase(record);
  }
  for (const auto& [key, file] : tracked) {
    const auto covers = [&key = key](const Source& source) {
      if (source.kind == Source::Kind::file) return source.key == key;
      return is_within(key, source.key) && !within_any(source.excluded, key);
    };
    if (std::any_of(fixture.sources().begin(), fixture.sources().end(), covers))
      lines.insert("missing " + key);
  }
  return lines;
}

/// The same of the scan itself; also checks that keys come in tree order.
std::optional<std::set<std::string>> scan_lines(ScanFixture& fixture) {
  std::set<std::string> lines;
  std::string last;
  std::size_t count = 0;
  const std::string error = error_name([&] {
    fixture.scan([&](const ScanItem& item) {
      if (item.state == ScanState::empty_folder || item.state == ScanState::symlink) return;
      RC_ASSERT(last.empty() || compare_tree_order(last, item.key) < 0);
      last = item.key;
      lines.insert(std::string(name(item.state)) + " " + std::string(item.key));
      ++count;
    });
  });
  if (error == "already_exists") return std::nullopt;
  RC_ASSERT(error == "no error");
  RC_ASSERT(count == lines.size());
  return lines;
}

const std::vector<std::string> segments{"a", "a-b", "b", "é"};

std::string some_path() {
  std::string path = *rc::gen::elementOf(segments);
  for (int depth = *rc::gen::inRange(0, 3); depth > 0; --depth) path += "/" + *rc::gen::elementOf(segments);
  return path;
}

/// Changes the tree in one of the ways a user does; what does not fit is not done.
void edit(ScanFixture& fixture) {
  const std::filesystem::path path = fixture.root() / some_path();
  std::error_code ignored;
  switch (*rc::gen::inRange(0, 6)) {
    case 0:
      std::filesystem::remove_all(path, ignored);
      return;
    case 1:
      std::filesystem::create_directories(path, ignored);
      return;
    case 2:
      std::filesystem::create_symlink("nowhere", path, ignored);
      return;
    case 3:
      std::filesystem::rename(path, fixture.root() / some_path(), ignored);
      return;
    default:
      break;
  }
  std::filesystem::create_directories(path.parent_path(), ignored);
  if (!std::filesystem::is_directory(path.parent_path(), ignored)) return;
  if (std::filesystem::exists(path, ignored) && !std::filesystem::is_regular_file(path, ignored)) return;
  if (std::filesystem::is_symlink(path, ignored)) return;
  put(path, std::string(static_cast<std::size_t>(*rc::gen::inRange(0, 50)), 'x'));
}

Source some_source() {
  Source source;
  source.kind = *rc::gen::element(Source::Kind::file, Source::Kind::folder, Source::Kind::folder);
  source.overrides = *rc::gen::arbitrary<bool>();
  source.path = some_path();
  source.key = *rc::gen::arbitrary<bool>() ? source.path : some_path();
  if (source.kind == Source::Kind::folder) {
    source.key = *rc::gen::inRange(0, 4) == 0 ? std::string() : source.key + "/";
    if (*rc::gen::arbitrary<bool>())
      source.excluded = {source.key + some_path(), source.key + some_path() + "/"};
  }
  return source;
}

void edit_often(ScanFixture& fixture) {
  for (int edits = *rc::gen::inRange(0, 25); edits > 0; --edits) edit(fixture);
}

RC_GTEST_PROP(ScanModel, of_one_folder_agrees, ()) {
  ScanFixture fixture;
  fixture.add_folder("k/", "a");
  edit_often(fixture);
  fixture.track();
  edit_often(fixture);
  RC_ASSERT(scan_lines(fixture) == naive_scan(fixture));
}

/// Symbolic links where files should be are left to other tests.
bool has_file_sources_at_files(ScanFixture& fixture) {
  return std::all_of(fixture.sources().begin(), fixture.sources().end(), [&](const Source& source) {
    std::error_code ignored;
    const auto status = std::filesystem::symlink_status(fixture.root() / source.path, ignored);
    return source.kind != Source::Kind::file || !exists(status) || is_regular_file(status);
  });
}

RC_GTEST_PROP(ScanModel, of_many_sources_agrees, ()) {
  ScanFixture fixture;
  for (int sources = *rc::gen::inRange(1, 5); sources > 0; --sources)
    fixture.sources().push_back(some_source());
  edit_often(fixture);
  RC_PRE(has_file_sources_at_files(fixture));
  if (naive_scan(fixture)) fixture.track();
  edit_often(fixture);
  RC_PRE(has_file_sources_at_files(fixture));
  RC_ASSERT(scan_lines(fixture) == naive_scan(fixture));
}

}  // namespace
}  // namespace unio::test
