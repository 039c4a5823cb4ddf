#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace unio {

// lazyscribe's files are JSON arrays of objects. Taken apart and put together as text, what is not changed
// keeps its bytes, whoever wrote them.

/// The texts of the elements of a JSON array, each for Json::parse, which checks it. Error corruption when
/// the whole is no array.
std::vector<std::string_view> split_json_list(std::string_view text);

/// The array of these elements, as `json.dump(indent=4)` puts them.
std::string join_json_list(std::span<const std::string_view> elements);

/// An object as an element: members in order of their keys, one a line, ASCII. What is nested is compact.
std::string json_list_object(const Json::Object& members);

}  // namespace unio
