#include "cli/commands/catalog.hpp"

#include <fmt/format.h>

#include "app/catalogs.hpp"
#include "base/error.hpp"

namespace unio {
namespace {

void update(Session& session, const std::string& url, Catalog& catalog) {
  try {
    update_catalog(open_registry(session, url), catalog, session.context());
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unavailable || !error.hint().empty()) throw;
    throw Error(error.code(), error.what(), "--offline looks only at what was read before");
  }
}

}  // namespace

void use_catalog(Session& session, Freshness freshness, const std::function<void(Catalog&)>& body) {
  const std::string url = session.app().default_registry();
  const Catalogs catalogs(session.app().config());
  catalogs.use(url, session.context().progress, [&](Catalog& catalog) {
    if (freshness == Freshness::updated) update(session, url, catalog);
    body(catalog);
  });
}

std::optional<std::size_t> parse_count(const std::optional<std::string>& text, std::string_view option) {
  if (!text) return std::nullopt;
  const auto count = find_number<std::size_t>(*text);
  if (count && *count > 0) return count;
  throw Error(ErrorCode::invalid_argument, fmt::format("{} '{}' is no positive number", option, *text));
}

}  // namespace unio
