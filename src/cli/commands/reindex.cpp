#include <fmt/format.h>

#include "app/catalogs.hpp"
#include "cli/commands.hpp"
#include "cli/commands/catalog.hpp"

namespace unio {
namespace {

CommandRun setup(Arguments&) {
  return [](Session& session) {
    const std::string url = session.app().default_registry();
    const auto catalog = Catalogs(session.app().config()).open_to_rebuild(url);
    const CatalogUpdate update = reindex(open_registry(session, url), *catalog, session.context());
    if (session.json()) {
      session.print_json(Json::object({{"registry", url},
                                       {"catalog", catalog->url()},
                                       {"documents", static_cast<std::uint64_t>(update.changed)}}));
    }
    session.line(fmt::format("Indexed {} of {}", human_count(update.changed, "publication"), printable(url)));
    return 0;
  };
}

}  // namespace

Command reindex_command() {
  return {.name = "reindex",
          .group = Command::Group::manage,
          .summary = "Build the catalogue anew from the registry",
          .details =
              "The catalogue is only an index of what lies in the registry. This is needed for what other\n"
              "programs, such as quilt3, have put there or removed since.",
          .examples = "unio reindex\nunio --registry s3://lab-data reindex",
          .setup = setup};
}

}  // namespace unio
