#pragma once

#include "base/json.hpp"
#include "model/query.hpp"

namespace unio {

/// Whether the document is what the query looks for, with the meaning that MongoDB gives it; what differs is
/// said in docs/finding.md. This is what the databases' answers are compared with. Thread-safe.
bool matches(const Query& query, const QueryValue& document);
bool matches(const Query& query, const Json& document);

}  // namespace unio
