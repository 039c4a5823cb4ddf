#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <array>
#include <filesystem>
#include <string_view>

#include "engine/install.hpp"
#include "engine/match_folder.hpp"
#include "engine/verify.hpp"
#include "native/package.hpp"
#include "native/text.hpp"

namespace unio::python {
namespace {

constexpr std::array<std::string_view, 4> difference_names{"missing", "changed", "unknown", "unreadable"};
constexpr std::array<std::string_view, 3> change_names{"removed", "replaced", "restored"};

template <std::size_t count, class Kind>
nb::str name_of(const std::array<std::string_view, count>& names, Kind kind) {
  return key_str(names.at(static_cast<std::size_t>(kind)));
}

nb::list key_list(const std::vector<std::string>& keys) {
  nb::list result;
  for (const std::string& key : keys) result.append(key_str(key));
  return result;
}

/// The revision that is open, with the tag it was asked for by.
ResolvedRef exact_ref(const PackageHandle& package) {
  return {package.reader->ref().registry,
          package.reader->ref().name,
          {Version::Kind::hash, package.reader->top_hash()}};
}

Foreign foreign_of(const std::string& text) {
  if (text == "replace") return Foreign::replace;
  return text == "keep" ? Foreign::keep : Foreign::refuse;
}

nb::dict install_into(const PackageHandle& package, const nb::str& location,
                      const std::vector<nb::str>& paths, const std::string& foreign,
                      const nb::object& progress) {
  InstallOptions options{.location = path_of(location), .paths = {}, .foreign = foreign_of(foreign)};
  for (const nb::str& path : paths) options.paths.push_back(key_text(path));
  const InstallResult done = run(*package.engine, progress, [=](const Context& context) {
    return install(exact_ref(package), options, context);
  });
  nb::dict result;
  result["fetched"] = done.fetched;
  result["fetched_bytes"] = done.fetched_bytes;
  result["kept"] = done.kept;
  result["left_behind"] = key_list(done.left_behind);
  result["foreign"] = key_list(done.foreign);
  return result;
}

nb::tuple verify_in(const PackageHandle& package, const nb::str& location, const nb::object& progress) {
  const std::filesystem::path folder = path_of(location);
  const VerifyResult found = run(*package.engine, progress, [=](const Context& context) {
    return verify_folder(package.reader->whole(context), folder, context);
  });
  nb::list differences;
  for (const Difference& difference : found.differences) {
    differences.append(nb::make_tuple(name_of(difference_names, difference.kind), key_str(difference.key),
                                      path_str(difference.path), path_str(difference.detail)));
  }
  return nb::make_tuple(found.files, differences);
}

nb::tuple match_in(const PackageHandle& package, const nb::str& location, bool dry_run,
                   const nb::object& progress) {
  const std::filesystem::path folder = path_of(location);
  const SyncResult done = run(*package.engine, progress, [=](const Context& context) {
    return match_folder(exact_ref(package), package.reader->whole(context), folder,
                        dry_run ? DryRun::yes : DryRun::no, context);
  });
  nb::list changes;
  for (const SyncChange& change : done.changes) {
    changes.append(nb::make_tuple(name_of(change_names, change.kind), key_str(change.key),
                                  path_str(change.path), key_str(change.url)));
  }
  return nb::make_tuple(changes, path_str(done.trash));
}

}  // namespace

void bind_folders(nb::class_<PackageHandle>& package) {
  package
      .def("install", &install_into, nb::arg("location"), nb::arg("paths"), nb::arg("foreign"),
           nb::arg("progress").none())
      .def("verify", &verify_in, nb::arg("location"), nb::arg("progress").none())
      .def("match", &match_in, nb::arg("location"), nb::arg("dry_run"), nb::arg("progress").none());
}

}  // namespace unio::python
