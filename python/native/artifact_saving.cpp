#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>
#include <unistd.h>

#include <optional>

#include "base/error.hpp"
#include "engine/captured_description.hpp"
#include "engine/lineage.hpp"
#include "native/artifacts.hpp"
#include "native/surroundings.hpp"
#include "native/text.hpp"

namespace unio::python {
namespace {

struct Described {
  Surroundings surroundings;
  ArtifactLabels labels;
  std::vector<std::string> based_on;
  std::string run_id;
};

void make_described(Described* self, const Surroundings& surroundings, const TextPairs& labels,
                    const TextPairs& infos, const std::vector<std::string>& based_on,
                    const std::string& run_id) {
  Described described{surroundings, {}, based_on, run_id};
  for (const std::string& id : based_on) check_parent_id(id);
  for (const auto& [name, value] : labels) {
    std::string* label = described.labels.find(key_text(name));
    check(label != nullptr, "Python knows the labels");
    *label = key_text(value);
  }
  for (const auto& [name, value] : infos)
    described.labels.infos.insert_or_assign(key_text(name), key_text(value));
  new (self) Described(std::move(described));
}

ArtifactDescription describe(const Described& described, const Context& context) {
  const Surroundings& surroundings = described.surroundings;
  const EnvironmentCapture capture =
      capture_environment(surroundings.options, context_of(surroundings, surroundings.user, context));
  ArtifactDescription description = captured_description(capture, described.labels);
  description.based_on = described.based_on;
  description.run_id = described.run_id;
  return description;
}

ArtifactHandle save(const std::shared_ptr<Engine>& engine, const std::string& registry,
                    const std::vector<nb::str>& paths, const Described& described, bool dedup,
                    const nb::object& progress) {
  std::vector<std::filesystem::path> files;
  for (const nb::str& path : paths) files.push_back(path_of(path));
  SavedArtifact saved = run(*engine, progress, [=](const Context& context) {
    SaveRequest request{describe(described, context), files, dedup ? Dedup::on : Dedup::off};
    return save_artifact(Registry(context.stores.get(registry), context), request, context);
  });
  return ArtifactHandle::of(engine, registry, {std::move(saved.folder), std::move(saved.record)});
}

/// An artifact that is being written, with the engine that it needs so long.
struct Writing {
  Writing(std::shared_ptr<Engine::Wired> with, const std::string& url, std::vector<std::string> relpaths,
          ArtifactDescription description)
      : wired(std::move(with)),
        registry(wired->quick.stores.get(url), wired->quick),
        artifact(registry, std::move(relpaths), std::move(description), wired->quick) {}
  std::shared_ptr<Engine::Wired> wired;
  Registry registry;
  NewArtifact artifact;
};

/// A forked child leaves the artifact to its parent.
class NewArtifactHandle {
 public:
  NewArtifactHandle(std::shared_ptr<Engine> engine, std::string registry, std::shared_ptr<Writing> writing)
      : engine_(std::move(engine)), registry_(std::move(registry)), writing_(std::move(writing)) {}
  NewArtifactHandle(NewArtifactHandle&&) = default;
  ~NewArtifactHandle() { close(); }

  nb::str document() const { return key_str(writing()->artifact.record().document().dump()); }
  nb::str url(const nb::str& relpath) const { return path_str(writing()->artifact.url(key_text(relpath))); }

  void put(const nb::str& relpath, const nb::str& source) const {
    run(*engine_, nb::none(),
        [writing = writing(), name = key_text(relpath), path = path_of(source)](const Context&) {
          writing->artifact.put(name, path);
        });
  }

  ArtifactHandle finish(const nb::object& progress) {
    SavedArtifact saved =
        run(*engine_, progress, [writing = writing()](const Context&) { return writing->artifact.finish(); });
    close();
    return ArtifactHandle::of(engine_, registry_, {std::move(saved.folder), std::move(saved.record)});
  }

  /// Nothing is recorded any more.
  void close() {
    if (!writing_) return;
    if (writing_->wired->owner != ::getpid()) {
      new std::shared_ptr<Writing>(std::move(writing_));  // alive for ever: its threads are the parent's
      return;
    }
    const nb::gil_scoped_release without_gil;
    writing_.reset();
  }

 private:
  const std::shared_ptr<Writing>& writing() const {
    if (!writing_ || writing_->wired->owner != ::getpid())
      throw Error(ErrorCode::failed_precondition, "the artifact is not being written any more");
    return writing_;
  }

  std::shared_ptr<Engine> engine_;
  std::string registry_;
  std::shared_ptr<Writing> writing_;
};

NewArtifactHandle begin(const std::shared_ptr<Engine>& engine, const std::string& registry,
                        const std::vector<nb::str>& relpaths, const Described& described) {
  std::vector<std::string> names;
  for (const nb::str& relpath : relpaths) names.push_back(key_text(relpath));
  auto writing =
      run(*engine, nb::none(), [wired = engine->wired(), registry, names, described](const Context& context) {
        return std::make_shared<Writing>(wired, registry, names, describe(described, context));
      });
  return {engine, registry, std::move(writing)};
}

}  // namespace

void bind_artifact_saving(nb::module_& module) {
  nb::class_<Described>(module, "Described")
      .def("__init__", &make_described, nb::arg("surroundings"), nb::arg("labels"), nb::arg("infos"),
           nb::arg("based_on"), nb::arg("run_id"));
  nb::class_<NewArtifactHandle>(module, "NewArtifact")
      .def(nb::new_(&begin), nb::arg("engine"), nb::arg("registry"), nb::arg("relpaths"),
           nb::arg("described"))
      .def("document", &NewArtifactHandle::document)
      .def("url", &NewArtifactHandle::url, nb::arg("relpath"))
      .def("put", &NewArtifactHandle::put, nb::arg("relpath"), nb::arg("source"))
      .def("finish", &NewArtifactHandle::finish, nb::arg("progress").none())
      .def("close", &NewArtifactHandle::close);
  module.def("save_artifact", &save, nb::arg("engine"), nb::arg("registry"), nb::arg("paths"),
             nb::arg("described"), nb::arg("dedup"), nb::arg("progress").none());
}

}  // namespace unio::python
