#include "cli/commands/catalog.hpp"

#include <fmt/format.h>

#include <charconv>

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
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), count);
  if (error == std::errc() && end == text->data() + text->size() && count > 0) return count;
  throw Error(ErrorCode::invalid_argument, fmt::format("{} '{}' is no positive number", option, *text));
}

std::string_view kind_name(DocumentKind kind) {
  switch (kind) {
    case DocumentKind::artifact:
      return "artifact";
    case DocumentKind::package:
      return "package";
    case DocumentKind::value:
      return "value";
  }
  return "?";
}

}  // namespace unio
