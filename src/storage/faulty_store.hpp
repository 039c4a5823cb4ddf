#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "storage/object_store.hpp"

namespace unio {

/// The operations of a store that a FaultPlan counts and spoils.
enum class StoreOperation { find, read, write, copy, remove, list, put, commit, append, publish };

/// One thing that goes wrong.
struct Fault {
  enum class Effect {
    fail_before,  ///< the operation fails and has not happened
    fail_after,   ///< it has happened, but its answer is lost
    short_read,   ///< a read delivers half of the bytes that it was about to, then fails
    altered       ///< a read delivers every byte, one of them with a bit flipped, and succeeds
  };
  StoreOperation operation = StoreOperation::read;
  Effect effect = Effect::fail_before;
  /// Which call of the operation it strikes, counted from 1 since the store was made.
  std::size_t nth = 1;
  /// How many calls from there on.
  std::size_t times = 1;
  ErrorCode code = ErrorCode::unavailable;
};

/// What shall go wrong in a FaultyStore, and what was called. Thread-safe; outlives the store.
class FaultPlan {
 public:
  void add(Fault fault) { state_.lock()->faults.push_back(fault); }

  /// How often `operation` was called.
  std::size_t calls(StoreOperation operation);

  /// Counts a call; the fault that strikes it, if any.
  std::optional<Fault> next(StoreOperation operation);

 private:
  struct State {
    std::vector<Fault> faults;
    std::array<std::size_t, static_cast<std::size_t>(StoreOperation::publish) + 1> calls{};
  };
  Synchronized<State> state_;
};

/// An ObjectStore that fails as its plan says, for testing what is above it. Borrows store and plan.
/// Thread-safe.
class FaultyStore final : public ObjectStore, private StagingStore {
 public:
  FaultyStore(ObjectStore& inner, FaultPlan& plan) : inner_(inner), plan_(plan) {}

  std::string url() const override { return inner_.url(); }
  std::optional<ObjectInfo> find(std::string_view key) override;
  ObjectInfo read(std::string_view key, ByteRange range, const ByteSink& sink) override;
  ObjectInfo write(std::string_view key, Bytes content, const Condition& condition) override;
  ObjectInfo copy(std::string_view from, std::string_view to, const Condition& condition) override;
  void remove(std::string_view key, const Condition& condition) override;
  ListPage list(const ListOptions& options) override;
  std::unique_ptr<WriteBatch> batch() override;
  StagingStore* staging() override { return inner_.staging() == nullptr ? nullptr : this; }
  VersionedStore* versioning() override { return inner_.versioning(); }
  RetentionStore* retention() override { return inner_.retention(); }
  FileStore* files() override { return inner_.files(); }

 private:
  class Batch;
  class Staged;

  std::unique_ptr<StagedObject> stage(const StageOptions& options) override;
  template <class Body>
  auto strike(StoreOperation operation, std::string_view what, Body&& body) -> decltype(body());

  ObjectStore& inner_;
  FaultPlan& plan_;
};

}  // namespace unio
