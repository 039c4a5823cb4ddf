#include "engine/package_documents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "engine/pointer_value.hpp"
#include "engine/read_many.hpp"
#include "model/artifact.hpp"
#include "model/registry_layout.hpp"

namespace unio {
namespace {

constexpr std::uint64_t usual_record = std::uint64_t{16} << 10;
constexpr std::uint64_t usual_header = std::uint64_t{16} << 10;
/// A longer first line of a manifest is no header.
constexpr std::uint64_t longest_header = std::uint64_t{16} << 20;

Json json_list(const std::vector<std::string>& texts) {
  return Json::Array(texts.begin(), texts.end());
}

/// What one publication says of a revision.
struct RevisionRecord {
  std::string package;
  Time created{};
  std::string op;
  Json json;

  /// The first publication counts, whichever order the records are met in.
  bool operator<(const RevisionRecord& other) const {
    return std::tie(created, op) < std::tie(other.created, other.op);
  }
};

/// By top hash; each list ascending.
using RevisionRecords = std::map<std::string, std::vector<RevisionRecord>, std::less<>>;

std::vector<std::string> record_keys(const Registry& registry, const std::vector<std::string>& hashes,
                                     const Context& context) {
  Synchronized<std::vector<std::string>> keys;
  ask_many(registry.store(), hashes.size(), context, [&](std::size_t i) {
    const std::vector<std::string> found = keys_below(registry.store(), layout::revisions(hashes[i]));
    auto all = keys.lock();
    all->insert(all->end(), found.begin(), found.end());
  });
  return std::move(*keys.lock());
}

void add_record(Synchronized<RevisionRecords>& records, std::string_view content) {
  Json json = Json::parse(content);
  RevisionRecord record{
      json.get_string("package"), parse_time(json.get_string("created")), json.get_string("op"), {}};
  const std::string hash = json.get_string("top_hash");
  record.json = std::move(json);
  (*records.lock())[hash].push_back(std::move(record));
}

RevisionRecords read_records(const Registry& registry, const std::set<std::string>& hashes,
                             const Context& context) {
  const std::vector<std::string> keys = record_keys(registry, {hashes.begin(), hashes.end()}, context);
  Synchronized<RevisionRecords> records;
  read_many(registry.store(), keys, usual_record, context,
            [&](std::size_t i, std::optional<std::string> content) {
              if (!content) return;
              try {
                add_record(records, *content);
              } catch (const Error& error) {
                warn_left_out(registry, keys[i], error.what(), context);
              }
            });
  for (auto& [hash, list] : *records.lock()) std::sort(list.begin(), list.end());
  return std::move(*records.lock());
}

const RevisionRecord* find_record_of(const RevisionRecords& records, const PackageName& name,
                                     std::string_view hash) {
  const auto list = records.find(hash);
  if (list == records.end()) return nullptr;
  const auto found = std::find_if(list->second.begin(), list->second.end(),
                                  [&](const RevisionRecord& r) { return r.package == name.text(); });
  return found == list->second.end() ? nullptr : &*found;
}

std::vector<std::string> parents_of(const RevisionRecord& record) {
  std::vector<std::string> parents;
  const Json* list = record.json.find("parents");
  if (list == nullptr || list->if_array() == nullptr) return parents;
  for (const Json& parent : *list->if_array()) {
    const std::string* hash = parent.if_string();
    const bool repeated = hash && std::find(parents.begin(), parents.end(), *hash) != parents.end();
    if (hash && find_pointer_value(*hash) == *hash && !repeated) parents.push_back(*hash);
  }
  return parents;
}

/// Ids that the record names besides its parents.
std::vector<std::string> further_parents(const RevisionRecord& record) {
  std::vector<std::string> ids;
  const Json* list = record.json.find("based_on");
  if (list == nullptr || list->if_array() == nullptr) return ids;
  for (const Json& id : *list->if_array()) {
    if (id.if_string() != nullptr) ids.push_back(*id.if_string());
  }
  return ids;
}

/// The headers of manifests, by top hash.
using Headers = std::map<std::string, Json, std::less<>>;

std::optional<Json> find_header(const Registry& registry, const std::string& key,
                                std::string_view beginning) {
  std::string more;
  if (beginning.find('\n') == std::string_view::npos && beginning.size() > usual_header) {
    registry.store().read(key, {0, longest_header}, [&](Bytes bytes) { more += as_text(bytes); });
    beginning = more;
  }
  Json header = Json::parse(beginning.substr(0, beginning.find('\n')));
  return header.is_object() ? std::optional(std::move(header)) : std::nullopt;
}

Headers read_headers(const Registry& registry, const std::set<std::string>& hashes, const Context& context) {
  std::vector<std::string> keys;
  for (const std::string& hash : hashes) keys.push_back(layout::manifest(hash));
  const std::vector<std::string> in_order(hashes.begin(), hashes.end());
  Synchronized<Headers> headers;
  read_beginnings(registry.store(), keys, usual_header, context,
                  [&](std::size_t i, std::optional<std::string> beginning) {
                    if (!beginning) return warn_left_out(registry, keys[i], "it is not there", context);
                    try {
                      auto header = find_header(registry, keys[i], *beginning);
                      if (header) return headers.lock()->insert_or_assign(in_order[i], *header), void();
                      warn_left_out(registry, keys[i], "it has no header", context);
                    } catch (const Error& error) {
                      if (error.code() == ErrorCode::cancelled) throw;
                      warn_left_out(registry, keys[i], error.what(), context);
                    }
                  });
  return std::move(*headers.lock());
}

/// "4f7c2b1e9d-dirty", as records without an environment have it, as a member of a document.
std::optional<Json> git_of(const RevisionRecord& record) {
  auto commit = record.json.find_string("git_commit");
  if (!commit) return std::nullopt;
  constexpr std::string_view mark = "-dirty";
  const bool dirty = commit->ends_with(mark);
  if (dirty) commit->resize(commit->size() - mark.size());
  return Json::object({{"commit", *commit}, {"dirty", dirty}});
}

/// Makes the documents of one batch of revisions.
class PackageDocuments {
 public:
  PackageDocuments(const Registry& registry, std::span<const PublishedRevision> revisions, Time seen,
                   const RevisionQuestions& questions, const Context& context)
      : registry_(registry), revisions_(revisions), seen_(seen), questions_(questions), context_(context) {}

