#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/object_store.hpp"
#include "storage/retention.hpp"

namespace unio {

/// How a new object is to be protected, by its key; absent: not at all. Called from any thread.
using RetentionRule = std::function<std::optional<Retention>(std::string_view key)>;

/// A version of an object, the newest unless it is named.
struct ObjectVersion {
  std::string key;
  std::optional<std::string> version = std::nullopt;

  bool operator==(const ObjectVersion&) const = default;
};

struct RetainedObject {
  ObjectInfo info;
  Retention retention;
};

/// Facet of stores whose service can protect versions of objects from removal. Whether it really does is
/// StoreCapabilities::object_lock; where the place says that it does not, changes are Error unsupported.
class RetentionStore {
 public:
  virtual ~RetentionStore() = default;

  /// From now on every new object is protected from its upload on, as the rule says. Before the first call,
  /// and with an empty rule, none is.
  virtual void adopt_retention(RetentionRule rule) = 0;
  /// What the rule says of a new object.
  virtual std::optional<Retention> wanted(std::string_view key) const = 0;

  /// In their order; absent for those that are not there. Many are asked for at once.
  virtual std::vector<std::optional<RetainedObject>> find_retained(
      std::span<const ObjectVersion> objects) = 0;

  /// Protects objects that are there already as the rule says of new ones, and never shorter or less strictly
  /// than they are; nothing without a rule. Returns those that are not there, or that the service let be
  /// protected as long, but not as strictly.
  virtual std::vector<ObjectVersion> retain(std::span<const ObjectVersion> objects) = 0;

  // What an attacker tries. Each returns the service's words when it refuses, nothing when it was done.
  enum class Bypass { no, yes };
  using Refusal = std::optional<std::string>;
  virtual Refusal change_retention(const ObjectVersion& object, const Retention& retention,
                                   Bypass bypass) = 0;
  virtual Refusal remove_version(const ObjectVersion& object, Bypass bypass) = 0;
};

}  // namespace unio
