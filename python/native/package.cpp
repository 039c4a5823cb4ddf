#include "native/package.hpp"

#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "engine/cache.hpp"
#include "engine/content.hpp"
#include "engine/data_lines.hpp"
#include "native/text.hpp"

namespace unio::python {
namespace {

PackageHandle open(const std::shared_ptr<Engine>& engine, const std::string& reference,
                   const std::optional<std::string>& registry) {
  auto reader = run(*engine, nb::none(), [=](const Context& context) {
    return std::make_shared<PackageReader>(engine->wired()->app.resolve(reference, registry), context);
  });
  return {engine, std::move(reader)};
}

using FoundEntry = std::pair<Manifest, std::size_t>;

std::optional<FoundEntry> find_in(const Manifest& manifest, const std::string& key) {
  const auto index = manifest.find(key);
  return index ? std::optional(FoundEntry(manifest, *index)) : std::nullopt;
}

/// The entry with this key, in the whole manifest or a part of it. Error not_found with the nearest key.
FoundEntry find_entry(const PackageHandle& package, const nb::str& key) {
  const std::string wanted = key_text(key);
  if (const auto whole = package.reader->find_whole()) {
    if (auto found = find_in(*whole, wanted)) return *std::move(found);
  }
  return run(*package.engine, nb::none(), [=](const Context& context) {
    const OpenedPackage opened = package.reader->part({&wanted, 1}, Depth::one_level, context);
    if (auto found = find_in(opened.manifest, wanted)) return *std::move(found);
    throw no_entry(opened.name, opened.manifest, wanted);
  });
}

Manifest part(const PackageHandle& package, const std::vector<nb::str>& keys) {
  std::vector<std::string> wanted;
  for (const nb::str& key : keys) wanted.push_back(key_text(key));
  if (auto whole = package.reader->find_whole()) return *std::move(whole);
  return run(*package.engine, nb::none(), [=](const Context& context) {
    return package.reader->part(wanted, Depth::all, context).manifest;
  });
}

Manifest whole(const PackageHandle& package, const nb::object& progress) {
  if (auto manifest = package.reader->find_whole()) return *std::move(manifest);
  return run(*package.engine, progress,
             [=](const Context& context) { return package.reader->whole(context).manifest; });
}

nb::list list_folder(const PackageHandle& package, const nb::str& folder, bool all) {
  const std::string wanted = key_text(folder);
  const Depth depth = all ? Depth::all : Depth::one_level;
  const auto listings = run(*package.engine, nb::none(), [=](const Context& context) {
    return list_entries(package.reader->part({&wanted, 1}, depth, context), wanted, depth);
  });
  nb::list result;
  for (const Listing& listing : listings)
    result.append(nb::make_tuple(key_str(listing.key), listing.folder, listing.size, listing.entries));
  return result;
}

nb::list lines(const PackageHandle& package) {
  const std::string root;
  const auto found = run(*package.engine, nb::none(), [=](const Context& context) {
    return data_lines(package.reader->part({&root, 1}, Depth::one_level, context).manifest);
  });
  nb::list result;
  for (const DataLine& line : found)
    result.append(nb::make_tuple(key_str(line.key), key_str(line.place), line.entries));
  return result;
}

std::pair<std::uint64_t, std::uint64_t> keep(const PackageHandle& package, const nb::str& key,
                                             const nb::object& progress) {
  const std::string wanted = key_text(key);
  const CachedEntries kept = run(*package.engine, progress, [=](const Context& context) {
    return keep_in_cache(package.reader->part({&wanted, 1}, Depth::all, context), wanted, context);
  });
  return {kept.entries, kept.bytes};
}

std::pair<std::uint64_t, std::uint64_t> clear(const PackageHandle& package) {
  const CachedEntries dropped = run(*package.engine, nb::none(), [=](const Context& context) {
    const ResolvedRef& ref = package.reader->ref();
    return clear_from_cache(Registry(context.stores.get(ref.registry), context), ref.name, context);
  });
  return {dropped.entries, dropped.bytes};
}

nb::object readme_key(const PackageHandle& package) {
  const auto names = readme_keys();
  const std::vector<std::string> wanted(names.begin(), names.end());
  const auto found = run(*package.engine, nb::none(), [=](const Context& context) {
    return find_readme(package.reader->part(wanted, Depth::one_level, context).manifest);
  });
  return found ? nb::object(key_str(*found)) : nb::none();
}

std::string manifest_url(const PackageHandle& package) {
  const auto wired = package.engine->wired();
  const Registry registry(wired->quick.stores.get(package.reader->ref().registry), wired->quick);
  return registry.manifest_url(package.reader->top_hash());
}

std::optional<std::string> tag(const PackageHandle& package) {
  const Version& version = package.reader->ref().version;
  return version.kind == Version::Kind::tag ? std::optional(version.value) : std::nullopt;
}

/// What brings the package back in another process: its exact reference and tag, and the manifest where that
/// is in no registry.
nb::tuple pickled(const PackageHandle& package) {
  const ResolvedRef& ref = package.reader->ref();
  const ResolvedRef exact{ref.registry, ref.name, {Version::Kind::hash, package.reader->top_hash()}};
  nb::object manifest = nb::none();
  if (package.reader->is_local()) {
    std::string text;
    package.reader->find_whole()->write([&](std::string_view piece) { text += piece; });
    manifest = bytes_of(text);
  }
  return nb::make_tuple(exact.explicit_form(), tag(package), manifest);
}

PackageHandle unpickled(const std::shared_ptr<Engine>& engine, const std::string& reference,
                        const std::optional<std::string>& tag, const std::optional<nb::bytes>& manifest) {
  const auto wired = engine->wired();
  ResolvedRef ref = wired->app.resolve(reference);
  std::string top_hash = ref.version.value;
  if (tag) ref.version = {Version::Kind::tag, *tag};
  if (!manifest) return {engine, std::make_shared<PackageReader>(std::move(ref), std::move(top_hash))};
  const std::string_view text(manifest->c_str(), manifest->size());
  return {engine,
          std::make_shared<PackageReader>(std::move(ref), parse_manifest(text), PackageReader::Local::yes)};
}

}  // namespace

void bind_package(nb::module_& module) {
  nb::class_<PackageHandle> package(module, "Package");
  package.def(nb::new_(&open), nb::arg("engine"), nb::arg("reference"), nb::arg("registry").none())
      .def_prop_ro("name", [](const PackageHandle& p) { return p.reader->ref().name.text(); })
      .def_prop_ro("registry", [](const PackageHandle& p) { return p.reader->ref().registry; })
      .def_prop_ro("tag", &tag)
      .def_prop_ro("top_hash", [](const PackageHandle& p) { return p.reader->top_hash(); })
      .def_prop_ro("display", [](const PackageHandle& p) { return p.reader->ref().display(); })
      .def_prop_ro("manifest_url", &manifest_url)
      .def("find_entry", &find_entry, nb::arg("key"))
      .def("part", &part, nb::arg("keys"))
      .def("whole", &whole, nb::arg("progress").none())
      .def("list", &list_folder, nb::arg("folder"), nb::arg("all"))
      .def("lines", &lines)
      .def("keep", &keep, nb::arg("key"), nb::arg("progress").none())
      .def("clear_cache", &clear)
      .def("pickled", &pickled)
      .def_static("unpickled", &unpickled, nb::arg("engine"), nb::arg("reference"), nb::arg("tag").none(),
                  nb::arg("manifest").none())
      .def("readme_key", &readme_key);
  bind_contents(package);
  bind_folders(package);
}

}  // namespace unio::python
