#include "engine/registry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/spelling.hpp"
#include "model/physical_key.hpp"
#include "model/registry_layout.hpp"

namespace unio {
namespace {

constexpr std::size_t hash_digits = 64;

bool is_top_hash(std::string_view text) {
  return text.size() == hash_digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// quilt3 and people may leave white space around the hash.
std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  const auto last = text.find_last_not_of(" \t\r\n");
  return std::string(text.substr(first, last - first + 1));
}

std::string pointer_value(std::string_view key, std::string_view content) {
  std::string hash = trimmed(content);
  if (!is_top_hash(hash)) {
    throw Error(ErrorCode::corruption, fmt::format("pointer '{}' does not hold a top hash", key));
  }
  return hash;
}

}  // namespace

std::optional<Pointer> Registry::find_pointer(const PackageName& name, std::string_view pointer) const {
  const std::string key = layout::pointer(name, pointer);
  const auto object = find_object(store_, key, 4096);
  if (!object) return std::nullopt;
  return Pointer{std::string(pointer), pointer_value(key, object->content), object->info.etag};
}

std::vector<Pointer> Registry::pointers(const PackageName& name) const {
  const std::string prefix = layout::pointers(name);
  std::vector<std::string> names;
  ListOptions options{.prefix = prefix, .delimiter = "/", .start = {}};
  do {
    throw_if_stopped(context_.stop);
    ListPage page = store_.list(options);
    for (const ObjectInfo& object : page.objects) names.push_back(object.key.substr(prefix.size()));
    options.start = page.next;
  } while (!options.start.empty());

  std::vector<Pointer> result;
  for (const std::string& pointer : names) {
    // A pointer removed since the listing is no longer one.
    if (auto found = find_pointer(name, pointer)) result.push_back(std::move(*found));
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
      return version.value.size() == hash_digits ? version.value : resolve_prefix(name, version.value);
  }
  throw_no_package(name, version);
}

std::string Registry::resolve_prefix(const PackageName& name, const std::string& prefix) const {
  std::vector<std::string> found;
  const std::string key_prefix = std::string(layout::manifests) + prefix;
  for_each_object(store_, key_prefix, [&](const ObjectInfo& object) {
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

void Registry::throw_no_package(const PackageName& name, const Version& version) const {
  std::vector<std::string> known;
  for (const Pointer& pointer : pointers(name)) {
    if (!is_timestamp(pointer.name)) known.push_back(pointer.name);
  }
  if (!known.empty()) {
    throw Error(ErrorCode::not_found,
                fmt::format("package '{}' in '{}' has no tag '{}'", name.text(), url(), version.value),
                fmt::format("its tags are: {}", fmt::join(known, ", ")));
  }
  std::vector<std::string> names;
  for (const PackageName& package : packages()) names.push_back(package.text());
  const auto near = nearest(name.text(), names);
  std::string hint = near ? fmt::format("did you mean '{}'?", *near)
                          : "unio ls shows the packages of a registry; --registry chooses another one";
  throw Error(ErrorCode::not_found, fmt::format("no package '{}' in '{}'", name.text(), url()), std::move(hint));
}

Manifest Registry::get_manifest(const std::string& top_hash) const {
  const std::string key = layout::manifest(top_hash);
  return in_context(fmt::format("read manifest {}", short_hash(top_hash)), [&] {
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
    Manifest manifest = reader.finish();
    if (const std::string hash = manifest.top_hash(); hash != top_hash) {
      throw Error(ErrorCode::corruption,
                  fmt::format("manifest '{}' in '{}' has the top hash {}", top_hash, url(), hash),
                  "its file was changed after it was published; restore it, or install another revision");
    }
    return manifest;
  });
}

std::string Registry::manifest_url(std::string_view top_hash) const {
  return fmt::format("{}/{}", url(), layout::manifest(top_hash));
}

void Registry::prepare_for_writing() const {
  const auto present = find_object(store_, layout::format, 1 << 16);
  if (!present) {
    const std::string content =
        Json::object({{"format", "unio-registry"},
                      {"version", 1},
                      {"required", Json::Array{}},
                      {"optional", Json::Array{"sessions", "intents", "revisions", "reflog", "feed"}}})
            .dump(JsonStyle::pretty) +
        "\n";
    try {
      store_.write(layout::format, as_bytes(content), Condition::absent());
      return;
    } catch (const Error& error) {
      // Somebody else made it at the same moment: theirs counts.
      if (error.code() != ErrorCode::conflict) throw;
    }
    return prepare_for_writing();
  }
  const Json format = Json::parse(present->content);
  const Json* required = format.find("required");
  if (required == nullptr || required->if_array() == nullptr) {
    throw Error(ErrorCode::corruption, fmt::format("'{}/{}' is damaged", url(), layout::format));
  }
  if (!required->if_array()->empty() || format.get_integer("version") != 1) {
    throw Error(ErrorCode::unsupported,
                fmt::format("registry '{}' requires features that this version of unio does not know: {}", url(),
                            required->dump()),
                "install a newer unio; reading still works");
  }
}

OpenedPackage open_package(const ResolvedRef& ref, const Context& context) {
  Registry registry(context.stores.get(ref.registry), context);
  std::string top_hash = registry.resolve(ref.name, ref.version);
  Manifest manifest = registry.get_manifest(top_hash);
  return {registry, ref.name, std::move(top_hash), std::move(manifest)};
}

}  // namespace unio
