#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/ingest.hpp"
#include "engine/registry.hpp"
#include "model/manifest.hpp"

namespace unio {

/// Puts the bytes of single entries into the registry, content-addressed or under a prefix. `move` may be
/// called from many threads; after `commit` everything is durable and known to be right.
class Transfer {
 public:
  Transfer(const Registry& registry, PushSession& session, const Context& context,
           std::optional<std::string> prefix);

  struct Moved {
    std::string physical_key;
    bool already_there = false;
    bool displaced = false;  ///< other bytes stand under the prefix
  };
  Moved move(const EntryView& entry);

  void commit();

  /// How many objects the registry did not have; right after `commit`.
  std::uint64_t stored_objects() const { return stored_objects_; }

  /// The URL that the entry with this key should have under the prefix; empty without a prefix.
  std::string wanted_url(std::string_view logical_key) const;
  /// Whether `url` is that place, in any version.
  bool is_wanted(std::string_view logical_key, std::string_view url) const {
    return url.substr(0, url.find('?')) == wanted_url(logical_key);
  }

 private:
  Moved to_object(const EntryView& entry);
  Moved to_prefix(const EntryView& entry);
  Digest content_address(const EntryView& entry);
  /// Makes the entry's bytes the object `key`, in the place of `replaced` when that is given. Absent when
  /// somebody was faster: then what stands there must be looked at.
  std::optional<ObjectInfo> write(const EntryView& entry, const std::string& key,
                                  const std::optional<ObjectInfo>& replaced);
  /// The same for an entry that the registry's service copies by itself; absent when it does not.
  std::optional<ObjectInfo> copy_there(const EntryView& entry, const std::string& key,
                                       const Condition& condition);
  /// With the version, where the registry keeps these.
  std::string url_of(const std::string& key, const ObjectInfo& info) const;
  void read(const EntryView& entry, const ByteSink& sink);
  bool holds(const std::string& key, const ObjectInfo& info, const EntryView& entry);

  const Registry& registry_;
  PushSession& session_;
  const Context& context_;
  std::optional<std::string> prefix_;
  /// Whether what is replaced under the prefix stays readable as an older version.
  bool keeps_versions_ = false;
  std::unique_ptr<WriteBatch> batch_;
  std::atomic<std::uint64_t> stored_objects_ = 0;
};

}  // namespace unio
