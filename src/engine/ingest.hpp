#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "engine/publish.hpp"
#include "engine/registry.hpp"

namespace unio {

/// Takes local files, and contents in memory, into a registry as content-addressed objects, reading and
/// hashing each once. What the registry has already is not stored again; an object of the wrong size is
/// replaced. `take` may be called from many threads; after `commit` everything taken is durable. Needs a push
/// session, so that what was found "already there" stays.
class Ingest {
 public:
  Ingest(const Registry& registry, PushSession& session, const Context& context);

  struct Taken {
    Digest digest;
    std::string physical_key;
    bool stored = false;  ///< false: the registry had it
  };

  /// Error failed_precondition naming the file when it is not as `stamp` says, or changes while it is read.
  /// With `unless`, content of that digest is only hashed, not stored, and the result's physical key is
  /// empty.
  Taken take(const std::string& path, const FileStamp& stamp, const std::optional<Digest>& unless);
  /// The same for content in memory.
  Taken take(Bytes content);

  void commit();

  /// How many objects the registry did not have; right after `commit`.
  std::uint64_t stored_objects() const { return stored_objects_; }

 private:
  Taken take_small(const std::string& path, const FileStamp& stamp, const std::optional<Digest>& unless);
  Taken take_large(const std::string& path, const FileStamp& stamp, const std::optional<Digest>& unless);
  Taken take_in_parts(const std::string& path, const FileStamp& stamp, const std::optional<Digest>& unless);
  void upload(StagedObject& object, const std::string& path, const FileStamp& stamp,
              const std::vector<Sha256Value>& chunks);
  Taken store_small(const Digest& digest, Bytes content);
  Taken store_large(const Digest& digest, Bytes content);
  Taken present(const Digest& digest) const;
  Taken stored(const Digest& digest);

  const Registry& registry_;
  PushSession& session_;
  const Context& context_;
  std::unique_ptr<WriteBatch> batch_;
  std::atomic<std::uint64_t> stored_objects_ = 0;
};

}  // namespace unio
