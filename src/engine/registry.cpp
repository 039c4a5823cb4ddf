#include "engine/registry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "engine/pointer_value.hpp"
#include "model/physical_key.hpp"
#include "model/registry_layout.hpp"

namespace unio {
namespace {

constexpr std::uint64_t longest_record = 1 << 20;

std::string pointer_value(std::string_view registry_url, std::string_view key, std::string_view content) {
  if (auto hash = find_pointer_value(content)) return *std::move(hash);
  throw Error(ErrorCode::corruption,
              fmt::format("pointer '{}' in '{}' does not hold a top hash", key, registry_url));
}

/// Error corruption for a manifest that has none: nothing like that was ever published.
std::string top_hash_of(const Manifest& manifest) {
  try {
    return manifest.top_hash();
  } catch (const Error& error) {
    throw Error(ErrorCode::corruption, error.message());
  }
}

}  // namespace

std::optional<std::int64_t> find_second(std::string_view pointer) {
  if (!is_timestamp(pointer)) return std::nullopt;
  std::int64_t second = 0;
  const auto [end, error] = std::from_chars(pointer.data(), pointer.data() + pointer.size(), second);
  return error == std::errc() ? std::optional(second) : std::nullopt;
}

std::optional<Record> find_record(ObjectStore& store, const std::string& key) {
  const auto object = find_object(store, key, longest_record);
  if (!object) return std::nullopt;
  try {
    return Record{Json::parse(object->content), object->info.etag};
  } catch (const Error& error) {
    throw Error(ErrorCode::corruption,
                fmt::format("'{}/{}' is damaged: {}", store.url(), key, error.message()));
  }
}

std::optional<Pointer> Registry::find_pointer(const PackageName& name, std::string_view pointer) const {
  const std::string key = layout::pointer(name, pointer);
  std::string content;
  try {
    const ObjectInfo info =
        store_.read(key, {0, longest_pointer}, [&](Bytes bytes) { content += as_text(bytes); });
    return Pointer{std::string(pointer), pointer_value(url(), key, content), info.etag, info.modified};
  } catch (const Error& error) {
    if (error.code() != ErrorCode::not_found) throw;
    return std::nullopt;
  }
}

std::string Registry::place_of(const std::string& key) const {
  if (FileStore* files = store_.files()) return files->path(key).native();
  return root_ + key;
}

std::vector<std::string> Registry::pointer_names(const PackageName& name) const {
  const std::string prefix = layout::pointers(name);
  std::vector<std::string> names;
  ListOptions options{.prefix = prefix, .delimiter = "/", .start = {}};
  do {
    throw_if_stopped(context_.stop);
    const ListPage page = store_.list(options);
    for (const ObjectInfo& object : page.objects) names.push_back(object.key.substr(prefix.size()));
    options.start = page.next;
  } while (!options.start.empty());
  return names;
}

std::vector<Pointer> Registry::pointers(const PackageName& name) const {
  std::vector<Pointer> result;
  for (const std::string& pointer : pointer_names(name)) {
    try {
      // A pointer removed since the listing is no longer one.
      if (auto found = find_pointer(name, pointer)) result.push_back(std::move(*found));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corruption) throw;
      context_.progress.warn(error.what());
    }
  }
  return result;
}

std::vector<PackageName> Registry::packages() const {
  std::set<PackageName> names;
  for_each_object(store_, layout::named_packages, [&](const ObjectInfo& object) {
    throw_if_stopped(context_.stop);
    const std::string_view path = std::string_view(object.key).substr(layout::named_packages.size());
    const auto slash = path.rfind('/');
    if (slash == std::string_view::npos) return;
    try {
      names.insert(PackageName::parse(path.substr(0, slash)));
    } catch (const Error&) {
      context_.progress.warn(fmt::format("'{}' is not a pointer of a package", object.key));
    }
  });
  return {names.begin(), names.end()};
}

std::string Registry::resolve(const PackageName& name, const Version& version) const {
  switch (version.kind) {
    case Version::Kind::latest:
      if (const auto pointer = find_pointer(name, "latest")) return pointer->top_hash;
      break;
    case Version::Kind::tag:
      if (const auto pointer = find_pointer(name, version.value)) return pointer->top_hash;
      break;
    case Version::Kind::hash:
      return version.value.size() == top_hash_digits ? version.value : resolve_prefix(name, version.value);
  }
  throw_no_version(name, version);
}

