#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "storage/object_store.hpp"

namespace unio {

/// The whole of one small object of a far store, or a piece of one.
struct FarRead {
  FarStore* store = nullptr;
  std::string key;
  std::optional<std::string> version;
  /// Expected; one byte more is read where there is one, so that a larger object shows.
  std::uint64_t size = 0;
  std::uint64_t offset = 0;
  FarStore::Checked checked = FarStore::Checked::no;
};

struct FarReadOptions {
  /// Threads that take what arrives; the caller's is not one of them.
  unsigned threads = 1;
  /// Objects on their way, or waiting to be taken, at most; and their bytes, unless one alone has more.
  std::size_t most_objects = 192;
  std::uint64_t most_bytes = std::uint64_t{48} << 20;
  /// What an Error of the read `i` gains as the step that was under way; none: it names object and store
  /// only.
  std::function<std::string(std::size_t i)> step = {};
  /// Called as `take` is for an object that is not there, which is then no failure. None: it is one.
  std::function<void(std::size_t i)> missing = {};
};

/// Asks for `count` objects, many at a time, and gives each to `take` in the order in which they arrive:
/// calls `describe(i)` on the caller's thread and `take(i, content)` on several others. The first exception,
/// of a read or of `take`, stops the rest and is thrown again; a stop request throws Error cancelled.
void read_far(std::size_t count, const FarReadOptions& options, const std::stop_token& stop,
              const std::function<FarRead(std::size_t)>& describe,
              const std::function<void(std::size_t, std::string)>& take);

}  // namespace unio
