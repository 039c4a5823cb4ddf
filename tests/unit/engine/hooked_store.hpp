#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/threads.hpp"
#include "storage/faulty_store.hpp"
#include "storage/object_store.hpp"

namespace unio::test {

/// An ObjectStore that lets a test step in just before or after an operation: to do what another process
/// could do at that moment, or to throw what the store could throw. It also keeps the order of all changes.
/// Borrows the store. Thread-safe.
class HookedStore final : public ObjectStore, private StagingStore {
 public:
  using Hook = std::function<void()>;

  explicit HookedStore(ObjectStore& inner) : inner_(inner) {}

  /// Runs `hook` once, at the next `operation` whose key contains `part`.
  void before(StoreOperation operation, std::string part, Hook hook) {
    state_.lock()->hooks.push_back({operation, When::before, std::move(part), std::move(hook)});
  }
  void after(StoreOperation operation, std::string part, Hook hook) {
    state_.lock()->hooks.push_back({operation, When::after, std::move(part), std::move(hook)});
  }

  /// Keys of all changes so far, in their order; those of removed objects with a "-" before them.
  std::vector<std::string> changes() { return state_.lock()->changes; }
  void forget_changes() { state_.lock()->changes.clear(); }

  std::string url() const override { return inner_.url(); }
  std::optional<ObjectInfo> find(std::string_view key) override {
    return run(StoreOperation::find, key, [&] { return inner_.find(key); });
  }
  ObjectInfo read(std::string_view key, ByteRange range, const ByteSink& sink) override {
    return run(StoreOperation::read, key, [&] { return inner_.read(key, range, sink); });
  }
  ObjectInfo write(std::string_view key, Bytes content, const Condition& condition) override {
    return run(StoreOperation::write, key, [&] { return noted(key, inner_.write(key, content, condition)); });
  }
  ObjectInfo copy(std::string_view from, std::string_view to, const Condition& condition) override {
    return run(StoreOperation::copy, to, [&] { return noted(to, inner_.copy(from, to, condition)); });
  }
  void remove(std::string_view key, const Condition& condition) override {
    run(StoreOperation::remove, key, [&] {
      inner_.remove(key, condition);
      return noted("-" + std::string(key), true);
    });
  }
  ListPage list(const ListOptions& options) override {
    return run(StoreOperation::list, options.prefix, [&] { return inner_.list(options); });
  }
  std::unique_ptr<WriteBatch> batch() override { return std::make_unique<Batch>(*this); }
  StagingStore* staging() override { return inner_.staging() == nullptr ? nullptr : this; }
  FileStore* files() override { return inner_.files(); }

 private:
  enum class When { before, after };
  struct Armed {
    StoreOperation operation;
    When when;
    std::string part;
    Hook hook;
  };
  struct State {
    std::vector<Armed> hooks;
    std::vector<std::string> changes;
  };

  class Batch final : public WriteBatch {
   public:
    explicit Batch(HookedStore& store) : store_(store), inner_(store.inner_.batch()) {}
    void put(std::string_view key, Bytes content) override {
      store_.run(StoreOperation::put, key, [&] {
        inner_->put(key, content);
        return store_.noted(key, true);
      });
    }
    std::vector<std::string> commit() override {
      return store_.run(StoreOperation::commit, "", [&] { return inner_->commit(); });
    }

   private:
    HookedStore& store_;
    std::unique_ptr<WriteBatch> inner_;
  };

  class Staged final : public StagedObject {
   public:
    Staged(HookedStore& store, const StageOptions& options)
        : store_(store), inner_(store.inner_.staging()->stage(options)) {}
    void append(Bytes bytes) override {
      store_.run(StoreOperation::append, "", [&] {
        inner_->append(bytes);
        return true;
      });
    }
    ObjectInfo publish(std::string_view key, const Condition& condition) override {
      return store_.run(StoreOperation::publish, key,
                        [&] { return store_.noted(key, inner_->publish(key, condition)); });
    }

   private:
    HookedStore& store_;
    std::unique_ptr<StagedObject> inner_;
  };

  std::unique_ptr<StagedObject> stage(const StageOptions& options) override {
    return std::make_unique<Staged>(*this, options);
  }

  template <class Result>
  Result noted(std::string_view key, Result result) {
    state_.lock()->changes.emplace_back(key);
    return result;
  }

  template <class Body>
  auto run(StoreOperation operation, std::string_view key, Body&& body) -> decltype(body()) {
    call_hook(operation, When::before, key);
    auto result = body();
    call_hook(operation, When::after, key);
    return result;
  }

  void call_hook(StoreOperation operation, When when, std::string_view key) {
    if (const Hook hook = take_hook(operation, when, key)) hook();
  }

  Hook take_hook(StoreOperation operation, When when, std::string_view key) {
    auto state = state_.lock();
    for (auto armed = state->hooks.begin(); armed != state->hooks.end(); ++armed) {
      if (armed->operation != operation || armed->when != when || key.find(armed->part) == key.npos) continue;
      Hook hook = std::move(armed->hook);
      state->hooks.erase(armed);
      return hook;
    }
    return nullptr;
  }

  ObjectStore& inner_;
  Synchronized<State> state_;
};

}  // namespace unio::test