std::string Registry::resolve_prefix(const PackageName& name, const std::string& prefix) const {
  std::vector<std::string> found;
  const std::string key_prefix = std::string(layout::manifests) + prefix;
  for_each_object(store_, key_prefix, [&](const ObjectInfo& object) {
    throw_if_stopped(context_.stop);
    std::string hash = object.key.substr(layout::manifests.size());
    if (is_top_hash(hash)) found.push_back(std::move(hash));
  });
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    throw Error(ErrorCode::not_found, fmt::format("no manifest in '{}' begins with '{}'", url(), prefix),
                fmt::format("unio log {} shows the revisions", name.text()));
  }
  std::string list;
  for (std::size_t i = 0; i < std::min<std::size_t>(found.size(), 5); ++i) {
    list += fmt::format("{}{}", i == 0 ? "" : ", ", found[i].substr(0, prefix.size() + 6));
  }
  throw Error(ErrorCode::invalid_argument,
              fmt::format("'{}' is ambiguous: {} manifests begin with it ({})", prefix, found.size(), list),
              "give more digits of the hash");
}

void Registry::throw_no_version(const PackageName& name, const Version& version) const {
  const std::vector<Pointer> present = pointers(name);
  if (present.empty()) throw_no_package(name);
  std::vector<std::string> tags;
  for (const Pointer& pointer : present) {
    if (!is_timestamp(pointer.name)) tags.push_back(pointer.name);
  }
  const bool latest = version.kind == Version::Kind::latest;
  throw Error(ErrorCode::not_found,
              fmt::format("package '{}' in '{}' has no {}'{}'", name.text(), url(), latest ? "" : "tag ",
                          latest ? "latest" : version.value),
              tags.empty() ? fmt::format("unio log {} shows its revisions", name.text())
                           : fmt::format("its tags are: {}", fmt::join(tags, ", ")));
}

void Registry::throw_no_package(const PackageName& name) const {
  std::vector<std::string> names;
  for (const PackageName& package : packages()) names.push_back(package.text());
  const auto near = nearest(name.text(), names);
  std::string hint = near ? fmt::format("did you mean '{}'?", *near)
                          : "unio ls shows the packages of a registry; --registry chooses another one";
  throw Error(ErrorCode::not_found, fmt::format("no package '{}' in '{}'", name.text(), url()),
              std::move(hint));
}

Manifest Registry::get_manifest(const std::string& top_hash) const {
  const std::string key = layout::manifest(top_hash);
  return in_context(fmt::format("read manifest {} in '{}'", short_hash(top_hash), url()), [&] {
    ManifestReader reader;
    try {
      store_.read(key, ByteRange{}, [&](Bytes bytes) {
        throw_if_stopped(context_.stop);
        reader.feed(as_text(bytes));
      });
    } catch (const Error& error) {
      if (error.code() != ErrorCode::not_found) throw;
      throw Error(ErrorCode::not_found, fmt::format("no manifest {} in '{}'", top_hash, url()));
    }
    return check_manifest(top_hash, reader.finish());
  });
}

Manifest Registry::check_manifest(const std::string& top_hash, Manifest manifest) const {
  if (const std::string hash = top_hash_of(manifest); hash != top_hash) {
    throw Error(ErrorCode::corruption,
                fmt::format("manifest '{}' in '{}' has the top hash {}", top_hash, url(), hash),
                "its file was changed after it was published; restore it, or install another revision");
  }
  return manifest;
}

std::string Registry::manifest_url(std::string_view top_hash) const {
  return fmt::format("{}/{}", url(), layout::manifest(top_hash));
}

Registry::Overview Registry::overview() const {
  Overview found{.format_etag = {}, .has_intents = false, .has_sessions = false};
  ListOptions options{.prefix = std::string(layout::own_parts), .delimiter = "/", .start = {}};
  do {
    const ListPage page = store_.list(options);
    for (const ObjectInfo& object : page.objects) {
      if (object.key == layout::format) found.format_etag = object.etag;
    }
    for (const std::string& folder : page.folders) {
      found.has_intents = found.has_intents || folder == layout::intents;
      found.has_sessions = found.has_sessions || folder == layout::sessions;
    }
    options.start = page.next;
  } while (!options.start.empty());
  return found;
}

OpenedPackage open_package(const ResolvedRef& ref, const Context& context) {
  Registry registry(context.stores.get(ref.registry), context);
  std::string top_hash = registry.resolve(ref.name, ref.version);
  Manifest manifest = registry.get_manifest(top_hash);
  return {registry, ref.name, std::move(top_hash), std::move(manifest), {}};
}

}  // namespace unio
