#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace unio {

// Where the values of a repository lie: names, file names and keys (docs/formats/repository.md). This is the
// one place that decides whether a name from outside may become a path.

/// As python-slugify makes it of Latin text: "Größe 1,000" gives "grosse-1000". May be empty.
std::string slug(std::string_view text);

/// "weights-20300102030405.json": the slug, cut where it is too long for a file name, and the second.
std::string value_file_name(std::string_view name, Time created, std::string_view suffix);

/// The same file name with a number before its suffix: "deep/w.json" gives "deep/w-2.json".
std::string numbered_file_name(std::string_view file_name, std::size_t number);

/// Throws invalid_argument that quotes the name unless it may name a value of the repository whose index is
/// the file `index`.
void check_value_name(std::string_view name, std::string_view index);

/// "<name>/<fname>", relative to the folder of the index. Error invalid_argument that quotes what is wrong.
std::string value_key(std::string_view name, std::string_view file_name);

}  // namespace unio
