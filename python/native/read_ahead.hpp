#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "base/threads.hpp"
#include "model/manifest.hpp"

namespace unio::python {

/// Which entries to ask for together when a program reads one after the other, as file systems do: it starts
/// after a few in a row, asks for more each time, and ends when the program reads elsewhere. What came too
/// early waits here, each for one reader, in bounded memory. Thread-safe.
class ReadAhead {
 public:
  /// What came before it was asked for.
  std::optional<std::string> take(std::size_t index);
  /// How many entries from `index` on to ask for now that it must be: 1 when the program does not read in
  /// order.
  std::size_t count_from(const Manifest& manifest, std::size_t index);
  void put(std::size_t index, std::string content);

 private:
  struct State {
    std::size_t next = 0;    ///< what a program that reads in order asks for
    std::size_t in_row = 0;  ///< entries that were
    std::size_t window = 0;
    std::map<std::size_t, std::string> early;
    void reached(std::size_t index);
  };
  Synchronized<State> state_;
};

}  // namespace unio::python
