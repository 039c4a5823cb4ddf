#include "engine/value_documents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/percent.hpp"
#include "base/threads.hpp"
#include "engine/read_many.hpp"
#include "model/registry_layout.hpp"
#include "model/value_path.hpp"

namespace unio {
namespace {

constexpr std::uint64_t largest_index = std::uint64_t{1} << 30;
constexpr std::size_t values_at_once = 1000;
constexpr std::string_view usual_name = "repository.json";
constexpr std::uint64_t usual_mark = 2048;
/// Folders below the top in which a `repository.json` is looked for.
constexpr int deepest = 2;

/// Members of an index that are no metadata of the handler, or the user's.
constexpr std::array known_members{"name", "version", "created_at", "expiry", "fname", "handler", "unio"};

Json metadata_of(const ValueVersion& version) {
  Json metadata = Json::object();
  const Json::Object members = version.members();
  for (const auto& [name, value] : members) {
    if (std::find(known_members.begin(), known_members.end(), name) == known_members.end())
      metadata.set(name, value);
  }
  return metadata;
}

Json list_of_one(Json element) {
  Json::Array list;
  list.push_back(std::move(element));
  return list;
}

Json file_of(const ValueVersion& version) {
  Json file = Json::object({{"relpath", version.file_name}});
  if (version.sha256) file.set("sha256", to_hex(*version.sha256));
  if (version.size) file.set("size", *version.size);
  return file;
}

/// Absent, with a warning, where there is no index that can be read.
std::optional<RepositoryIndex> find_index(const Registry& registry, const std::string& key,
                                          const Context& context) {
  std::string why = "it is not there";
  try {
    if (auto found = find_object(registry.store(), key, largest_index))
      return RepositoryIndex::parse(std::move(found->content));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corruption && error.code() != ErrorCode::invalid_argument) throw;
    why = error.what();
  }
  warn_left_out(registry, key, why, context);
  return std::nullopt;
}

/// A key from outside.
void check_index_key(const std::string& key) {
  check_object_key(key);
  if (key.starts_with(layout::own_parts) || key.starts_with(".quilt/"))
    throw Error(ErrorCode::corruption, fmt::format("'{}' is no index of a repository", key));
}

VersionName version_name(const Json& json) {
  const Json::Array* pair = json.if_array();
  if (pair == nullptr || pair->size() != 2 || !(*pair)[0].is_string() || (*pair)[1].if_integer() == nullptr)
    throw Error(ErrorCode::corruption, "one of its 'versions' is no name and number");
  return {*(*pair)[0].if_string(), *(*pair)[1].if_integer()};
}

void put_versions(const std::string& index_key, const RepositoryIndex& index,
                  const std::vector<std::size_t>& positions, Time seen, CatalogBatches& batches) {
  std::vector<CatalogDocument> documents;
  for (const std::size_t position : positions) {
    documents.push_back(value_document(index_key, index.versions()[position], seen));
    if (documents.size() < values_at_once) continue;
    batches.put(documents);
    documents.clear();
  }
  batches.put(documents);
}

std::vector<std::size_t> all_positions(const RepositoryIndex& index) {
  std::vector<std::size_t> positions(index.versions().size());
  for (std::size_t i = 0; i < positions.size(); ++i) positions[i] = i;
  return positions;
}

/// Finds indexes by their usual name, and where a registry of its own begins.
class RepositoryWalk {
 public:
  RepositoryWalk(const Registry& registry, const Context& context)
      : store_(registry.store()), context_(context) {}

  std::set<std::string> run() {
    std::vector<std::string> folders{""};
    for (int depth = 0; depth <= deepest && !folders.empty(); ++depth) {
      Synchronized<std::vector<std::string>> below;
      ask_many(store_, folders.size(), context_, [&](std::size_t i) {
        look_into(folders[i]);
        if (depth == deepest) return;
        const std::vector<std::string> found = folders_in(folders[i]);
        auto all = below.lock();
        all->insert(all->end(), found.begin(), found.end());
      });
      folders = std::move(*below.lock());
    }
    return std::move(*found_.lock());
  }

 private:
  void look_into(const std::string& folder) {
    const std::string key = folder + std::string(usual_name);
    if (store_.find(key)) found_.lock()->insert(key);
  }

  std::vector<std::string> folders_in(const std::string& folder) const {
    std::vector<std::string> folders;
    ListOptions options{.prefix = folder, .delimiter = "/", .start = {}};
    do {
      throw_if_stopped(context_.stop);
      const ListPage page = store_.list(options);
      for (const std::string& below : page.folders) {
        if (may_have_repositories(below)) folders.push_back(below);
      }
      options.start = page.next;
    } while (!options.start.empty());
    return folders;
  }

  /// Neither parts of registries nor artifacts, which lie below their years.
  static bool may_have_repositories(std::string_view folder) {
    constexpr std::size_t year_length = std::string_view("2026/").size();
    const bool is_year = folder.size() == year_length && is_timestamp(folder.substr(0, year_length - 1));
    return !is_year && !folder.ends_with(".unio/") && !folder.ends_with(".quilt/");
  }

