#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "catalog/sqlite/sqlite_catalog.hpp"
#include "engine/catalog_update.hpp"
#include "engine/history.hpp"
#include "unit/engine/artifact_fixture.hpp"

namespace unio::test {

/// A registry in memory, and catalogues of it.
class CatalogTest : public ArtifactTest {
 protected:
  std::unique_ptr<Catalog> new_catalog() {
    const std::string name = "catalog" + std::to_string(made_++) + ".sqlite";
    return open_sqlite_catalog(folder_.path() / name);
  }

  CatalogUpdate update(Catalog& catalog) {
    clock_.advance(std::chrono::seconds(1));
    return update_catalog(registry_, catalog, context_);
  }

  /// The ids of what the text finds, newest first.
  static std::vector<std::string> found(Catalog& catalog, std::string_view text, Time now) {
    std::vector<std::string> ids;
    for (const CatalogDocument& document : find_published(catalog, parse_query(text, now), {}).documents)
      ids.push_back(document.id);
    return ids;
  }
  std::vector<std::string> found(Catalog& catalog, std::string_view text) {
    return found(catalog, text, clock_.now());
  }

  /// All that is found, by id, without the moment at which it was looked at.
  static std::map<std::string, CatalogDocument> content(Catalog& catalog) {
    std::map<std::string, CatalogDocument> documents;
    FindOptions all;
    all.limit = 1000;
    for (CatalogDocument& document : find_published(catalog, parse_query(Json::object()), all).documents) {
      if (document.kind != DocumentKind::artifact) document.revision = 0;
      documents.emplace(document.id, std::move(document));
    }
    return documents;
  }

  /// What a catalogue says that is built from the store alone.
  std::map<std::string, CatalogDocument> content_of_store() {
    const auto catalog = new_catalog();
    reindex(registry_, *catalog, context_);
    return content(*catalog);
  }

  int made_ = 0;
  std::unique_ptr<Catalog> catalog_ = new_catalog();
};

}  // namespace unio::test
