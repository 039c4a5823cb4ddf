#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "engine/content.hpp"
#include "engine/entry_reads.hpp"
#include "native/package.hpp"
#include "native/text.hpp"

namespace unio::python {
namespace {

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

}  // namespace

void bind_contents(nb::class_<PackageHandle>& package) {
  package.def("read", &read, nb::arg("manifest"), nb::arg("index"))
      .def("read_range", &read_range, nb::arg("manifest"), nb::arg("index"), nb::arg("offset"),
           nb::arg("length"))
      .def("read_many", &read_many, nb::arg("manifest"), nb::arg("indexes"), nb::arg("progress").none());
}

}  // namespace unio::python
