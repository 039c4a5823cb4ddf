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

}  // namespace

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
      if (store_.objects_->contains(key)) {
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

std::string OutsideStore::digest_of(std::string_view key) {
  Sha256 hash;
  const auto reader = objects_->open(key, 0);
  for (std::string piece = reader->read(piece_size); !piece.empty(); piece = reader->read(piece_size))
    hash.update(as_bytes(piece));
  return to_hex(hash.finish());
}

std::optional<ObjectInfo> OutsideStore::find(std::string_view key) {
  check_object_key(key);
  const std::lock_guard lock(mutex_);
  auto found = objects_->find(key);
  if (!found) return std::nullopt;
  if (found->etag.empty()) found->etag = digest_of(key);
  return ObjectInfo{.key = std::string(key),
                    .size = found->size,
                    .etag = std::move(found->etag),
                    .modified = found->modified};
}

ObjectInfo OutsideStore::get_info(std::string_view key) {
  auto found = find(key);
  if (found) return *std::move(found);
  throw Error(ErrorCode::not_found, fmt::format("no object '{}' in '{}'", key, url_));
}

void OutsideStore::check(std::string_view key, const Condition& condition) {
  if (condition.kind == Condition::Kind::none) return;
  if (condition.kind == Condition::Kind::absent) {
    if (objects_->contains(key)) throw condition_failed(url_, key, condition);
    return;
  }
  const auto present = find(key);
  if (!present || present->etag != condition.etag) throw condition_failed(url_, key, condition);
}

ObjectInfo OutsideStore::read(std::string_view key, ByteRange range, const ByteSink& sink) {
  check_object_key(key);
  const std::lock_guard lock(mutex_);
  ObjectInfo info = get_info(key);
  if (range.offset >= info.size) return info;
  std::uint64_t left = std::min(range.length, info.size - range.offset);
  const auto reader = objects_->open(key, range.offset);
  while (left > 0) {
    const std::string piece =
        reader->read(static_cast<std::size_t>(std::min<std::uint64_t>(left, piece_size)));
    if (piece.empty())
      throw Error(ErrorCode::unavailable, fmt::format("'{}' in '{}' ends before its end", key, url_));
    sink(as_bytes(piece));
    left -= piece.size();
  }
  return info;
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
  if (objects_->contains(key)) objects_->remove(key);
}

ListPage OutsideStore::list(const ListOptions& options) {
  PageBuilder page(options);
  const std::lock_guard lock(mutex_);
  std::vector<OutsideObjects::Listed> listed = objects_->list(options.prefix);
  std::sort(listed.begin(), listed.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  for (auto& [key, info] : listed) {
    if (key < page_start(options) || !key.starts_with(options.prefix)) continue;
    if (!page.add({.key = key, .size = info.size, .etag = {}, .modified = info.modified})) break;
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
