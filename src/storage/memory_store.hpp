#pragma once

#include <map>
#include <string>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "storage/object_store.hpp"

namespace unio {

/// Objects in memory, gone with the object: for tests and for short-lived registries. Times come from
/// `clock`.
class MemoryStore final : public ObjectStore, private StagingStore {
 public:
  explicit MemoryStore(const Clock& clock) : clock_(clock) {}

  std::string url() const override { return "memory:"; }
  std::optional<ObjectInfo> find(std::string_view key) override;
  ObjectInfo read(std::string_view key, ByteRange range, const ByteSink& sink) override;
  ObjectInfo write(std::string_view key, Bytes content, const Condition& condition) override;
  ObjectInfo copy(std::string_view from, std::string_view to, const Condition& condition) override;
  void remove(std::string_view key, const Condition& condition) override;
  ListPage list(const ListOptions& options) override;
  std::unique_ptr<WriteBatch> batch() override;
  StagingStore* staging() override { return this; }

 private:
  class Batch;
  class Staged;
  struct Object {
    std::string content;
    std::string etag;
    Time modified{};
  };
  struct State {
    std::map<std::string, Object, std::less<>> objects;
    std::uint64_t writes = 0;
  };

  std::unique_ptr<StagedObject> stage(const StageOptions& options) override;
  static ObjectInfo info_of(std::string_view key, const Object& object);
  static void check_condition(const State& state, std::string_view key, const Condition& condition);
  Error not_found(std::string_view key) const;

  const Clock& clock_;
  Synchronized<State> state_;
};

}  // namespace unio
