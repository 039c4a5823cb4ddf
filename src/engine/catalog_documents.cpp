#include "engine/catalog_documents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>

namespace unio {

Json document_time(Time time) {
  return Json::object({{"$date", format_time(time)}});
}

std::uint64_t number_of_view(Time seen) {
  const auto since = std::chrono::floor<std::chrono::milliseconds>(seen.time_since_epoch());
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, since.count()));
}

std::vector<std::string> distinct_ids(const std::vector<std::string>& ids) {
  std::set<std::string_view> met;
  std::vector<std::string> once;
  for (const std::string& id : ids) {
    if (!id.empty() && met.insert(id).second) once.push_back(id);
  }
  return once;
}

CatalogDocument deleted_document(const CatalogDocument& document, Time seen) {
  CatalogDocument deleted = document;
  deleted.revision = number_of_view(seen);
  deleted.document = Json::object({{"kind", name(document.kind)},
                                   {std::string(deleted_field), true},
                                   {"tags", Json::Array{}},
                                   {"creation_time", document_time(document.creation_time)}});
  return deleted;
}

void warn_left_out(const Registry& registry, std::string_view key, std::string_view why,
                   const Context& context) {
  context.progress.warn(fmt::format("'{}/{}' is left out: {}", registry.url(), key, why));
}

}  // namespace unio
