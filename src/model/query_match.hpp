#pragma once

#include <set>
#include <string>

#include "base/json.hpp"
#include "model/query.hpp"

namespace unio {

/// Whether the document is what the query looks for, with the meaning that MongoDB gives it; what differs is
/// said in docs/finding.md. This is what the databases' answers are compared with. Thread-safe.
bool matches(const Query& query, const QueryValue& document);
bool matches(const Query& query, const Json& document);

/// The outermost fields of a document that `matches` looks at.
std::set<std::string> fields_of(const Query& query);
/// A document with only these of its fields, which takes less time to make than the whole.
QueryValue document_of_fields(const Json& document, const std::set<std::string>& fields);

}  // namespace unio
