#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>

#include "base/error.hpp"
#include "engine/artifact_documents.hpp"
#include "engine/catalog_batches.hpp"
#include "engine/package_documents.hpp"
#include "engine/pointer_value.hpp"
#include "engine/read_many.hpp"
#include "engine/value_documents.hpp"
#include "model/registry_layout.hpp"

namespace unio {
namespace {

/// From there on the feed is read after the store was: entries are written under the store's time, from which
/// this machine's may differ.
constexpr std::chrono::hours feed_overlap{48};
constexpr std::size_t pointers_at_once = 2000;

FeedPosition position_before(const Registry& registry, const Context& context) {
  FeedQuery query;
  query.after.newest = context.clock.now() - feed_overlap;
  query.wanted = [](std::string_view) { return false; };
  return read_feed(registry, query, context, [](const FeedEntry&) {}).position;
}

/// The pointers of one package, and where they point.
struct PackagePointers {
  PackageName name;
  std::vector<std::string> pointers;
};

/// Reads the whole store, and puts it into a catalogue.
class Filler {
 public:
  Filler(const Registry& registry, CatalogBatches& batches, const Context& context)
      : registry_(registry), batches_(batches), context_(context), seen_(context.clock.now()) {}

  void fill_artifacts() {
    for (const std::string& year : years()) {
      for_each_object(registry_.store(), year, [&](const ObjectInfo& object) { take_artifact(object.key); });
    }
    end_artifact();
    put_artifacts();
  }

  void fill_packages() {
    for_each_object(registry_.store(), layout::named_packages,
                    [&](const ObjectInfo& object) { take_pointer(object.key); });
    end_package(outer_);
    end_package(inner_);
    put_packages();
  }

 private:
  /// "2026/", …: nothing else at the top is listed.
  std::vector<std::string> years() const {
    std::vector<std::string> years;
    for (const char* millennium : {"1", "2"}) {
      ListOptions options{.prefix = millennium, .delimiter = "/", .start = {}};
      do {
        throw_if_stopped(context_.stop);
        const ListPage page = registry_.store().list(options);
        for (const std::string& folder : page.folders) {
          constexpr std::size_t length = std::string_view("2026/").size();
          if (folder.size() == length && is_timestamp(std::string_view(folder).substr(0, length - 1)))
            years.push_back(folder);
        }
        options.start = page.next;
      } while (!options.start.empty());
    }
    return years;
  }

  /// Keys come in ascending order, so that all of one artifact are together.
  void take_artifact(const std::string& key) {
    throw_if_stopped(context_.stop);
    const std::size_t slash = key.rfind('/');
    const auto revision = layout::metadata_revision(std::string_view(key).substr(slash + 1));
    const std::string_view folder = std::string_view(key).substr(0, slash);
    if (!revision || !layout::is_artifact_folder(folder)) return;
    if (folder != artifact_) end_artifact();
    artifact_ = folder;
    newest_ = std::max(newest_, *revision);
  }

  void end_artifact() {
    if (newest_ >= 0) artifacts_.push_back({artifact_, layout::metadata_file(newest_)});
    newest_ = -1;
    if (artifacts_.size() >= artifacts_at_once) put_artifacts();
  }

  void put_artifacts() {
    batches_.put_meanwhile(artifact_documents(registry_, artifacts_, metadata_, context_));
    artifacts_.clear();
  }

  /// The pointers of `ds` stand around those of `ds/v1`: they are gathered beside each other.
  void take_pointer(const std::string& key) {
    throw_if_stopped(context_.stop);
    const std::string_view path = std::string_view(key).substr(layout::named_packages.size());
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos) return;
    const std::string_view name = path.substr(0, slash);
    auto& package = name.find('/') == std::string_view::npos ? outer_ : inner_;
    if (!package || package->name.text() != name) {
      end_package(package);
      package = begin_package(name);
    }
    if (package) package->pointers.emplace_back(path.substr(slash + 1));
  }

  std::optional<PackagePointers> begin_package(std::string_view name) const {
    try {
      return PackagePointers{PackageName::parse(name), {}};
    } catch (const Error&) {
      context_.progress.warn(fmt::format("'{}' is no package of '{}'", name, registry_.url()));
      return std::nullopt;
    }
  }

