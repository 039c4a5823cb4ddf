#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.hpp"
#include "engine/registry.hpp"

namespace unio {

// What a registry holds, as the documents that a catalogue searches (docs/finding.md). What is missing or
// damaged in the store is left out with a warning. Here is what all of them have in common; artifacts,
// revisions of packages and values have a file each: artifact_documents.hpp, package_documents.hpp,
// value_documents.hpp.

/// A time as queries take it for a datetime.
Json document_time(Time time);
/// What a view of something that changes is numbered by, so that of two the later one counts.
std::uint64_t number_of_view(Time seen);

/// As CatalogDocument::based_on has them: none twice, none empty.
std::vector<std::string> distinct_ids(const std::vector<std::string>& ids);

/// The document of what is there no more, as a revision that no name points at: searches pass over it.
CatalogDocument deleted_document(const CatalogDocument& document, Time seen);
/// The member that such documents have.
inline constexpr std::string_view deleted_field = "deleted";

/// Says that an object is not among the documents.
void warn_left_out(const Registry& registry, std::string_view key, std::string_view why,
                   const Context& context);

}  // namespace unio