  ObjectStore& store_;
  const Context& context_;
  Synchronized<std::set<std::string>> found_;
};

void add_marked(const Registry& registry, std::set<std::string>& keys, const Context& context) {
  const std::vector<std::string> marks = keys_below(registry.store(), layout::repositories);
  Synchronized<std::set<std::string>> found;
  read_many(registry.store(), marks, usual_mark, context,
            [&](std::size_t i, std::optional<std::string> content) {
              if (!content) return;
              try {
                const std::string key = Json::parse(*content).get_string("index");
                check_index_key(key);
                found.lock()->insert(key);
              } catch (const Error& error) {
                warn_left_out(registry, marks[i], error.what(), context);
              }
            });
  // Nobody need have saved there in the end, or it was taken away.
  for (const std::string& key : *found.lock()) {
    if (keys.contains(key) || registry.store().find(key)) keys.insert(key);
  }
}

/// Whether it lies in a registry below this one.
bool is_of_another(const Registry& registry, std::string_view key) {
  for (std::size_t slash = key.rfind('/'); slash != std::string_view::npos;) {
    const std::string_view folder = key.substr(0, slash);
    if (registry.store().find(fmt::format("{}/{}", folder, layout::format))) return true;
    slash = folder.rfind('/');
  }
  return false;
}

}  // namespace

std::string value_id(std::string_view index_key, std::string_view name, std::int64_t version) {
  return fmt::format("{}#{}@v{}", encode_url_path(index_key), name, version);
}

bool is_value_id(std::string_view id) {
  const std::size_t at = id.rfind('@');
  if (at == std::string_view::npos) return false;
  const std::string_view version = id.substr(at + 1);
  const std::size_t mark = std::min(id.find('#'), at);
  return version.starts_with('v') && is_timestamp(version.substr(1)) && mark > 0 && mark + 1 < at;
}

CatalogDocument value_document(std::string_view index_key, const ValueVersion& version, Time seen) {
  const std::string id = value_id(index_key, version.name, version.version);
  Json json = Json::object({{"kind", std::string(name(DocumentKind::value))},
                            {"value_id", id},
                            {"name", version.name},
                            {"version", version.version},
                            {"repository", index_key},
                            {"handler", version.handler},
                            {"creation_time", document_time(version.created)},
                            {"file_relpaths", list_of_one(version.file_name)},
                            {"files", list_of_one(file_of(version))},
                            {"meta", metadata_of(version)}});
  if (version.expiry) json.set("expiry", document_time(*version.expiry));
  return {.kind = DocumentKind::value,
          .id = id,
          .creation_time = version.created,
          .revision = number_of_view(seen),
          .based_on = {},
          .document = std::move(json)};
}

void RepositoryUpdates::take(const Json& record) {
  const std::string& key = record.get_string("repository");
  check_index_key(key);
  std::set<VersionName> versions;
  const Json* listed = record.find("versions");
  if (listed != nullptr && listed->if_array() == nullptr)
    throw Error(ErrorCode::corruption, "its 'versions' are no list");
  if (listed != nullptr) {
    for (const Json& pair : *listed->if_array()) versions.insert(version_name(pair));
  }
  TouchedRepository& touched = touched_[key];
  touched.versions.merge(versions);
  touched.all = touched.all || listed == nullptr;
}

void RepositoryUpdates::put() {
  for (const auto& [key, touched] : touched_) put_touched(key, touched);
  touched_.clear();
}

void RepositoryUpdates::put_touched(const std::string& index_key, const TouchedRepository& touched) {
  const Time seen = context_.clock.now();
  const auto index = find_index(registry_, index_key, context_);
  if (!index) return;
  std::vector<std::size_t> positions;
  if (touched.all) positions = all_positions(*index);
  for (const auto& [name, number] : touched.versions) {
    const auto position = touched.all ? std::nullopt : index->find(name, number);
    if (position) positions.push_back(*position);
  }
  put_versions(index_key, *index, positions, seen, batches_);
  if (touched.all) put_deleted(index_key, *index, seen);
}

/// Those that an index which stood in the place of this one had.
void RepositoryUpdates::put_deleted(const std::string& index_key, const RepositoryIndex& index, Time seen) {
  const Query of_repository = parse_query(Json::object({{"kind", "value"}, {"repository", index_key}}));
  FindOptions options{.limit = values_at_once, .after = {}, .counting = Counting::no};
  options.time_limit = std::chrono::minutes(1);
  std::vector<CatalogDocument> deleted;
  do {
    const FindPage page = catalog_.find(of_repository, options);
    for (const CatalogDocument& document : page.documents) {
      const Json& json = document.document;
      if (!index.find(json.get_string("name"), json.get_integer("version")))
        deleted.push_back(deleted_document(document, seen));
    }
    options.after = page.next;
  } while (options.after);
  if (!deleted.empty()) batches_.put(deleted, {{std::string(deleted_state), "1"}});
}

std::vector<std::string> find_repositories(const Registry& registry, const Context& context) {
  std::set<std::string> keys = RepositoryWalk(registry, context).run();
  add_marked(registry, keys, context);
  std::vector<std::string> own;
  for (const std::string& key : keys) {
    if (!is_of_another(registry, key)) own.push_back(key);
  }
  return own;
}

void put_values(const Registry& registry, const std::string& index_key, CatalogBatches& batches,
                const Context& context) {
  const Time seen = context.clock.now();
  if (const auto index = find_index(registry, index_key, context))
    put_versions(index_key, *index, all_positions(*index), seen, batches);
}

}  // namespace unio
