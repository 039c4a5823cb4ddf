#include "storage/outside_store.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/threads.hpp"
#include "storage/listing.hpp"

namespace unio {
namespace {

constexpr std::size_t piece_size = std::size_t{1} << 20;
/// What may be replaced while it is read is read whole first. What is larger is a value, which is written
/// once.
constexpr std::uint64_t largest_whole = std::uint64_t{64} << 20;
/// An object that is another one whenever it was read.
constexpr int most_reads = 50;

ObjectInfo object_info(std::string_view key, const OutsideObjects::Info& info) {
  const Time modified = info.modified == Time{} ? SystemClock().now() : info.modified;
  return {.key = std::string(key), .size = info.size, .etag = info.etag, .modified = modified};
}

}  // namespace

/// An object as it was at one moment.
struct OutsideStore::Whole {
  OutsideObjects::Info info;
  std::string content;
};

/// Many at once cost as much as one by one; none shows before `commit`.
class OutsideStore::Batch final : public WriteBatch {
 public:
  explicit Batch(OutsideStore& store) : store_(store) {}

  void put(std::string_view key, Bytes content) override {
    check_object_key(key);
    waiting_.lock()->emplace_back(key, as_text(content));
  }

  std::vector<std::string> commit() override {
    std::vector<std::string> present;
    auto waiting = waiting_.lock();
    for (const auto& [key, content] : *waiting) {
      const std::lock_guard lock(store_.mutex_);
      if (store_.objects_->find(key)) {
        present.push_back(key);
      } else {
        store_.objects_->put(key, as_bytes(content));
      }
    }
    waiting->clear();
    return present;
  }

 private:
  OutsideStore& store_;
  Synchronized<std::vector<std::pair<std::string, std::string>>> waiting_;
};

/// Gathers the bytes in a file on this machine.
class OutsideStore::Staged final : public StagedObject {
 public:
  explicit Staged(OutsideStore& store)
      : store_(store), file_(std::filesystem::temp_directory_path(), "unio-", store.random_) {}

  void append(Bytes bytes) override { file_.file().write(bytes); }

  ObjectInfo publish(std::string_view key, const Condition& condition) override {
    check_object_key(key);
    const std::lock_guard lock(store_.mutex_);
    store_.check(key, condition);
    store_.objects_->put_file(key, file_.path());
    return store_.get_info(key);
  }

