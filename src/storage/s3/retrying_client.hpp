#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <queue>
#include <thread>
#include <vector>

#include "base/random.hpp"
#include "storage/s3/s3_client.hpp"

namespace unio {

/// An S3Client that sends again what failed in a way that may pass. The only place where requests to S3 are
/// repeated: single requests, so that a large upload does not fail over one of its parts.
///
/// Thread-safe. Destroyed, it ends what is on its way and what waits for its next attempt.
class RetryingClient final : public S3Client {
 public:
  struct Options {
    /// How often a request is sent at most, the first time included.
    int attempts = 6;
    /// The longest wait before the second attempt; it doubles with each further one, up to `cap`. The wait
    /// itself is random between nothing and that, so that clients who failed together do not come back
    /// together.
    std::chrono::milliseconds base{100};
    std::chrono::milliseconds cap{10'000};
    /// No attempt begins later than this after the first.
    std::chrono::milliseconds budget{120'000};
  };

  /// Borrows `random`.
  RetryingClient(std::unique_ptr<S3Client> inner, RandomSource& random, Options options);
  RetryingClient(std::unique_ptr<S3Client> inner, RandomSource& random)
      : RetryingClient(std::move(inner), random, Options{}) {}
  ~RetryingClient() override;
  RetryingClient(const RetryingClient&) = delete;
  RetryingClient& operator=(const RetryingClient&) = delete;

  void send(std::shared_ptr<const S3Request> request, Done done) override;

 private:
  using Moment = std::chrono::steady_clock::time_point;
  struct Work;
  struct Later {
    Moment when;
    std::shared_ptr<Work> work;
    bool operator<(const Later& other) const { return when > other.when; }
  };

  void attempt(const std::shared_ptr<Work>& work);
  void answered(const std::shared_ptr<Work>& work, S3Response response);
  /// When the next attempt begins; absent when there is none.
  std::optional<Moment> next_attempt(const Work& work, const S3Response& response);
  void run_later();

  std::unique_ptr<S3Client> inner_;
  RandomSource& random_;
  const Options options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ending_ = false;
  std::priority_queue<Later> later_;
  std::jthread timer_;
};

}  // namespace unio
