#include "engine/catalog_update.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "engine/artifact_documents.hpp"
#include "engine/catalog_batches.hpp"
#include "engine/package_documents.hpp"
#include "engine/pointer_value.hpp"
#include "engine/read_many.hpp"
#include "engine/settle.hpp"
#include "engine/value_documents.hpp"
#include "model/registry_layout.hpp"

namespace unio {
namespace {

/// What the feed says of one package.
struct TouchedPackage {
  std::set<std::string> hashes;  ///< that were published, or that a name came to or left
  bool deleted = false;          ///< whether a name was removed
};

/// What points where in one package, as far as it was read.
struct PackageNames {
  std::vector<std::string> pointers;                       ///< their names
  std::map<std::string, std::vector<std::string>> tags;    ///< by top hash, sorted
  std::optional<std::map<std::string, std::int64_t>> all;  ///< by top hash, the first second; read on demand
};

/// Brings the documents of what the feed names up to date.
class Updater {
 public:
  Updater(const Registry& registry, Catalog& catalog, CatalogBatches& batches, const Context& context)
      : registry_(registry),
        catalog_(catalog),
        batches_(batches),
        context_(context),
        repositories_(registry, catalog, batches, context) {}

  void take(const FeedEntry& entry) {
    try {
      if (entry.kind == "artifact") {
        take_artifact(entry.record);
      } else if (entry.kind == "package") {
        touched_[PackageName::parse(entry.record.get_string("package"))].hashes.insert(
            entry.record.get_string("top_hash"));
      } else if (entry.kind == "tag" || entry.kind == "rollback" || entry.kind == "delete") {
        take_move(entry.record);
      } else if (entry.kind == "value") {
        repositories_.take(entry.record);
      }
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corruption && error.code() != ErrorCode::invalid_argument) throw;
      context_.progress.warn(fmt::format("entry '{}' of the feed is left out: {}", entry.op, error.what()));
    }
    if (artifacts_.size() >= artifacts_at_once) put_artifacts();
    if (touched_.size() >= revisions_at_once) put_packages();
  }

  /// Nothing was taken when there is nothing to put.
  void finish(const CatalogStates& states) {
    put_artifacts();
    put_packages();
    repositories_.put();
    batches_.put({}, states);
  }

 private:
  void take_artifact(const Json& record) {
    PublishedArtifact artifact{record.get_string("folder"), record.get_string("metadata")};
    const bool valid =
        layout::is_artifact_folder(artifact.folder) && layout::metadata_revision(artifact.metadata);
    if (!valid) throw Error(ErrorCode::corruption, fmt::format("'{}' is no artifact", artifact.folder));
    artifacts_.push_back(std::move(artifact));
  }

  void take_move(const Json& record) {
    TouchedPackage& package = touched_[PackageName::parse(record.get_string("package"))];
    const auto to = record.find_string("to");
    const auto from = record.find_string("from");
    if (from) package.hashes.insert(*from);
    if (to) package.hashes.insert(*to);
    package.deleted = package.deleted || !to;
  }

  void put_artifacts() {
    if (artifacts_.empty()) return;
    batches_.put(artifact_documents(registry_, artifacts_, metadata_, context_));
    artifacts_.clear();
  }

  void put_packages() {
    if (touched_.empty()) return;
    seen_ = context_.clock.now();
    read_names();
    for (const auto& [name, touched] : touched_) {
      PackageNames& names = names_.at(name);
      std::vector<PublishedRevision> revisions = choose(name, touched, names);
      for (std::size_t start = 0; start < revisions.size(); start += revisions_at_once) {
        const std::size_t count = std::min(revisions_at_once, revisions.size() - start);
        put_revisions(std::span(revisions).subspan(start, count));
      }
      put_moved_tags(name, names);
    }
    touched_.clear();
    names_.clear();
  }

