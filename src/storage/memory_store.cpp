#include "storage/memory_store.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "storage/listing.hpp"

namespace unio {
namespace {

constexpr std::size_t piece_size = std::size_t{1} << 20;

}  // namespace

/// Keeps the objects until commit, so that a test notices code that relies on seeing them earlier.
class MemoryStore::Batch final : public WriteBatch {
 public:
  explicit Batch(MemoryStore& store) : store_(store) {}

  void put(std::string_view key, Bytes content) override {
    check_object_key(key);
    objects_.lock()->emplace_back(key, as_text(content));
  }

  std::vector<std::string> commit() override {
    std::vector<std::string> present;
    for (const auto& [key, content] : *objects_.lock()) {
      try {
        store_.write(key, as_bytes(content), Condition::absent());
      } catch (const Error& error) {
        if (error.code() != ErrorCode::conflict) throw;
        present.push_back(key);
      }
    }
    objects_.lock()->clear();
    return present;
  }

 private:
  MemoryStore& store_;
  Synchronized<std::vector<std::pair<std::string, std::string>>> objects_;
};

class MemoryStore::Staged final : public StagedObject {
 public:
  explicit Staged(MemoryStore& store) : store_(store) {}
  void append(Bytes bytes) override { content_ += as_text(bytes); }
  ObjectInfo publish(std::string_view key, const Condition& condition) override {
    return store_.write(key, as_bytes(content_), condition);
  }

 private:
  MemoryStore& store_;
  std::string content_;
};

ObjectInfo MemoryStore::info_of(std::string_view key, const Object& object) {
  return {std::string(key), object.content.size(), object.etag, object.modified, std::nullopt};
}

Error MemoryStore::not_found(std::string_view key) const {
  return Error(ErrorCode::not_found, fmt::format("no object '{}' in '{}'", key, url()));
}

void MemoryStore::check_condition(const State& state, std::string_view key, const Condition& condition) {
  const auto present = state.objects.find(key);
  const bool exists = present != state.objects.end();
  const bool holds =
      condition.kind == Condition::Kind::none || (condition.kind == Condition::Kind::absent && !exists) ||
      (condition.kind == Condition::Kind::matches && exists && present->second.etag == condition.etag);
  if (!holds) throw condition_failed("memory:", key, condition);
}

std::optional<ObjectInfo> MemoryStore::find(std::string_view key) {
  check_object_key(key);
  auto state = state_.lock();
  const auto object = state->objects.find(key);
  if (object == state->objects.end()) return std::nullopt;
  return info_of(key, object->second);
}

ObjectInfo MemoryStore::read(std::string_view key, ByteRange range, const ByteSink& sink) {
  check_object_key(key);
  Object object;
  {
    auto state = state_.lock();
    const auto found = state->objects.find(key);
    if (found == state->objects.end()) throw not_found(key);
    object = found->second;
  }
  Bytes rest = as_bytes(object.content);
  rest = rest.subspan(static_cast<std::size_t>(std::min<std::uint64_t>(range.offset, rest.size())));
  rest = rest.first(static_cast<std::size_t>(std::min<std::uint64_t>(range.length, rest.size())));
  while (!rest.empty()) {
    const std::size_t count = std::min(piece_size, rest.size());
    sink(rest.first(count));
    rest = rest.subspan(count);
  }
  return info_of(key, object);
}

ObjectInfo MemoryStore::write(std::string_view key, Bytes content, const Condition& condition) {
  check_object_key(key);
  auto state = state_.lock();
  check_condition(*state, key, condition);
  const std::string etag = fmt::format("{}", ++state->writes);
  Object& object = state->objects[std::string(key)];
  object = {std::string(as_text(content)), etag, clock_.now()};
  return info_of(key, object);
}

ObjectInfo MemoryStore::copy(std::string_view from, std::string_view to, const Condition& condition) {
  const std::string content = read_object(*this, from, UINT64_MAX);
  return write(to, as_bytes(content), condition);
}

void MemoryStore::remove(std::string_view key, const Condition& condition) {
  check_object_key(key);
  auto state = state_.lock();
  check_condition(*state, key, condition);
  if (const auto object = state->objects.find(key); object != state->objects.end())
    state->objects.erase(object);
}

ListPage MemoryStore::list(const ListOptions& options) {
  auto state = state_.lock();
  PageBuilder page(options);
  for (auto object = state->objects.lower_bound(std::max(options.prefix, page_start(options)));
       object != state->objects.end() && object->first.starts_with(options.prefix); ++object) {
    if (!page.add(info_of(object->first, object->second))) break;
  }
  return page.finish();
}

std::unique_ptr<WriteBatch> MemoryStore::batch() {
  return std::make_unique<Batch>(*this);
}

std::unique_ptr<StagedObject> MemoryStore::stage(const StageOptions&) {
  return std::make_unique<Staged>(*this);
}

}  // namespace unio
