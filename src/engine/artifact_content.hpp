#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/files.hpp"
#include "base/threads.hpp"
#include "engine/publish.hpp"
#include "engine/registry.hpp"
#include "model/artifact.hpp"

namespace unio {

enum class Dedup { on, off };

/// A local file on its way into an artifact.
struct ArtifactSource {
  std::filesystem::path path;
  FileStamp stamp;
  std::string relpath;
};

/// Puts files into the folder of one artifact. What the registry has already is not stored again, if Dedup is
/// on: in a folder it takes no space, elsewhere the result's `object` says where it is. Needs a session that
/// has been announced, so that what was found stays.
class ArtifactContent {
 public:
  ArtifactContent(const Registry& registry, PushSession& session, const Context& context, std::string folder);

  /// All of them, in their order, durable when this returns. Error failed_precondition that names a file
  /// which is not as its stamp says, or changes while it is read.
  std::vector<ArtifactFile> put(std::span<const ArtifactSource> sources, Dedup dedup);
  /// Logs, from memory; by name.
  std::vector<ArtifactFile> put_logs(const Texts& logs);

  /// How many files were there already.
  std::size_t shared() const { return shared_; }

  /// Makes the files findable by their content, for later duplicates; once the artifact exists. Failures cost
  /// no more than that.
  void record(const std::vector<ArtifactFile>& files);

 private:
  struct Hashed {
    ArtifactFile file;
    std::optional<std::string> content;  ///< of a small one
    Digest digest;                       ///< that packages know it by
  };
  void put_one(std::size_t i, const ArtifactSource& source, Dedup dedup, ArtifactFile& result);
  Hashed hash(const ArtifactSource& source) const;
  std::optional<std::string> find_present(const Hashed& hashed);
  /// Whether the content of `present` now stands for the file `key`.
  bool refer(const std::string& present, const std::string& key, ArtifactFile& file);
  void store(const ArtifactSource& source, const std::string& key, const Hashed& hashed);
  void send_large(const ArtifactSource& source, const std::string& key, const Sha256Value& sha256);
  void place_twins(std::vector<ArtifactFile>& files);
  void commit();

  const Registry& registry_;
  PushSession& session_;
  const Context& context_;
  const std::string folder_;
  std::unique_ptr<WriteBatch> batch_;
  Synchronized<std::map<Sha256Value, std::string>> first_keys_;
  Synchronized<std::vector<std::size_t>> twins_;  ///< sources that are equal to one before them
  Synchronized<std::set<std::string>> dangling_;  ///< content records that name nothing
  std::atomic<std::size_t> shared_ = 0;
};

}  // namespace unio
