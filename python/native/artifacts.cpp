#include "native/artifacts.hpp"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <optional>
#include <tuple>

#include "base/error.hpp"
#include "engine/environment_diff.hpp"
#include "engine/save.hpp"
#include "native/surroundings.hpp"
#include "native/text.hpp"

namespace unio::python {
namespace {

ArtifactPart part_of(bool logs) {
  return logs ? ArtifactPart::logs : ArtifactPart::files;
}

/// A file as it crosses: relpath, URL, size, SHA-256 in hex.
nb::list files(const ArtifactHandle& artifact, bool logs) {
  const auto& all = logs ? artifact.opened->record.logs : artifact.opened->record.files;
  const auto urls = artifact.call(
      nb::none(), [logs](const Registry& registry, const OpenedArtifact& opened, const Context&) {
        std::vector<std::string> found;
        for (const ArtifactFile& file : logs ? opened.record.logs : opened.record.files)
          found.push_back(file_url(registry, opened, file, part_of(logs)));
        return found;
      });
  nb::list result;
  for (std::size_t i = 0; i < all.size(); ++i) {
    result.append(nb::make_tuple(key_str(all[i].relpath), path_str(urls[i]),
                                 all[i].size ? nb::cast(*all[i].size) : nb::none(),
                                 all[i].sha256 ? nb::cast(to_hex(*all[i].sha256)) : nb::none()));
  }
  return result;
}

bool exists(const ArtifactHandle& artifact, bool logs, const nb::str& relpath) {
  return artifact.call(
      nb::none(), [logs, name = key_text(relpath)](const Registry& registry, const OpenedArtifact& opened,
                                                   const Context&) {
        const ArtifactFile& file = get_file(opened, name, part_of(logs));
        return registry.store().find(file_key(opened, file, part_of(logs))).has_value();
      });
}

nb::bytes read(const ArtifactHandle& artifact, bool logs, const nb::str& relpath) {
  return bytes_of(artifact.call(
      nb::none(), [logs, name = key_text(relpath)](const Registry& registry, const OpenedArtifact& opened,
                                                   const Context& context) {
        std::string content;
        read_file(
            registry, opened, get_file(opened, name, part_of(logs)), context,
            [&](Bytes bytes) { content += as_text(bytes); }, part_of(logs));
        return content;
      }));
}

/// One file, to `folder`/`name`; the path there.
nb::str download_file(const ArtifactHandle& artifact, bool logs, const nb::str& relpath,
                      const std::pair<nb::str, nb::str>& target, bool overwrite, const nb::object& progress) {
  DownloadOptions options;
  options.folder = path_of(target.first);
  options.name = key_text(target.second);
  options.relpaths = {key_text(relpath)};
  options.part = part_of(logs);
  options.overwrite = overwrite ? DownloadOptions::Overwrite::yes : DownloadOptions::Overwrite::no;
  const Downloaded downloaded = artifact.call(
      progress, [options](const Registry& registry, const OpenedArtifact& opened, const Context& context) {
        return download(registry, opened, options, context);
      });
  return path_str(downloaded.paths.front().native());
}

/// Labels by name, and infos, of which None removes one.
using InfoChanges = std::vector<std::pair<nb::str, std::optional<nb::str>>>;

ArtifactHandle revise(const ArtifactHandle& artifact, const std::string& user, const TextPairs& labels,
                      const InfoChanges& infos) {
  ArtifactLabels given;
  std::vector<std::pair<std::string, std::optional<std::string>>> changes;
  std::vector<std::string> names;
  for (const auto& [name, value] : labels) {
    std::string* label = given.find(key_text(name));
    check(label != nullptr, "Python knows the labels");
    *label = key_text(value);
    names.push_back(key_text(name));
  }
  for (const auto& [name, value] : infos) {
    if (value)
      given.infos.insert_or_assign(key_text(name), key_text(*value));
    else
      changes.emplace_back(key_text(name), std::nullopt);
  }
  for (const auto& [name, value] : given.infos) changes.emplace_back(name, value);
  OpenedArtifact revised = artifact.call(
      nb::none(), [=](const Registry& registry, const OpenedArtifact& opened, const Context& context) {
        Context as_user = context;
        as_user.user = user;
        return revise_artifact(
            registry, opened.folder,
            [&](ArtifactLabels& present) {
              ArtifactLabels wanted = given;
              for (const std::string& name : names) *present.find(name) = *wanted.find(name);
              for (const auto& [name, value] : changes) {
                if (value)
                  present.infos.insert_or_assign(name, *value);
                else if (const auto found = present.infos.find(name); found != present.infos.end())
                  present.infos.erase(found);
              }
            },
            as_user);
      });
  return ArtifactHandle::of(artifact.engine, artifact.registry, std::move(revised));
}

/// Between what was recorded and these surroundings.
nb::list environment_differences(const ArtifactHandle& artifact, const Surroundings& surroundings) {
  const auto found = artifact.call(
      nb::none(), [surroundings](const Registry&, const OpenedArtifact& opened, const Context& context) {
        const Context around = context_of(surroundings, surroundings.user, context);
        return compare_environments(recorded_environment(opened),
                                    capture_environment(surroundings.options, around));
      });
  nb::list result;
  for (const EnvironmentDifference& each : found.differences) {
    result.append(nb::make_tuple(key_str(std::string(name(each.part))), key_str(each.name),
                                 text_or_none(each.recorded), text_or_none(each.present)));
  }
  return result;
}

ArtifactHandle get(const std::shared_ptr<Engine>& engine, const std::string& registry, const nb::str& id) {
  OpenedArtifact found = run(*engine, nb::none(), [registry, id = key_text(id)](const Context& context) {
    return get_artifact(Registry(context.stores.get(registry), context), id, context);
  });
  return ArtifactHandle::of(engine, registry, std::move(found));
}

std::tuple<std::string, nb::str, nb::str> pickled(const ArtifactHandle& artifact) {
  return {artifact.registry, key_str(artifact.opened->folder), key_str(artifact.opened->record.yaml())};
}

ArtifactHandle unpickled(const std::shared_ptr<Engine>& engine, const std::string& registry,
                         const nb::str& folder, const nb::str& yaml) {
  return ArtifactHandle::of(engine, registry, {key_text(folder), ArtifactRecord::parse(key_text(yaml))});
}

}  // namespace

void bind_artifacts(nb::module_& module) {
  nb::class_<ArtifactHandle>(module, "Artifact")
      .def_static("unpickled", &unpickled, nb::arg("engine"), nb::arg("registry"), nb::arg("folder"),
                  nb::arg("yaml"))
      .def("pickled", &pickled)
      .def("document",
           [](const ArtifactHandle& artifact) { return key_str(artifact.opened->record.document().dump()); })
      .def("files", &files, nb::arg("logs"))
      .def("exists", &exists, nb::arg("logs"), nb::arg("relpath"))
      .def("read", &read, nb::arg("logs"), nb::arg("relpath"))
      .def("download", &download_file, nb::arg("logs"), nb::arg("relpath"), nb::arg("target"),
           nb::arg("overwrite"), nb::arg("progress").none())
      .def("environment_differences", &environment_differences, nb::arg("surroundings"))
      .def("revise", &revise, nb::arg("user"), nb::arg("labels"), nb::arg("infos"));
  module.def("get_artifact", &get, nb::arg("engine"), nb::arg("registry"), nb::arg("id"));
}

}  // namespace unio::python
