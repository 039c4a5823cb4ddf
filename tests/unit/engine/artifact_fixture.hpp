#pragma once

#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/artifact_reader.hpp"
#include "engine/feed.hpp"
#include "engine/save.hpp"
#include "unit/engine/engine_fixture.hpp"

namespace unio::test {

/// Saves local files into the registry in memory, which like a bucket has no files of its own, or into a
/// folder.
class ArtifactTest : public EngineTest {
 protected:
  /// Writes files on this machine, and gives their paths.
  std::vector<std::filesystem::path> local_files(const Files& files) {
    std::vector<std::filesystem::path> paths;
    for (const auto& [name, content] : files) {
      const std::filesystem::path path = folder_.path() / "work" / name;
      std::filesystem::create_directories(path.parent_path());
      std::ofstream(path, std::ios::binary) << content;
      paths.push_back(path);
    }
    return paths;
  }

  SaveRequest request(const Files& files) {
    SaveRequest request;
    request.environment.username = "ann";
    request.environment.hostname = "here";
    request.environment.argv = "python train.py";
    request.paths = local_files(files);
    return request;
  }

  SavedArtifact save(const Files& files) { return save_artifact(registry_, request(files), context_); }

  std::string content_of(const Registry& registry, const OpenedArtifact& artifact,
                         const std::string& relpath) {
    std::string content;
    read_file(registry, artifact, get_file(artifact, relpath), context_,
              [&](Bytes bytes) { content += as_text(bytes); });
    return content;
  }

  /// Every file of the artifact with its content, as a reader gets it.
  Files contents(const Registry& registry, const OpenedArtifact& artifact) {
    Files files;
    for (const ArtifactFile& file : artifact.record.files)
      files[file.relpath] = content_of(registry, artifact, file.relpath);
    return files;
  }

  std::vector<FeedEntry> feed() {
    std::vector<FeedEntry> entries;
    read_feed(registry_, {}, context_, [&](const FeedEntry& entry) { entries.push_back(entry); });
    return entries;
  }

  /// Keys of the artifacts' folders: whatever is not ours.
  std::vector<std::string> artifact_keys() {
    std::vector<std::string> found;
    for (const std::string& key : keys("")) {
      if (!key.starts_with(".")) found.push_back(key);
    }
    return found;
  }
};

}  // namespace unio::test
