#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/query_value.hpp"

namespace unio::sql {

/// What a document can have under a path, as bits.
namespace holds {
inline constexpr std::int64_t null = 1;
inline constexpr std::int64_t no = 2;
inline constexpr std::int64_t yes = 4;
inline constexpr std::int64_t number = 8;
inline constexpr std::int64_t nan = 16;
inline constexpr std::int64_t text = 32;
inline constexpr std::int64_t time = 64;
inline constexpr std::int64_t object = 128;
inline constexpr std::int64_t array = 256;
inline constexpr std::int64_t nested = 512;  ///< an array in an array, whose elements are not indexed
inline constexpr std::int64_t anything = 1023;
}  // namespace holds

/// The member of a document that is kept apart, because thousands of documents have the same.
inline constexpr std::string_view environment_field = "python_packages";
/// The member that is a column of its own.
inline constexpr std::string_view time_field = "creation_time";
/// The member whose patterns are looked for most.
inline constexpr std::string_view files_field = "file_relpaths";

/// What of a value can be looked up: what a path without positions leads to in MongoDB's meaning, that is
/// through objects, and through arrays into the objects that are their elements.
struct ValueIndex {
  /// Sorted, none twice.
  template <class T>
  using At = std::vector<std::pair<std::string, T>>;

  std::map<std::string, std::int64_t> shape;  ///< by path, what is there
  At<std::string> strings;
  At<double> numbers;  ///< and datetimes, in microseconds, under times_path; without the creation time
};

/// `prefix` is the path of the value itself.
ValueIndex index_of(const QueryValue& value, const std::string& prefix = {});

/// A path as the index has it.
std::string index_path(const std::vector<std::string>& names);
/// Where the datetimes under a path are.
std::string times_path(std::string_view path);

/// Whether people search for pieces of the text under the path.
bool is_searched(std::string_view path);
/// Letters in lower case, and everything beyond ASCII as spaces, but for what Unicode folds into ASCII.
std::string fold(std::string_view text);
/// The parts of a text in lower case that must be in every fold of what contains it; each of three letters or
/// more.
std::vector<std::string> folded_pieces(std::string_view text);

/// The names of a document's files, joined by NUL; absent when that cannot be told apart from something else.
std::optional<std::string> joined_files(const QueryValue& document);
/// A document with nothing but those files.
QueryValue document_of_files(std::string_view joined);

}  // namespace unio::sql
