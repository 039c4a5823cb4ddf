#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "engine/context.hpp"

namespace unio {

/// A lock among processes over a store that has no conditional writes, only writes that all see once they are
/// done: Lamport's bakery (docs/formats/repository.md). Held until destroyed.
///
/// It asks the store over and over, so it is for what is rare and short. A holder that stood still for a
/// minute is taken for dead: `check` right before the write that the lock is for makes sure that it was not.
class TicketLock {
 public:
  /// Waits for whoever was first. `folder` ends in a slash. Error cancelled when the user asked to stop.
  TicketLock(ObjectStore& store, std::string folder, const Context& context);
  ~TicketLock();
  TicketLock(const TicketLock&) = delete;
  TicketLock& operator=(const TicketLock&) = delete;

  /// Error conflict when the lock was taken away.
  void check() const;

 private:
  std::vector<ObjectInfo> list() const;
  void take_number();
  bool is_first();
  void refresh();

  ObjectStore& store_;
  const std::string folder_;
  const Context& context_;
  const std::string id_;
  std::string ticket_;  ///< key
  std::chrono::steady_clock::time_point refreshed_;
};

}  // namespace unio
