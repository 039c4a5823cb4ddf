#include "storage/retrying_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <utility>

#include "base/digest.hpp"
#include "base/progress.hpp"

namespace unio {
namespace {

/// So much of a read is held back until it is complete: its answer tells which content the rest must belong
/// to.
constexpr std::uint64_t head_size = std::uint64_t{1} << 20;

bool may_pass(const Error& error) {
  return error.code() == ErrorCode::unavailable || error.code() == ErrorCode::deadline_exceeded;
}

/// What a repeated operation answers when the first one had happened: the condition does not hold any more,
/// or the staged object has gone to its place.
bool may_hide_success(const Error& error) {
  return error.code() == ErrorCode::conflict || error.code() == ErrorCode::not_found;
}

std::string digest_of_object(ObjectStore& store, std::string_view key) {
  Sha256 hash;
  store.read(key, ByteRange{}, [&](Bytes bytes) { hash.update(bytes); });
  return to_hex(hash.finish());
}

/// A sink that remembers how much went through it and whether it was the one that failed.
class CountingSink {
 public:
  explicit CountingSink(const ByteSink& sink) : sink_(sink) {}

  void operator()(Bytes bytes) {
    try {
      sink_(bytes);
    } catch (...) {
      failed_ = true;
      throw;
    }
    delivered_ += bytes.size();
  }

  bool failed() const { return failed_; }
  std::uint64_t delivered() const { return delivered_; }

 private:
  const ByteSink& sink_;
  std::uint64_t delivered_ = 0;
  bool failed_ = false;
};

}  // namespace

void sleep_unless_stopped(std::chrono::milliseconds duration, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wakeup;
  std::unique_lock lock(mutex);
  wakeup.wait_for(lock, stop, duration, [] { return false; });
}

/// Counts the attempts of one operation and waits between them.
class RetryingStore::Attempts {
 public:
  explicit Attempts(RetryingStore& store) : store_(store), begin_(store.clock_.now()) {
    throw_if_stopped(store.stop_);
  }

  /// Waits before the next attempt; throws `error` when there is none left.
  void wait_or_throw(const Error& error) {
    const RetryOptions& options = store_.options_;
    ++made_;
    const auto doubled = options.base * (std::int64_t{1} << std::min(made_ - 1, 30));
    const auto longest = std::min<std::chrono::milliseconds>(doubled, options.cap);
    const std::chrono::milliseconds wait(store_.random_.next() %
                                         static_cast<std::uint64_t>(longest.count() + 1));
    if (made_ >= options.attempts || store_.clock_.now() + wait - begin_ > options.budget) throw Error(error);
    store_.sleep_(wait, store_.stop_);
    throw_if_stopped(store_.stop_);
  }

  bool is_repeated() const { return made_ > 0; }

