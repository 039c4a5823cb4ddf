#include "storage/far_reads.hpp"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "base/progress.hpp"

namespace unio {
namespace {

/// What the asking thread, the store's threads and the taking threads share.
class Reads {
 public:
  Reads(const FarReadOptions& options, const std::function<void(std::size_t, std::string)>& take)
      : options_(options), take_(take) {}

  /// Waits for room; false when there is no point in going on.
  bool start(std::size_t index, FarRead read, const std::stop_token& stop) {
    {
      std::unique_lock lock(mutex_);
      const bool has_room = changed_.wait(lock, stop, [&] { return failure_ || fits(read.size); });
      if (!has_room || failure_) return false;
      objects_ += 1;
      bytes_ += read.size;
    }
    read.store->start_read(
        read.key, {read.offset, read.size + 1}, read.version, read.checked,
        [this, index, size = read.size](std::exception_ptr failure, std::string content) {
          const bool missing = failure && options_.missing && is_not_found(failure);
          const std::lock_guard lock(mutex_);
          if (failure && !missing && !failure_) {
            failure_ = failure;
            failed_read_ = index;
          }
          arrived_.push_back({index, size, std::move(content), failure && !missing, missing});
          changed_.notify_all();
        });
    return true;
  }

  /// No more is asked for. Takers end when everything has arrived.
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

  /// What a taking thread does.
  void take_all() {
    while (auto next = pop()) {
      try {
        if (next->missing && !next->failed) options_.missing(next->index);
        if (!next->missing && !next->failed) take_(next->index, std::move(next->content));
      } catch (...) {
        fail(std::current_exception());
      }
      const std::lock_guard lock(mutex_);
      objects_ -= 1;
      bytes_ -= next->size;
      changed_.notify_all();
    }
  }

  void rethrow() const {
    if (!failure_) return;
    if (!failed_read_ || !options_.step) std::rethrow_exception(failure_);
    in_context(options_.step(*failed_read_), [&] { std::rethrow_exception(failure_); });
  }

 private:
  struct Arrived {
    std::size_t index = 0;
    std::uint64_t size = 0;
    std::string content;
    bool failed = false;
    bool missing = false;
  };

  static bool is_not_found(const std::exception_ptr& failure) {
    try {
      std::rethrow_exception(failure);
    } catch (const Error& error) {
      return error.code() == ErrorCode::not_found;
    } catch (...) {
      return false;
    }
  }

  bool fits(std::uint64_t size) const {
    return objects_ == 0 || (objects_ < options_.most_objects && bytes_ + size <= options_.most_bytes);
  }

  std::optional<Arrived> pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !arrived_.empty() || (closed_ && objects_ == 0); });
    if (arrived_.empty()) return std::nullopt;
    Arrived next = std::move(arrived_.front());
    arrived_.pop_front();
    // What comes after a failure is of no use to anybody.
    next.failed = next.failed || failure_;
    return next;
  }

  void fail(std::exception_ptr failure) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::move(failure);
    changed_.notify_all();
  }

  const FarReadOptions& options_;
  const std::function<void(std::size_t, std::string)>& take_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::size_t objects_ = 0;
  std::uint64_t bytes_ = 0;
  std::deque<Arrived> arrived_;
  bool closed_ = false;
  std::exception_ptr failure_;
  /// Which read failed, if one did rather than a taker.
  std::optional<std::size_t> failed_read_;
};

}  // namespace

void read_far(std::size_t count, const FarReadOptions& options, const std::stop_token& stop,
              const std::function<FarRead(std::size_t)>& describe,
              const std::function<void(std::size_t, std::string)>& take) {
  Reads reads(options, take);
  std::exception_ptr failure;
  {
    std::vector<std::jthread> takers;
    for (unsigned i = 0; i < options.threads; ++i) takers.emplace_back([&] { reads.take_all(); });
    try {
      for (std::size_t i = 0; i < count; ++i) {
        throw_if_stopped(stop);
        if (!reads.start(i, describe(i), stop)) break;
      }
    } catch (...) {
      failure = std::current_exception();
    }
    reads.close();
  }
  reads.rethrow();
  if (failure) std::rethrow_exception(failure);
  throw_if_stopped(stop);
}

}  // namespace unio