  std::vector<CatalogDocument> make() {
    std::set<std::string> hashes;
    for (const PublishedRevision& revision : revisions_) {
      hashes.insert(revision.top_hash);
      ids_.insert(revision_id(revision.name, revision.top_hash));
    }
    records_ = read_records(registry_, hashes, context_);
    parent_records_ = read_records(registry_, foreign_parents(), context_);
    headers_ = read_headers(registry_, hashes, context_);
    std::vector<CatalogDocument> documents;
    for (const PublishedRevision& revision : revisions_) {
      try {
        if (auto document = find_document(revision)) documents.push_back(*std::move(document));
      } catch (const Error& error) {
        warn_left_out(registry_, layout::revisions(revision.top_hash), error.what(), context_);
      }
    }
    return documents;
  }

 private:
  bool is_known(const std::string& id) const { return ids_.contains(id) || questions_.is_known(id); }

  /// Parents that are not known as revisions of the same package: an added package has another name.
  std::set<std::string> foreign_parents() const {
    std::set<std::string> hashes;
    for (const PublishedRevision& revision : revisions_) {
      const RevisionRecord* record = find_record_of(records_, revision.name, revision.top_hash);
      if (record == nullptr) continue;
      for (const std::string& parent : parents_of(*record)) {
        if (!is_known(revision_id(revision.name, parent))) hashes.insert(parent);
      }
    }
    return hashes;
  }

  std::string parent_id(const PackageName& name, const std::string& parent) const {
    const std::string own = revision_id(name, parent);
    const auto records = parent_records_.find(parent);
    if (records == parent_records_.end() || is_known(own)) return own;
    if (find_record_of(parent_records_, name, parent)) return own;
    return fmt::format("{}@{}", records->second.front().package, parent);
  }

