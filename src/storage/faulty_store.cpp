#include "storage/faulty_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>

namespace unio {
namespace {

Error injected(const Fault& fault, std::string_view what, const ObjectStore& store) {
  return {fault.code, fmt::format("injected fault at '{}' in '{}'", what, store.url())};
}

/// The same bytes with one bit of the first one flipped.
std::vector<std::byte> with_flipped_bit(Bytes bytes) {
  std::vector<std::byte> copy(bytes.begin(), bytes.end());
  if (!copy.empty()) copy.front() ^= std::byte{1};
  return copy;
}

}  // namespace

std::size_t FaultPlan::calls(StoreOperation operation) {
  return state_.lock()->calls[static_cast<std::size_t>(operation)];
}

std::optional<Fault> FaultPlan::next(StoreOperation operation) {
  auto state = state_.lock();
  const std::size_t call = ++state->calls[static_cast<std::size_t>(operation)];
  const auto found = std::find_if(state->faults.begin(), state->faults.end(), [&](const Fault& fault) {
    return fault.operation == operation && call >= fault.nth && call - fault.nth < fault.times;
  });
  if (found == state->faults.end()) return std::nullopt;
  return *found;
}

template <class Body>
auto FaultyStore::strike(StoreOperation operation, std::string_view what, Body&& body) -> decltype(body()) {
  const std::optional<Fault> fault = plan_.next(operation);
  if (!fault) return body();
  if (fault->effect == Fault::Effect::fail_after) body();
  throw injected(*fault, what, inner_);
}

std::optional<ObjectInfo> FaultyStore::find(std::string_view key) {
  return strike(StoreOperation::find, key, [&] { return inner_.find(key); });
}

ObjectInfo FaultyStore::read(std::string_view key, ByteRange range, const ByteSink& sink) {
  const std::optional<Fault> fault = plan_.next(StoreOperation::read);
  if (!fault) return inner_.read(key, range, sink);
  switch (fault->effect) {
    case Fault::Effect::fail_before:
      break;
    case Fault::Effect::fail_after:
      inner_.read(key, range, sink);
      break;
    case Fault::Effect::altered: {
      bool altered = false;
      return inner_.read(key, range, [&](Bytes bytes) {
        if (altered) return sink(bytes);
        altered = true;
        sink(with_flipped_bit(bytes));
      });
    }
    case Fault::Effect::short_read: {
      std::uint64_t total = 0;
      inner_.read(key, range, [&](Bytes bytes) { total += bytes.size(); });
      inner_.read(key, {range.offset, total / 2}, sink);
      break;
    }
  }
  throw injected(*fault, key, inner_);
}

ObjectInfo FaultyStore::write(std::string_view key, Bytes content, const Condition& condition) {
  return strike(StoreOperation::write, key, [&] { return inner_.write(key, content, condition); });
}

ObjectInfo FaultyStore::copy(std::string_view from, std::string_view to, const Condition& condition) {
  return strike(StoreOperation::copy, to, [&] { return inner_.copy(from, to, condition); });
}

void FaultyStore::remove(std::string_view key, const Condition& condition) {
  strike(StoreOperation::remove, key, [&] { inner_.remove(key, condition); });
}

ListPage FaultyStore::list(const ListOptions& options) {
  return strike(StoreOperation::list, options.prefix, [&] { return inner_.list(options); });
}

class FaultyStore::Batch final : public WriteBatch {
 public:
  explicit Batch(FaultyStore& store) : store_(store), inner_(store.inner_.batch()) {}

  void put(std::string_view key, Bytes content) override {
    store_.strike(StoreOperation::put, key, [&] { inner_->put(key, content); });
  }

  std::vector<std::string> commit() override {
    return store_.strike(StoreOperation::commit, "commit", [&] { return inner_->commit(); });
  }

 private:
  FaultyStore& store_;
  std::unique_ptr<WriteBatch> inner_;
};

class FaultyStore::Staged final : public StagedObject {
 public:
  Staged(FaultyStore& store, const StageOptions& options)
      : store_(store), inner_(store.inner_.staging()->stage(options)) {}

  void append(Bytes bytes) override {
    store_.strike(StoreOperation::append, "new object", [&] { inner_->append(bytes); });
  }

  ObjectInfo publish(std::string_view key, const Condition& condition) override {
    return store_.strike(StoreOperation::publish, key, [&] { return inner_->publish(key, condition); });
  }

 private:
  FaultyStore& store_;
  std::unique_ptr<StagedObject> inner_;
};

std::unique_ptr<WriteBatch> FaultyStore::batch() {
  return std::make_unique<Batch>(*this);
}

std::unique_ptr<StagedObject> FaultyStore::stage(const StageOptions& options) {
  return std::make_unique<Staged>(*this, options);
}

}  // namespace unio