  /// Lists the pointers of all touched packages, and reads those that are no timestamps, of which there may
  /// be many.
  void read_names() {
    std::vector<std::pair<const PackageName*, PackageNames*>> packages;
    for (const auto& [name, touched] : touched_) packages.emplace_back(&name, &names_[name]);
    ask_many(registry_.store(), packages.size(), context_, [&](std::size_t i) {
      packages[i].second->pointers = registry_.pointer_names(*packages[i].first);
    });
    std::vector<std::string> keys;
    std::vector<std::pair<PackageNames*, std::string>> owners;
    for (const auto& [name, names] : packages) {
      for (const std::string& pointer : names->pointers) {
        if (is_timestamp(pointer)) continue;
        keys.push_back(layout::pointer(*name, pointer));
        owners.emplace_back(names, pointer);
      }
    }
    std::vector<std::optional<std::string>> values(keys.size());
    read_beginnings(registry_.store(), keys, longest_pointer, context_,
                    [&](std::size_t i, std::optional<std::string> content) {
                      if (content) values[i] = find_pointer_value(*content);
                    });
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (values[i]) owners[i].first->tags[*values[i]].push_back(owners[i].second);
    }
  }

  /// Where all names of a package point, timestamps included: only for what nothing else tells.
  const std::map<std::string, std::int64_t>& all_names(const PackageName& name, PackageNames& names) {
    if (names.all) return *names.all;
    names.all.emplace();
    for (const Pointer& pointer : registry_.pointers(name)) {
      const std::int64_t second = find_second(pointer.name).value_or(INT64_MAX);
      const auto [place, added] = names.all->emplace(pointer.top_hash, second);
      if (!added) place->second = std::min(place->second, second);
    }
    return *names.all;
  }

  /// The revisions that are to be read: those that the feed names, and those that a tag names and nobody told
  /// of. The ones that are no more are put as deleted.
  std::vector<PublishedRevision> choose(const PackageName& name, const TouchedPackage& touched,
                                        PackageNames& names) {
    std::vector<PublishedRevision> chosen;
    std::vector<CatalogDocument> deleted;
    const auto choose_one = [&](const std::string& hash) {
      const auto tags = names.tags.find(hash);
      chosen.push_back({name, hash, tags == names.tags.end() ? std::vector<std::string>{} : tags->second});
    };
    for (const std::string& hash : touched.hashes) {
      const bool asks = touched.deleted && !names.tags.contains(hash);
      if (!asks || all_names(name, names).contains(hash)) {
        choose_one(hash);
      } else if (const auto known = catalog_.find_document(revision_id(name, hash))) {
        deleted.push_back(deleted_document(*known, seen_));
      }
    }
    for (const auto& [hash, tags] : names.tags) {
      if (!touched.hashes.contains(hash) && !catalog_.find_document(revision_id(name, hash)))
        choose_one(hash);
    }
    if (!deleted.empty()) batches_.put(deleted, {{std::string(deleted_state), "1"}});
    return chosen;
  }

  void put_revisions(std::span<const PublishedRevision> revisions) {
    const RevisionQuestions questions{
        .first_second = [&](const PublishedRevision& revision) -> std::optional<std::int64_t> {
          const auto& all = all_names(revision.name, names_.at(revision.name));
          const auto found = all.find(revision.top_hash);
          if (found == all.end() || found->second == INT64_MAX) return std::nullopt;
          return found->second;
        },
        .is_known = [&](std::string_view id) { return catalog_.find_document(id).has_value(); }};
    batches_.put(package_documents(registry_, revisions, seen_, questions, context_));
  }