  void end_package(std::optional<PackagePointers>& package) {
    if (!package) return;
    waiting_ += package->pointers.size();
    packages_.push_back(*std::move(package));
    package.reset();
    if (waiting_ >= pointers_at_once) put_packages();
  }

  void put_packages() {
    std::vector<PublishedRevision> revisions = read_revisions();
    const RevisionQuestions questions{
        .first_second = [&](const PublishedRevision& revision) -> std::optional<std::int64_t> {
          const auto found = seconds_.find(revision_id(revision.name, revision.top_hash));
          return found == seconds_.end() ? std::nullopt : std::optional(found->second);
        },
        .is_known = [&](std::string_view id) { return ids_.contains(id); }};
    for (std::size_t start = 0; start < revisions.size(); start += revisions_at_once) {
      const std::size_t count = std::min(revisions_at_once, revisions.size() - start);
      const auto batch = std::span(revisions).subspan(start, count);
      batches_.put(package_documents(registry_, batch, seen_, questions, context_));
    }
    packages_.clear();
    waiting_ = 0;
    seconds_.clear();
    ids_.clear();
  }

  /// Where the pointers of the waiting packages point.
  std::vector<PublishedRevision> read_revisions() {
    std::vector<std::string> keys;
    std::vector<std::pair<const PackagePointers*, const std::string*>> owners;
    for (const PackagePointers& package : packages_) {
      for (const std::string& pointer : package.pointers) {
        keys.push_back(layout::pointer(package.name, pointer));
        owners.emplace_back(&package, &pointer);
      }
    }
    std::vector<std::optional<std::string>> values(keys.size());
    read_beginnings(registry_.store(), keys, longest_pointer, context_,
                    [&](std::size_t i, std::optional<std::string> content) {
                      if (content) values[i] = find_pointer_value(*content);
                      if (content && !values[i]) {
                        context_.progress.warn(fmt::format("pointer '{}' in '{}' does not hold a top hash",
                                                           keys[i], registry_.url()));
                      }
                    });
    std::map<std::string, PublishedRevision> revisions;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (values[i]) add_pointer(revisions, owners[i].first->name, *values[i], *owners[i].second);
    }
    std::vector<PublishedRevision> list;
    for (auto& [id, revision] : revisions) {
      ids_.insert(id);
      list.push_back(std::move(revision));
    }
    return list;
  }

  void add_pointer(std::map<std::string, PublishedRevision>& revisions, const PackageName& name,
                   const std::string& hash, const std::string& pointer) {
    const std::string id = revision_id(name, hash);
    PublishedRevision& revision = revisions.try_emplace(id, PublishedRevision{name, hash, {}}).first->second;
    if (!is_timestamp(pointer)) return revision.tags.push_back(pointer);
    if (const auto second = find_second(pointer)) {
      const auto [place, added] = seconds_.emplace(id, *second);
      if (!added) place->second = std::min(place->second, *second);
    }
  }

  const Registry& registry_;
  CatalogBatches& batches_;
  const Context& context_;
  const Time seen_;
  std::string artifact_;      ///< the folder that keys are of at present
  std::int64_t newest_ = -1;  ///< revision of its metadata
  MetadataReader metadata_;
  std::vector<PublishedArtifact> artifacts_;
  std::optional<PackagePointers> outer_;  ///< of a name with one segment
  std::optional<PackagePointers> inner_;
  std::vector<PackagePointers> packages_;
  std::size_t waiting_ = 0;  ///< pointers of those packages
  std::map<std::string, std::int64_t, std::less<>> seconds_;
  std::set<std::string, std::less<>> ids_;
};

}  // namespace

void fill_catalog(const Registry& registry, CatalogBatches& batches, const Context& context) {
  const FeedPosition position = position_before(registry, context);
  batches.set_indexing(Indexing::later);
  Filler filler(registry, batches, context);
  filler.fill_artifacts();
  filler.fill_packages();
  for (const std::string& index : find_repositories(registry, context))
    put_values(registry, index, batches, context);
  batches.set_indexing(Indexing::now);
  batches.put({},
              {{std::string(feed_state), position.text()}, {std::string(registry_state), registry.url()}});
}

}  // namespace unio
