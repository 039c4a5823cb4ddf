#include "storage/s3/retrying_client.hpp"

#include <algorithm>
#include <utility>

#include "storage/s3/s3_failures.hpp"

namespace unio {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct RetryingClient::Work {
  std::shared_ptr<const S3Request> request;
  Done done;
  Moment begin;
  int made = 0;
  bool maybe_repeated = false;
  S3Response last;  ///< while it waits
};

RetryingClient::RetryingClient(std::unique_ptr<S3Client> inner, RandomSource& random, Options options)
    : inner_(std::move(inner)), random_(random), options_(options), timer_([this] { run_later(); }) {}

RetryingClient::~RetryingClient() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  timer_.join();
  // What was on its way is answered meanwhile; nothing is sent again any more.
  inner_.reset();
}

void RetryingClient::send(std::shared_ptr<const S3Request> request, Done done) {
  auto work = std::make_shared<Work>();
  work->request = std::move(request);
  work->done = std::move(done);
  work->begin = steady_clock::now();
  attempt(work);
}

void RetryingClient::attempt(const std::shared_ptr<Work>& work) {
  work->made += 1;
  inner_->send(work->request, [this, work](S3Response response) { answered(work, std::move(response)); });
}

void RetryingClient::answered(const std::shared_ptr<Work>& work, S3Response response) {
  const auto when = response.ok() ? std::nullopt : next_attempt(*work, response);
  // Without an answer, or with one of the way there, nobody knows whether it was done.
  work->maybe_repeated = work->maybe_repeated || (when && (response.status == 0 || response.status >= 500));
  if (when) {
    const std::lock_guard lock(mutex_);
    if (!ending_) {
      work->last = std::move(response);
      later_.push({*when, work});
      changed_.notify_all();
      return;
    }
  }
  response.maybe_repeated = work->maybe_repeated;
  work->done(std::move(response));
}

std::optional<RetryingClient::Moment> RetryingClient::next_attempt(const Work& work,
                                                                   const S3Response& response) {
  if (work.request->once || work.made >= options_.attempts || !failure_of(response).may_pass)
    return std::nullopt;
  const auto doubled = options_.base * (std::int64_t{1} << std::min(work.made - 1, 30));
  const milliseconds longest = std::min<milliseconds>(doubled, options_.cap);
  const milliseconds wait(random_.next() % static_cast<std::uint64_t>(longest.count() + 1));
  const Moment when = steady_clock::now() + wait;
  return when - work.begin > options_.budget ? std::nullopt : std::optional(when);
}

void RetryingClient::run_later() {
  std::unique_lock lock(mutex_);
  while (!ending_ || !later_.empty()) {
    if (later_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const Later next = later_.top();
    if (!ending_ && next.when > steady_clock::now()) {
      changed_.wait_until(lock, next.when);
      continue;
    }
    later_.pop();
    const bool ending = ending_;
    lock.unlock();
    if (ending) {
      next.work->last.maybe_repeated = next.work->maybe_repeated;
      next.work->done(std::move(next.work->last));
    } else {
      attempt(next.work);
    }
    lock.lock();
  }
}

}  // namespace unio
