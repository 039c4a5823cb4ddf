#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "storage/s3/s3_requests.hpp"
#include "storage/s3/s3_store.hpp"

namespace unio {
namespace {

/// What one batch has on its way at most: enough to fill a fast line, little enough for memory.
constexpr std::size_t most_on_their_way = 192;
constexpr std::uint64_t most_bytes_on_their_way = std::uint64_t{32} << 20;
/// Asking whether an object is there is cheaper than sending it from here on.
constexpr std::uint64_t asked_first = std::uint64_t{128} << 10;

}  // namespace

/// Sends each object at once and waits for none: `put` waits only while too much is on its way.
class S3Store::Batch final : public WriteBatch {
 public:
  /// Where the service knows no create-only writes, callers have looked, or write the same bytes.
  explicit Batch(S3Store& store)
      : store_(store),
        condition_(store.capabilities().create_only ? Condition::absent() : Condition::none()) {}
  ~Batch() override { wait_for_all(); }

  void put(std::string_view key, Bytes content) override {
    check_object_key(key);
    if (!take_place(key, content.size())) return;
    auto write = std::make_shared<const S3Request>(store_.put_request(key, content, condition_));
    if (content.size() < asked_first) return send_write(std::move(write), std::string(key));
    auto head = std::make_shared<const S3Request>(store_.request("HeadObject", "HEAD", key));
    store_.client_.send(head, [this, write, key = std::string(key)](S3Response response) {
      if (response.status == 404) return send_write(write, key);
      answered(response, response.tells_object(), key);
    });
  }

  std::vector<std::string> commit() override {
    wait_for_all();
    if (failure_) std::rethrow_exception(failure_);
    return std::move(present_);
  }

 private:
  /// False when the same key is on its way already: then it will be there.
  bool take_place(std::string_view key, std::uint64_t size) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] {
      return failure_ || on_their_way_.empty() ||
             (on_their_way_.size() < most_on_their_way && bytes_ + size <= most_bytes_on_their_way);
    });
    if (failure_) std::rethrow_exception(failure_);
    if (!on_their_way_.emplace(key, size).second) {
      present_.emplace_back(key);
      return false;
    }
    bytes_ += size;
    return true;
  }

  void send_write(std::shared_ptr<const S3Request> write, const std::string& key) {
    store_.client_.send(
        write, [this, key](S3Response response) { answered(response, response.status == 412, key); });
  }

  void answered(const S3Response& response, bool present, const std::string& key) {
    std::exception_ptr failure;
    if (!present && !response.tells_object())
      failure = std::make_exception_ptr(store_.write_error(response, key, Condition::absent()));
    const std::lock_guard lock(mutex_);
    if (present) present_.push_back(key);
    if (failure && !failure_) failure_ = failure;
    const auto place = on_their_way_.find(key);
    bytes_ -= place->second;
    on_their_way_.erase(place);
    changed_.notify_all();
  }

  void wait_for_all() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return on_their_way_.empty(); });
  }

  S3Store& store_;
  const Condition condition_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::uint64_t, std::less<>> on_their_way_;  ///< keys with their sizes
  std::uint64_t bytes_ = 0;
  std::vector<std::string> present_;
  std::exception_ptr failure_;
};

std::unique_ptr<WriteBatch> S3Store::batch() {
  return std::make_unique<Batch>(*this);
}

}  // namespace unio