  std::optional<CatalogDocument> find_document(const PublishedRevision& revision) const {
    const auto header = headers_.find(revision.top_hash);
    if (header == headers_.end()) return std::nullopt;
    const RevisionRecord* record = find_record_of(records_, revision.name, revision.top_hash);
    CatalogDocument document{.kind = DocumentKind::package,
                             .id = revision_id(revision.name, revision.top_hash),
                             .creation_time = {},
                             .revision = number_of_view(seen_),
                             .based_on = {},
                             .document = {}};
    if (record) {
      document.creation_time = record->created;
      for (const std::string& parent : parents_of(*record))
        document.based_on.push_back(parent_id(revision.name, parent));
      for (std::string& parent : further_parents(*record)) document.based_on.push_back(std::move(parent));
      document.based_on = distinct_ids(document.based_on);
    } else if (const auto second = questions_.first_second(revision)) {
      document.creation_time = time_from_unix_seconds(*second);
    } else {
      throw Error(ErrorCode::not_found, fmt::format("nothing says when '{}' was published", document.id));
    }
    document.document = body(revision, header->second, record, document);
    return document;
  }

  /// What is known of the surroundings, under the names that documents of artifacts have for it.
  void add_surroundings(Json& json, const RevisionRecord& record) const {
    const Json* recorded = record.json.find("environment");
    try {
      if (recorded == nullptr) {
        if (auto git = git_of(record)) json.set("git", *std::move(git));
        return;
      }
      const Json environment = RevisionEnvironment::parse(*recorded).document();
      for (const auto& [name, value] : *environment.if_object()) json.set(name, value);
    } catch (const Error& error) {
      const std::string& hash = record.json.get_string("top_hash");
      warn_left_out(registry_, layout::revision(hash, record.op), error.what(), context_);
    }
  }

  Json body(const PublishedRevision& revision, const Json& header, const RevisionRecord* record,
            const CatalogDocument& document) const {
    Json json = Json::object({{"kind", "package"},
                              {"name", revision.name.text()},
                              {"top_hash", revision.top_hash},
                              {"tags", json_list(revision.tags)}});
    const auto copy = [&](std::string_view from, std::string_view to, const Json& source) {
      const Json* value = source.find(from);
      if (value != nullptr && !value->is_null()) json.set(std::string(to), *value);
    };
    copy("message", "message", header);
    copy("user_meta", "meta", header);
    if (record) {
      copy("user", "username", record->json);
      copy("host", "hostname", record->json);
      add_surroundings(json, *record);
    }
    json.set("creation_time", document_time(document.creation_time));
    json.set("based_on", json_list(document.based_on));
    if (record) copy("bytes", "bytes", record->json);
    return json;
  }

  const Registry& registry_;
  std::span<const PublishedRevision> revisions_;
  const Time seen_;
  const RevisionQuestions& questions_;
  const Context& context_;
  std::set<std::string, std::less<>> ids_;  ///< of this batch
  RevisionRecords records_;
  RevisionRecords parent_records_;
  Headers headers_;
};

}  // namespace

std::string revision_id(const PackageName& name, std::string_view top_hash) {
  return fmt::format("{}@{}", name.text(), top_hash);
}

bool is_revision_id(std::string_view id) {
  const auto at = id.rfind('@');
  if (at == std::string_view::npos || !is_top_hash(id.substr(at + 1))) return false;
  try {
    PackageName::parse(id.substr(0, at));
    return true;
  } catch (const Error&) {
    return false;
  }
}

std::vector<CatalogDocument> package_documents(const Registry& registry,
                                               std::span<const PublishedRevision> revisions, Time seen,
                                               const RevisionQuestions& questions, const Context& context) {
  return PackageDocuments(registry, revisions, seen, questions, context).make();
}

CatalogDocument with_tags(CatalogDocument document, const std::vector<std::string>& tags, Time seen) {
  document.document.set("tags", json_list(tags));
  document.revision = number_of_view(seen);
  return document;
}

}  // namespace unio