 private:
  OutsideStore& store_;
  TemporaryFile file_;
};

StoreCapabilities OutsideStore::capabilities() const {
  return {.create_only = false,
          .swap = false,
          .conditional_completion = false,
          .conditional_removal = false,
          .checks_bytes = false,
          .keeps_checksums = false};
}

std::optional<OutsideStore::Whole> OutsideStore::find_whole(std::string_view key,
                                                            OutsideObjects::Info before) {
  for (int reads = 0; reads < most_reads; ++reads) {
    Whole whole{before, {}};
    bool stood = true;
    try {
      read_through(key, 0, UINT64_MAX, [&](Bytes bytes) { whole.content += as_text(bytes); });
    } catch (const Error& error) {
      if (error.code() != ErrorCode::not_found) throw;
      stood = false;
    }
    // Somebody in another process may have written meanwhile.
    const auto after = objects_->find(key);
    if (!after) return std::nullopt;
    if (stood && *after == before && whole.content.size() == before.size) {
      if (whole.info.etag.empty()) whole.info.etag = to_hex(sha256(as_bytes(whole.content)));
      return whole;
    }
    before = *after;
  }
  throw Error(ErrorCode::unavailable, fmt::format("'{}' in '{}' changes all the time", key, url_));
}

std::optional<ObjectInfo> OutsideStore::find(std::string_view key) {
  check_object_key(key);
  const std::lock_guard lock(mutex_);
  const auto found = objects_->find(key);
  if (!found) return std::nullopt;
  if (!found->etag.empty()) return object_info(key, *found);
  const auto whole = find_whole(key, *found);
  return whole ? std::optional(object_info(key, whole->info)) : std::nullopt;
}

void OutsideStore::throw_absent(std::string_view key) const {
  throw Error(ErrorCode::not_found, fmt::format("no object '{}' in '{}'", key, url_));
}

ObjectInfo OutsideStore::get_info(std::string_view key) {
  auto found = find(key);
  if (!found) throw_absent(key);
  return *std::move(found);
}

void OutsideStore::check(std::string_view key, const Condition& condition) {
  if (condition.kind == Condition::Kind::none) return;
  if (condition.kind == Condition::Kind::absent) {
    if (objects_->find(key)) throw condition_failed(url_, key, condition);
    return;
  }
  const auto present = find(key);
  if (!present || present->etag != condition.etag) throw condition_failed(url_, key, condition);
}

void OutsideStore::read_through(std::string_view key, std::uint64_t offset, std::uint64_t length,
                                const ByteSink& sink) {
  const auto reader = objects_->open(key, offset);
  while (length > 0) {
    const std::string piece =
        reader->read(static_cast<std::size_t>(std::min<std::uint64_t>(length, piece_size)));
    if (piece.empty()) return;
    sink(as_bytes(piece));
    length -= piece.size();
  }
}

ObjectInfo OutsideStore::read(std::string_view key, ByteRange range, const ByteSink& sink) {
  check_object_key(key);
  const std::lock_guard lock(mutex_);
  const auto found = objects_->find(key);
  if (!found) throw_absent(key);
  if (found->size > largest_whole) {
    if (range.offset < found->size) read_through(key, range.offset, range.length, sink);
    return object_info(key, *found);
  }
  const auto whole = find_whole(key, *found);
  if (!whole) throw_absent(key);
  Bytes rest = as_bytes(whole->content);
  rest = rest.subspan(static_cast<std::size_t>(std::min<std::uint64_t>(range.offset, rest.size())));
  rest = rest.first(static_cast<std::size_t>(std::min<std::uint64_t>(range.length, rest.size())));
  for (; !rest.empty(); rest = rest.subspan(std::min(piece_size, rest.size())))
    sink(rest.first(std::min(piece_size, rest.size())));
  return object_info(key, whole->info);
}

ObjectInfo OutsideStore::write(std::string_view key, Bytes content, const Condition& condition) {
  check_object_key(key);
  const std::lock_guard lock(mutex_);
  check(key, condition);
  objects_->put(key, content);
  return get_info(key);
}

ObjectInfo OutsideStore::copy(std::string_view from, std::string_view to, const Condition& condition) {
  check_object_key(to);
  const std::lock_guard lock(mutex_);
  Staged staged(*this);
  read(from, {}, [&](Bytes bytes) { staged.append(bytes); });
  return staged.publish(to, condition);
}

void OutsideStore::remove(std::string_view key, const Condition& condition) {
  check_object_key(key);
  const std::lock_guard lock(mutex_);
  check(key, condition);
  if (objects_->find(key)) objects_->remove(key);
}

ListPage OutsideStore::list(const ListOptions& options) {
  PageBuilder page(options);
  const std::lock_guard lock(mutex_);
  std::vector<OutsideObjects::Listed> listed = objects_->list(options.prefix);
  std::sort(listed.begin(), listed.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  for (auto& [key, info] : listed) {
    if (!key.starts_with(options.prefix)) continue;
    ObjectInfo object = object_info(key, info);
    object.etag.clear();
    if (!page.add(std::move(object))) break;
  }
  return page.finish();
}

std::unique_ptr<WriteBatch> OutsideStore::batch() {
  return std::make_unique<Batch>(*this);
}

std::unique_ptr<StagedObject> OutsideStore::stage(const StageOptions&) {
  return std::make_unique<Staged>(*this);
}

}  // namespace unio
