#pragma once

#include <string_view>

#include "base/json.hpp"
#include "model/query_value.hpp"

namespace unio {

/// The value that a query in MongoDB's language compares with. Error invalid_argument for operators in it,
/// for a
/// `$date` that is no time, and for text that is not Unicode or holds a NUL.
QueryValue query_literal(const Json& json);

/// Whether the name of a member is one of the language's own.
bool is_query_operator(std::string_view name);

}  // namespace unio
