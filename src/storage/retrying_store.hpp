#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/random.hpp"
#include "storage/object_store.hpp"

namespace unio {

struct RetryOptions {
  /// How often an operation is tried at most, the first time included.
  int attempts = 5;
  /// The longest wait before the second attempt; it doubles with each further one, up to `cap`. The wait
  /// itself is random between nothing and that, so that clients who failed together do not come back
  /// together.
  std::chrono::milliseconds base{100};
  std::chrono::milliseconds cap{10'000};
  /// No attempt begins later than this after the first.
  std::chrono::milliseconds budget{120'000};
};

/// Waits; returns early when stop is requested. Tests give one that only moves their clock.
using Sleep = std::function<void(std::chrono::milliseconds, const std::stop_token&)>;

/// The Sleep of the real world.
void sleep_unless_stopped(std::chrono::milliseconds duration, const std::stop_token& stop);

/// An ObjectStore that tries again what failed with `unavailable` or `deadline_exceeded`. The only place
/// where operations on a store are repeated.
///
/// A conditional write whose answer got lost and that is repeated meets its own effect as a conflict. Then
/// the object is read: if it holds exactly the bytes that were written, the write has succeeded. A streamed
/// read goes on behind the last byte that was delivered, and ends in `conflict` if the object changed
/// meanwhile. Errors of the caller's sink are never repeated.
///
/// A batch repeats `put`, but not `commit`: a flush that failed must not be asked again. The pieces of a
/// staged object are not repeated either, its publication is. The facets for versions and retention are those
/// of the inner store.
///
/// Borrows everything it is given. Thread-safe.
class RetryingStore final : public ObjectStore, private StagingStore {
 public:
  RetryingStore(ObjectStore& inner, const Clock& clock, RandomSource& random, RetryOptions options = {},
                std::stop_token stop = {}, Sleep sleep = sleep_unless_stopped);

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

 private:
  class Attempts;
  class Batch;
  class Staged;

  std::unique_ptr<StagedObject> stage() override;
  template <class Body>
  auto retry(Body&& body) -> decltype(body());
  /// `effect` says what the operation's own effect would be if it stood there; asked when a repeated one
  /// conflicts.
  template <class Body, class Effect>
  auto retry_conditional(Body&& body, Effect&& effect) -> decltype(body());
  ObjectInfo read_head(std::string_view key, ByteRange range, std::string& head);
  void read_rest(std::string_view key, ByteRange range, const ByteSink& sink, const std::string& etag);
  std::optional<ObjectInfo> find_equal(std::string_view key, std::string_view digest, std::uint64_t size);

  ObjectStore& inner_;
  const Clock& clock_;
  RandomSource& random_;
  RetryOptions options_;
  std::stop_token stop_;
  Sleep sleep_;
};

}  // namespace unio
