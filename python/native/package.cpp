#include "native/package.hpp"

#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "engine/cache.hpp"
#include "engine/content.hpp"
#include "engine/data_lines.hpp"
#include "engine/entry_reads.hpp"
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

/// Bytes objects whose content is written, by other threads, before anybody else sees them.
class NewBytes {
 public:
  explicit NewBytes(std::span<const std::uint64_t> sizes) {
    for (const std::uint64_t size : sizes) {
      PyObject* made = PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(size));
      if (made == nullptr) throw nb::python_error();
      list_.append(nb::steal(made));
      contents_.push_back(PyBytes_AS_STRING(made));
    }
  }
  /// The last to let go may be a thread of the engine.
  ~NewBytes() {
    const nb::gil_scoped_acquire with_gil;
    nb::list gone = std::move(list_);
  }
  NewBytes(const NewBytes&) = delete;
  NewBytes& operator=(const NewBytes&) = delete;

  char* content(std::size_t i) const { return contents_[i]; }
  const nb::list& list() const { return list_; }

 private:
  nb::list list_;
  std::vector<char*> contents_;
};

std::shared_ptr<NewBytes> new_bytes(std::uint64_t size) {
  return std::make_shared<NewBytes>(std::span(&size, 1));
}

/// Whose package it is, for messages.
std::string step_of(const PackageHandle& package) {
  return fmt::format("package '{}'", package.reader->ref().name.text());
}

/// Whether an index into the manifest says which entry of the package is meant.
bool is_whole(const PackageHandle& package, const Manifest& manifest) {
  const auto whole = package.reader->find_whole();
  return whole && whole->size() == manifest.size();
}

/// Without another thread, where no request is needed.
std::optional<std::string> find_quickly(const PackageHandle& package, const Manifest& manifest,
                                        std::size_t index) {
  const auto wired = package.engine->wired();
  const Context& context = wired->quick;
  const nb::gil_scoped_release without_gil;
  if (is_whole(package, manifest)) {
    if (auto early = package.ahead->take(index)) return early;
  }
  const Registry registry(context.stores.get(package.reader->ref().registry), context);
  return in_context(step_of(package), [&] { return find_at_hand(registry, context, manifest[index]); });
}

/// Absent where it failed for one of them: which one, reading them alone tells.
std::optional<std::string> read_together(const PackageHandle& package, const Manifest& manifest,
                                         std::size_t index, std::size_t count) {
  try {
    return run(*package.engine, nb::none(), [=](const Context& context) {
      const OpenedPackage opened = package.opened(manifest, context);
      std::vector<EntryView> entries;
      for (std::size_t i = 0; i < count; ++i) entries.push_back(manifest[index + i]);
      std::string first;
      read_contents(opened.registry, context, entries, [&](std::size_t i, std::string content) {
        if (i == 0) {
          first = std::move(content);
        } else {
          package.ahead->put(index + i, std::move(content));
        }
      });
      return first;
    });
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// One that is not at hand and small.
std::string fetch_entry(const PackageHandle& package, const EntryView& entry) {
  const auto wired = package.engine->wired();
  const Context& context = wired->quick;
  const nb::gil_scoped_release without_gil;
  const Registry registry(context.stores.get(package.reader->ref().registry), context);
  return in_context(step_of(package), [&] {
    const auto start = [&](EntryArrived arrived) {
      start_fetch(registry, context, entry, std::move(arrived));
    };
    std::string content = in_context(read_step(entry), [&] { return fetch(wired, start); });
    take_content(registry, context, entry, content);
    return content;
  });
}

nb::object read_small(const PackageHandle& package, const Manifest& manifest, std::size_t index) {
  if (const auto content = find_quickly(package, manifest, index)) return bytes_of(*content);
  const std::size_t count = is_whole(package, manifest) ? package.ahead->count_from(manifest, index) : 1;
  if (count > 1) {
    if (const auto content = read_together(package, manifest, index, count)) return bytes_of(*content);
  }
  return bytes_of(fetch_entry(package, manifest[index]));
}

nb::object read(const PackageHandle& package, const Manifest& manifest, std::size_t index) {
  const EntryView entry = entry_at(manifest, index);
  if (entry.size() <= largest_small_entry) return read_small(package, manifest, index);
  const auto bytes = new_bytes(entry.size());
  run(*package.engine, nb::none(), [=](const Context& context) {
    const OpenedPackage opened = package.opened(manifest, context);
    char* out = bytes->content(0);
    in_context(step_of(package), [&] {
      read_entry(opened.registry, context, entry, [&](Bytes piece) {
        std::memcpy(out, piece.data(), piece.size());
        out += piece.size();
      });
    });
  });
  return bytes->list()[0];
}

void read_range_into(const PackageHandle& package, const OpenedPackage& opened, const EntryView& entry,
                     ByteRange range, char* out, const Context& context) {
  std::uint64_t filled = 0;
  in_context(step_of(package), [&] {
    read_entry_range(opened.registry, context, entry, range, [&](Bytes piece) {
      const std::size_t count = std::min<std::uint64_t>(piece.size(), range.length - filled);
      std::memcpy(out + filled, piece.data(), count);
      filled += count;
    });
    if (filled == range.length) return;
    throw Error(ErrorCode::corruption,
                fmt::format("'{}' at '{}' ends after {} bytes, but the manifest says {}", entry.logical_key(),
                            entry.physical_key(), range.offset + filled, entry.size()));
  });
}

nb::object read_range(const PackageHandle& package, const Manifest& manifest, std::size_t index,
                      std::uint64_t offset, std::uint64_t length) {
  const EntryView entry = entry_at(manifest, index);
  const std::uint64_t begin = std::min(offset, entry.size());
  const ByteRange range{begin, std::min(length, entry.size() - begin)};
  const auto bytes = new_bytes(range.length);
  run(*package.engine, nb::none(), [=](const Context& context) {
    read_range_into(package, package.opened(manifest, context), entry, range, bytes->content(0), context);
  });
  return bytes->list()[0];
}

nb::list read_many(const PackageHandle& package, const Manifest& manifest,
                   const std::vector<std::size_t>& indexes, const nb::object& progress) {
  std::vector<EntryView> entries;
  std::vector<std::uint64_t> sizes;
  for (const std::size_t index : indexes) {
    entries.push_back(entry_at(manifest, index));
    sizes.push_back(entries.back().size());
  }
  const auto bytes = std::make_shared<NewBytes>(sizes);
  run(*package.engine, progress, [=](const Context& context) {
    const OpenedPackage opened = package.opened(manifest, context);
    const std::uint64_t total = std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0});
    const ProgressPhase phase(context.progress, "reading", entries.size(), total);
    in_context(step_of(package), [&] {
      read_contents(opened.registry, context, entries, [&](std::size_t i, std::string content) {
        std::memcpy(bytes->content(i), content.data(), content.size());
      });
    });
  });
  return bytes->list();
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
      .def("read", &read, nb::arg("manifest"), nb::arg("index"))
      .def("read_range", &read_range, nb::arg("manifest"), nb::arg("index"), nb::arg("offset"),
           nb::arg("length"))
      .def("read_many", &read_many, nb::arg("manifest"), nb::arg("indexes"), nb::arg("progress").none())
      .def("keep", &keep, nb::arg("key"), nb::arg("progress").none())
      .def("clear_cache", &clear)
      .def("pickled", &pickled)
      .def_static("unpickled", &unpickled, nb::arg("engine"), nb::arg("reference"), nb::arg("tag").none(),
                  nb::arg("manifest").none())
      .def("readme_key", &readme_key);
  bind_folders(package);
}

}  // namespace unio::python
