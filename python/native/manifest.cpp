#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <string>
#include <vector>

#include "model/manifest.hpp"
#include "model/selection.hpp"
#include "native/package.hpp"
#include "native/text.hpp"

namespace unio::python {
namespace {

EntryView entry_at(const Manifest& manifest, std::size_t index) {
  if (index >= manifest.size()) throw nb::index_error("no such entry");
  return manifest[index];
}

nb::list keys(const Manifest& manifest, std::size_t first, std::size_t last) {
  nb::list result;
  for (std::size_t i = first; i < std::min(last, manifest.size()); ++i)
    result.append(key_str(manifest[i].logical_key()));
  return result;
}

nb::tuple digest(const Manifest& manifest, std::size_t index) {
  const auto found = entry_at(manifest, index).digest();
  if (!found) return nb::make_tuple(nb::none(), nb::none());
  return nb::make_tuple(std::string(name(found->type)), found->text());
}

std::string json_of(const Json& json) {
  return json.dump(JsonStyle::compact);
}

nb::dict folder_meta(const Manifest& manifest) {
  nb::dict result;
  for (const auto& [folder, meta] : manifest.folder_meta()) result[key_str(folder)] = json_of(meta);
  return result;
}

nb::object message(const Manifest& manifest) {
  const auto text = manifest.message();
  return text ? nb::object(key_str(*text)) : nb::none();
}

std::vector<std::vector<std::size_t>> split(const Manifest& manifest,
                                            const std::vector<std::pair<std::string, double>>& shares,
                                            const std::string& seed) {
  std::vector<Share> wanted;
  for (const auto& [name, weight] : shares) wanted.push_back({name, weight});
  return split_entries(manifest, wanted, seed);
}

}  // namespace

void bind_manifest(nb::module_& module) {
  nb::class_<Manifest>(module, "Manifest")
      .def("__len__", &Manifest::size)
      .def_prop_ro("total_bytes", &Manifest::total_bytes)
      .def("keys", &keys, nb::arg("first"), nb::arg("last"))
      .def(
          "key", [](const Manifest& m, std::size_t i) { return key_str(entry_at(m, i).logical_key()); },
          nb::arg("index"))
      .def(
          "find", [](const Manifest& m, const nb::str& key) { return m.find(key_text(key)); }, nb::arg("key"))
      .def(
          "range", [](const Manifest& m, const nb::str& folder) { return m.range(key_text(folder)); },
          nb::arg("folder"))
      .def(
          "physical_key",
          [](const Manifest& m, std::size_t i) { return key_str(entry_at(m, i).physical_key()); },
          nb::arg("index"))
      .def(
          "size", [](const Manifest& m, std::size_t i) { return entry_at(m, i).size(); }, nb::arg("index"))
      .def("digest", &digest, nb::arg("index"))
      .def(
          "meta", [](const Manifest& m, std::size_t i) { return key_str(entry_at(m, i).meta()); },
          nb::arg("index"))
      .def("user_meta", [](const Manifest& m) { return json_of(m.user_meta()); })
      .def("message", &message)
      .def("folder_meta", &folder_meta)
      .def(
          "sample",
          [](const Manifest& m, std::optional<std::uint64_t> count, std::optional<double> fraction,
             const std::string& seed, const std::optional<nb::str>& by) {
            const auto folder = by ? std::optional(key_text(*by)) : std::nullopt;
            return sample_entries(m, {.count = count, .fraction = fraction, .seed = seed, .by = folder});
          },
          nb::arg("count").none(), nb::arg("fraction").none(), nb::arg("seed"), nb::arg("by").none())
      .def("split", &split, nb::arg("shares"), nb::arg("seed"));
}

}  // namespace unio::python