  /// Documents of which the catalogue thinks that other names point at them.
  void put_moved_tags(const PackageName& name, const PackageNames& names) {
    std::vector<CatalogDocument> moved;
    const auto compare = [&](const CatalogDocument& document) {
      const std::string hash = document.document.find_string("top_hash").value_or("");
      const auto found = names.tags.find(hash);
      const std::vector<std::string> tags =
          found == names.tags.end() ? std::vector<std::string>{} : found->second;
      CatalogDocument changed = with_tags(document, tags, seen_);
      if (!(changed.document == document.document)) moved.push_back(std::move(changed));
    };
    const Query tagged =
        parse_query(Json::object({{"name", name.text()}, {"tags.0", Json::object({{"$exists", true}})}}));
    FindOptions options{.limit = revisions_at_once, .after = {}, .counting = Counting::no};
    options.time_limit = std::chrono::minutes(1);
    do {
      const FindPage page = catalog_.find(tagged, options);
      for (const CatalogDocument& document : page.documents) compare(document);
      options.after = page.next;
    } while (options.after);
    for (const auto& [hash, tags] : names.tags) {
      if (const auto document = catalog_.find_document(revision_id(name, hash))) compare(*document);
    }
    if (!moved.empty()) batches_.put(moved);
  }

  const Registry& registry_;
  Catalog& catalog_;
  CatalogBatches& batches_;
  const Context& context_;
  Time seen_{};
  MetadataReader metadata_;
  std::vector<PublishedArtifact> artifacts_;
  std::map<PackageName, TouchedPackage> touched_;
  std::map<PackageName, PackageNames> names_;
  RepositoryUpdates repositories_;
};

/// Where the catalogue is in the feed; absent when it does not know.
std::optional<FeedPosition> find_position(Catalog& catalog) {
  const auto text = catalog.find_state(feed_state);
  if (!text) return std::nullopt;
  try {
    return FeedPosition::parse(*text);
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// A database may be meant for another registry by mistake.
void check_registry(const Registry& registry, Catalog& catalog) {
  const auto url = catalog.find_state(registry_state);
  if (!url || *url == registry.url()) return;
  throw Error(ErrorCode::failed_precondition,
              fmt::format("'{}' is the catalogue of '{}', not of '{}'", catalog.url(), *url, registry.url()),
              "give each registry a database of its own, or unio reindex to take this one for it");
}

CatalogUpdate rebuild(const Registry& registry, Catalog& catalog, Present present, const Context& context) {
  CatalogUpdate update;
  const auto fill = [&](Catalog& filled) {
    CatalogBatches batches(filled, context);
    fill_catalog(registry, batches, context);
    update = {batches.read(), batches.changed(), true};
  };
  catalog.rebuild(fill, present);
  return update;
}

}  // namespace

CatalogUpdate update_catalog(const Registry& registry, Catalog& catalog, const Context& context) {
  check_registry(registry, catalog);
  settle(registry, context);
  const ProgressPhase phase(context.progress, "indexing");
  const auto position = find_position(catalog);
  if (!position) return rebuild(registry, catalog, Present::stays, context);
  CatalogBatches batches(catalog, context);
  Updater updater(registry, catalog, batches, context);
  const FeedQuery query{.after = *position, .wanted = {}};
  const FeedReading reading =
      read_feed(registry, query, context, [&](const FeedEntry& entry) { updater.take(entry); });
  if (!(reading.position == *position)) updater.finish({{std::string(feed_state), reading.position.text()}});
  tidy_feed(registry, reading, context);
  return {batches.read(), batches.changed(), false};
}

CatalogUpdate reindex(const Registry& registry, Catalog& catalog, const Context& context) {
  settle(registry, context);
  const ProgressPhase phase(context.progress, "indexing");
  return rebuild(registry, catalog, Present::goes, context);
}

FindPage find_published(Catalog& catalog, const Query& query, const FindOptions& options) {
  if (!catalog.find_state(deleted_state)) return catalog.find(query, options);
  const Query is_deleted{query::Field{FieldPath::parse(deleted_field), query::Exists{}}};
  return catalog.find(Query{query::All{{query, Query{query::None{{is_deleted}}}}}}, options);
}

}  // namespace unio
