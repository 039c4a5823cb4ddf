#include <fmt/format.h>

#include <mutex>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "storage/local_paths.hpp"
#include "storage/local_store.hpp"

namespace unio {
namespace {

constexpr std::size_t objects_in_round = 8192;
constexpr std::uint64_t bytes_in_round = std::uint64_t{1} << 30;

}  // namespace

/// Objects are written without flushing; a round ends with one flush for all, then they get their names. The
/// folders are flushed when the batch is committed. The thread that fills a round ends it, while others begin
/// the next one.
class LocalStore::Batch final : public WriteBatch {
 public:
  explicit Batch(LocalStore& store) : store_(store) {}

  void put(std::string_view key, Bytes content) override {
    check_local_key(key);
    TemporaryFile file = begin_file();
    file.file().write(content);
    file.file().close();
    Round full;
    {
      auto state = state_.lock();
      state->round.bytes += content.size();
      state->round.objects.emplace_back(std::string(key), std::move(file));
      if (state->round.is_full()) std::swap(full, state->round);
    }
    finish(full);
  }

  std::vector<std::string> commit() override {
    Round last;
    std::swap(last, state_.lock()->round);
    finish(last);
    if (state_.lock()->has_names) flush();
    auto state = state_.lock();
    state->has_names = false;
    return std::exchange(state->present, {});
  }

 private:
  struct Round {
    std::vector<std::pair<std::string, TemporaryFile>> objects;
    std::uint64_t bytes = 0;

    bool is_full() const { return objects.size() >= objects_in_round || bytes >= bytes_in_round; }
  };

  struct State {
    Round round;
    std::vector<std::string> present;
    bool has_names = false;
    bool failed = false;
  };

  TemporaryFile begin_file() {
    TemporaryFile file = store_.temporary();
    // Open before the first byte is written: a flush tells an open file of the errors since it was opened.
    std::call_once(opened_, [&] { file_system_ = File::open_directory(store_.root_); });
    return file;
  }

  void finish(Round& round) {
    throw_if_failed();
    if (round.objects.empty()) return;
    try {
      flush();
      give_names(round);
    } catch (...) {
      state_.lock()->failed = true;
      throw;
    }
  }

  void give_names(Round& round) {
    std::vector<std::string> present;
    for (auto& [key, file] : round.objects) {
      if (!store_.place(file, key, Existing::keep, FlushFolders::later)) present.push_back(std::move(key));
    }
    auto state = state_.lock();
    state->has_names = true;
    state->present.insert(state->present.end(), present.begin(), present.end());
  }

  void throw_if_failed() {
    if (!state_.lock()->failed) return;
    throw Error(ErrorCode::unavailable,
                fmt::format("a part of the batch could not be written to '{}'", store_.url()),
                "run the command again");
  }

  /// An error is told once, and the next flush succeeds although bytes are lost, maybe those of another
  /// round: after one that failed no object of this batch may get its name.
  void flush() {
    const std::lock_guard lock(flushing_);
    throw_if_failed();
    try {
      sync_file_system(file_system_);
    } catch (...) {
      state_.lock()->failed = true;  // before another round gets the lock
      throw;
    }
  }

  LocalStore& store_;
  std::once_flag opened_;
  File file_system_;
  std::mutex flushing_;
  Synchronized<State> state_;
};

std::unique_ptr<WriteBatch> LocalStore::batch() {
  return std::make_unique<Batch>(*this);
}

}  // namespace unio
