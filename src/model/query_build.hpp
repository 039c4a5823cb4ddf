#pragma once

#include <vector>

#include "model/query.hpp"

namespace unio {

/// The query itself, unless it breaks QueryLimits: Error invalid_argument.
Query within_limits(Query query);

/// What parsers make trees of: a list of one is that one.
Query all_of(std::vector<Query> queries);
Query any_of(std::vector<Query> queries);
Query none_of(Query query);

}  // namespace unio