 private:
  RetryingStore& store_;
  Time begin_;
  int made_ = 0;
};

RetryingStore::RetryingStore(ObjectStore& inner, const Clock& clock, RandomSource& random,
                             RetryOptions options, std::stop_token stop, Sleep sleep)
    : inner_(inner),
      clock_(clock),
      random_(random),
      options_(options),
      stop_(std::move(stop)),
      sleep_(std::move(sleep)) {}

template <class Body>
auto RetryingStore::retry(Body&& body) -> decltype(body()) {
  Attempts attempts(*this);
  for (;;) {
    try {
      return body();
    } catch (const Error& error) {
      if (!may_pass(error)) throw;
      attempts.wait_or_throw(error);
    }
  }
}

template <class Body, class Effect>
auto RetryingStore::retry_conditional(Body&& body, Effect&& effect) -> decltype(body()) {
  Attempts attempts(*this);
  for (;;) {
    try {
      return body();
    } catch (const Error& error) {
      if (may_hide_success(error) && attempts.is_repeated()) {
        if (auto done = effect()) return *std::move(done);
      }
      if (!may_pass(error)) throw;
      attempts.wait_or_throw(error);
    }
  }
}

std::optional<ObjectInfo> RetryingStore::find(std::string_view key) {
  return retry([&] { return inner_.find(key); });
}

ObjectInfo RetryingStore::read(std::string_view key, ByteRange range, const ByteSink& sink) {
  std::string head;
  ObjectInfo info = read_head(key, range, head);
  if (!head.empty()) sink(as_bytes(head));
  const std::uint64_t available = info.size - std::min(range.offset, info.size);
  const std::uint64_t wanted = std::min(range.length, available);
  if (wanted > head.size()) {
    read_rest(key, {range.offset + head.size(), wanted - head.size()}, sink, info.etag);
  }
  return info;
}

ObjectInfo RetryingStore::read_head(std::string_view key, ByteRange range, std::string& head) {
  return retry([&] {
    head.clear();
    return inner_.read(key, {range.offset, std::min(range.length, head_size)},
                       [&](Bytes bytes) { head += as_text(bytes); });
  });
}

void RetryingStore::read_rest(std::string_view key, ByteRange range, const ByteSink& sink,
                              const std::string& etag) {
  CountingSink counting(sink);
  Attempts attempts(*this);
  for (;;) {
    try {
      const std::uint64_t done = counting.delivered();
      const ObjectInfo info =
          inner_.read(key, {range.offset + done, range.length - done}, std::ref(counting));
      if (info.etag == etag) return;
      throw Error(ErrorCode::conflict, fmt::format("'{}' in '{}' changed while it was read", key, url()),
                  "run the command again");
    } catch (const Error& error) {
      if (counting.failed() || !may_pass(error)) throw;
      attempts.wait_or_throw(error);
    }
  }
}

/// What is under `key` if it has exactly that content.
std::optional<ObjectInfo> RetryingStore::find_equal(std::string_view key, std::string_view digest,
                                                    std::uint64_t size) {
  std::optional<ObjectInfo> present = find(key);
  if (!present || present->size != size) return std::nullopt;
  Sha256 hash;
  ObjectInfo info = read(key, ByteRange{}, [&](Bytes bytes) { hash.update(bytes); });
  if (to_hex(hash.finish()) != digest) return std::nullopt;
  return info;
}

ObjectInfo RetryingStore::write(std::string_view key, Bytes content, const Condition& condition) {
  return retry_conditional([&] { return inner_.write(key, content, condition); },
                           [&] { return find_equal(key, to_hex(sha256(content)), content.size()); });
}

ObjectInfo RetryingStore::copy(std::string_view from, std::string_view to, const Condition& condition) {
  return retry_conditional([&] { return inner_.copy(from, to, condition); },
                           [&]() -> std::optional<ObjectInfo> {
                             const auto source = find(from);
                             if (!source) return std::nullopt;
                             return find_equal(to, digest_of_object(*this, from), source->size);
                           });
}

void RetryingStore::remove(std::string_view key, const Condition& condition) {
  retry_conditional(
      [&] {
        inner_.remove(key, condition);
        return true;
      },
      [&]() -> std::optional<bool> {
        if (find(key)) return std::nullopt;
        return true;
      });
}

ListPage RetryingStore::list(const ListOptions& options) {
  return retry([&] { return inner_.list(options); });
}

class RetryingStore::Batch final : public WriteBatch {
 public:
  explicit Batch(RetryingStore& store)
      : store_(store), inner_(store.retry([&] { return store.inner_.batch(); })) {}

  void put(std::string_view key, Bytes content) override {
    store_.retry([&] {
      inner_->put(key, content);
      return true;
    });
  }

  std::vector<std::string> commit() override { return inner_->commit(); }

 private:
  RetryingStore& store_;
  std::unique_ptr<WriteBatch> inner_;
};

class RetryingStore::Staged final : public StagedObject {
 public:
  explicit Staged(RetryingStore& store)
      : store_(store), inner_(store.retry([&] { return store.inner_.staging()->stage(); })) {}

  void append(Bytes bytes) override {
    inner_->append(bytes);
    hash_.update(bytes);
    size_ += bytes.size();
  }

  ObjectInfo publish(std::string_view key, const Condition& condition) override {
    if (digest_.empty()) digest_ = to_hex(hash_.finish());
    return store_.retry_conditional([&] { return inner_->publish(key, condition); },
                                    [&] { return store_.find_equal(key, digest_, size_); });
  }

 private:
  RetryingStore& store_;
  std::unique_ptr<StagedObject> inner_;
  Sha256 hash_;
  std::string digest_;
  std::uint64_t size_ = 0;
};

std::unique_ptr<WriteBatch> RetryingStore::batch() {
  return std::make_unique<Batch>(*this);
}

std::unique_ptr<StagedObject> RetryingStore::stage() {
  return std::make_unique<Staged>(*this);
}

}  // namespace unio
