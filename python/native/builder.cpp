#include "native/builder.hpp"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "engine/builder_edit.hpp"
#include "engine/content.hpp"
#include "engine/lineage.hpp"
#include "engine/push.hpp"
#include "engine/status.hpp"
#include "native/package.hpp"
#include "native/surroundings.hpp"
#include "native/text.hpp"

namespace unio::python {
namespace {

using std::filesystem::path;

/// A workspace in a folder of this process, which goes with it.
struct BuilderFolder {
  explicit BuilderFolder(Workspace made) : workspace(std::move(made)) {}
  ~BuilderFolder() {
    std::error_code ignored;
    if (owner == ::getpid()) std::filesystem::remove_all(workspace.root(), ignored);
  }
  BuilderFolder(const BuilderFolder&) = delete;
  BuilderFolder& operator=(const BuilderFolder&) = delete;

  const pid_t owner = ::getpid();
  std::mutex mutex;
  Workspace workspace;
};

/// A forked child must not work in the folder of its parent: it takes a copy of the state on first use.
class BuilderHandle {
 public:
  /// `make(folder, context)` turns the new, empty folder into a workspace.
  template <class Make>
  BuilderHandle(std::shared_ptr<Engine> engine, Make make) : engine_(std::move(engine)) {
    state_ = run(*engine_, nb::none(), [make = std::move(make), engine = engine_](const Context& context) {
      return std::make_shared<BuilderFolder>(make(engine->wired()->app.new_scratch_folder(), context));
    });
  }

  const std::shared_ptr<Engine>& engine() const { return engine_; }

  /// Runs an operation on the workspace, alone.
  template <class Operation>
  auto run_on(const nb::object& progress, Operation operation) {
    return run(*engine_, progress,
               [state = own_state(), operation = std::move(operation)](const Context& context) {
                 const std::lock_guard alone(state->mutex);
                 return operation(state->workspace, context);
               });
  }

 private:
  std::shared_ptr<BuilderFolder> own_state() {
    if (state_->owner == ::getpid()) return state_;
    const path folder = engine_->wired()->app.new_scratch_folder();
    std::filesystem::copy(state_->workspace.state_folder(), folder / ".unio",
                          std::filesystem::copy_options::recursive);
    return state_ = std::make_shared<BuilderFolder>(Workspace::get(folder));
  }

  std::shared_ptr<Engine> engine_;
  std::shared_ptr<BuilderFolder> state_;
};

BuilderHandle new_builder(const std::shared_ptr<Engine>& engine, const std::string& reference,
                          const std::optional<std::string>& registry) {
  return {engine, [=](const path& folder, const Context& context) {
            return init_workspace(engine->wired()->app.resolve(reference, registry), folder, context);
          }};
}

/// Under another name, in the same registry unless that names one, where `reference` is given.
BuilderHandle builder_from(const PackageHandle& package, const Manifest& manifest,
                           const std::optional<std::vector<std::size_t>>& indexes,
                           const std::optional<std::string>& reference) {
  return {package.engine, [=](const path& folder, const Context& context) {
            const ResolvedRef& own = package.reader->ref();
            const ResolvedRef ref =
                reference ? package.engine->wired()->app.resolve(*reference, own.registry) : own;
            return init_from_package(ref, package.opened(manifest, context), indexes, folder, context);
          }};
}

/// Files of the state folder by name: everything that a builder is.
using Files = std::map<std::string, std::string>;

BuilderHandle restored_builder(const std::shared_ptr<Engine>& engine, const nb::dict& files) {
  Files contents;
  for (const auto& [name, content] : files) {
    const auto bytes = nb::cast<nb::bytes>(content);
    contents[nb::cast<std::string>(name)] = std::string(bytes.c_str(), bytes.size());
  }
  return {engine, [=](const path& folder, const Context& context) {
            std::filesystem::create_directory(folder / ".unio");
            for (const auto& [name, content] : contents)
              replace_file(folder / ".unio" / path(name).filename(), as_bytes(content), context.random);
            return Workspace::get(folder);
          }};
}

nb::dict state_files(BuilderHandle& builder) {
  const Files contents = builder.run_on(nb::none(), [](Workspace& workspace, const Context&) {
    Files found;
    for (const std::string& name : {std::string("workspace.json"), workspace.state().manifest_file}) {
      if (!name.empty()) found[name] = read_file(workspace.state_folder() / name);
    }
    return found;
  });
  nb::dict files;
  for (const auto& [name, content] : contents) files[name.c_str()] = bytes_of(content);
  return files;
}

nb::list left_out_list(const std::vector<LeftOut>& left_out) {
  nb::list result;
  for (const LeftOut& item : left_out) {
    if (item.why != LeftOut::Why::ignored) result.append(path_str(item.path));
  }
  return result;
}

std::optional<Json> json_of(const std::optional<std::string>& text) {
  return text ? std::optional(Json::parse(*text)) : std::nullopt;
}

Overwrite overwrite_of(bool overwrite) {
  return overwrite ? Overwrite::yes : Overwrite::no;
}

nb::dict add_local(BuilderHandle& builder, const nb::str& source, const nb::str& key, bool overwrite) {
  const AddRequest request{path_of(source).native(), key_text(key), overwrite_of(overwrite)};
  const AddResult added = builder.run_on(nb::none(), [=](Workspace& workspace, const Context& context) {
    return add(workspace, workspace.root(), request, context);
  });
  nb::dict result;
  result["key"] = key_str(added.key);
  result["folder"] = added.folder;
  result["files"] = added.files;
  result["secrets"] = key_list(added.secrets);
  result["left_out"] = left_out_list(added.left_out);
  return result;
}

void add_objects_of(BuilderHandle& builder, const std::string& url, const nb::str& key, bool overwrite,
                    const nb::object& progress) {
  const std::string folder = key_text(key);
  builder.run_on(progress, [=](Workspace& workspace, const Context& context) {
    return add_objects(workspace, url, folder, overwrite_of(overwrite), context).objects;
  });
}

void add_package_to(BuilderHandle& builder, const PackageHandle& package, const nb::str& key, bool overwrite,
                    const nb::object& progress) {
  const std::string folder = key_text(key);
  builder.run_on(progress, [=](Workspace& workspace, const Context& context) {
    const OpenedPackage added = package.reader->whole(context);
    return add_package(workspace, added, folder, overwrite_of(overwrite), context).entries;
  });
}

void set_key(BuilderHandle& builder, const nb::str& key, const nb::str& source,
             const std::optional<std::string>& meta) {
  const std::string entry = key_text(key);
  const std::string file = path_of(source).native();
  const auto json = json_of(meta);
  builder.run_on(nb::none(), [=](Workspace& workspace, const Context& context) {
    set_entry(workspace, workspace.root(), entry, file, json, context);
  });
}

void set_meta_of(BuilderHandle& builder, const nb::str& key, const std::string& meta) {
  const std::string place = key_text(key);
  const Json json = Json::parse(meta);
  builder.run_on(nb::none(), [=](Workspace& workspace, const Context& context) {
    set_meta(workspace, place, json, context);
  });
}

std::size_t remove_key(BuilderHandle& builder, const nb::str& key) {
  const std::string place = key_text(key);
  return builder.run_on(nb::none(), [=](Workspace& workspace, const Context& context) {
    return remove_entries(workspace, place, context);
  });
}

std::size_t move_keys(BuilderHandle& builder, const nb::str& from, const nb::str& to, bool overwrite) {
  const std::string source = key_text(from);
  const std::string target = key_text(to);
  return builder.run_on(nb::none(), [=](Workspace& workspace, const Context& context) {
    return move_entries(workspace, source, target, overwrite_of(overwrite), context);
  });
}

nb::dict build_dict(const BuildResult& build) {
  nb::dict result;
  result["top_hash"] = build.top_hash;
  result["removed"] = key_list(build.removed);
  result["left_out"] = left_out_list(build.left_out);
  result["secrets"] = key_list(build.secrets);
  return result;
}

nb::dict build_manifest(BuilderHandle& builder, const std::optional<std::string>& message,
                        const std::optional<std::string>& meta, const nb::object& progress) {
  const BuildOptions options{.message = message, .meta = json_of(meta)};
  return build_dict(builder.run_on(progress, [=](Workspace& workspace, const Context& context) {
    const auto lock = workspace.lock();
    return build(workspace, options, context);
  }));
}

nb::dict pushed_dict(const PushDataResult& data) {
  nb::list groups;
  for (const PushedGroup& group : data.groups) {
    groups.append(nb::make_tuple(group.action == PushedGroup::Action::pushed ? "pushed" : "copied",
                                 path_str(group.from), key_str(group.to), group.folder, group.files,
                                 group.bytes, group.already_there));
  }
  nb::dict result;
  result["groups"] = groups;
  result["displaced"] = key_list(data.displaced);
  result["secrets"] = key_list(data.secrets);
  return result;
}

nb::dict push_only_data(BuilderHandle& builder, const std::optional<std::string>& prefix,
                        bool local_files_only, const nb::object& progress) {
  const PushDataOptions options{prefix, local_files_only};
  return pushed_dict(builder.run_on(progress, [=](Workspace& workspace, const Context& context) {
    const auto lock = workspace.lock();
    return push_data(workspace, options, context);
  }));
}

/// What publishing says, with the package that it made.
nb::dict published_dict(const std::pair<PushResult, PackageHandle>& published) {
  const auto& [push, package] = published;
  nb::dict result = pushed_dict(push.data);
  result["package"] = package;
  result["top_hash"] = push.top_hash;
  result["manifest_url"] = push.manifest_url;
  result["built"] = push.built;
  result["published"] = push.published;
  result["only_tagged"] = push.only_tagged;
  result["has_readme"] = push.has_readme;
  result["removed"] = key_list(push.build.removed);
  result["left_out"] = left_out_list(push.build.left_out);
  return result;
}

PackageHandle package_of(const std::shared_ptr<Engine>& engine, Workspace& workspace,
                         const std::optional<std::string>& tag) {
  ResolvedRef ref = workspace.state().ref;
  ref.version = tag ? Version{Version::Kind::tag, *tag} : Version{};
  const auto local = workspace.state().published ? PackageReader::Local::no : PackageReader::Local::yes;
  return {engine, std::make_shared<PackageReader>(std::move(ref), workspace.manifest(), local)};
}

/// Where a published package says that it comes from.
struct Origin {
  Surroundings surroundings;
  std::vector<std::string> based_on;
};

void make_origin(Origin* self, const Surroundings& surroundings, const std::vector<std::string>& based_on) {
  for (const std::string& id : based_on) check_parent_id(id);
  new (self) Origin{surroundings, based_on};
}

PushManifestOptions manifest_options(const std::optional<std::string>& tag,
                                     const std::optional<std::string>& message,
                                     const std::optional<std::string>& meta, bool force,
                                     const Origin& origin) {
  return {.tag = tag,
          .message = message,
          .meta = json_of(meta),
          .force = force ? Force::yes : Force::no,
          .allow_local_files = false,
          .capture = push_capture(origin.surroundings),
          .based_on = origin.based_on};
}

nb::dict push_only_manifest(BuilderHandle& builder, const std::optional<std::string>& tag,
                            const std::optional<std::string>& message, const std::optional<std::string>& meta,
                            bool force, bool allow_local_files, const Origin& origin,
                            const nb::object& progress) {
  const std::shared_ptr<Engine> engine = builder.engine();
  PushManifestOptions options = manifest_options(tag, message, meta, force, origin);
  options.allow_local_files = allow_local_files;
  return published_dict(builder.run_on(progress, [=](Workspace& workspace, const Context& context) {
    const auto lock = workspace.lock();
    const Context around = context_of(origin.surroundings, context.user, context);
    PushResult result = push_manifest(workspace, options, around);
    return std::pair(std::move(result), package_of(engine, workspace, tag));
  }));
}

nb::dict push_all(BuilderHandle& builder, const std::optional<std::string>& prefix, bool keep_pointers,
                  const std::optional<std::string>& tag, const std::optional<std::string>& message,
                  const std::optional<std::string>& meta, bool force, const Origin& origin,
                  const nb::object& progress) {
  const std::shared_ptr<Engine> engine = builder.engine();
  const PushOptions options{manifest_options(tag, message, meta, force, origin), prefix, keep_pointers};
  return published_dict(builder.run_on(progress, [=](Workspace& workspace, const Context& context) {
    const auto lock = workspace.lock();
    const Context around = context_of(origin.surroundings, context.user, context);
    PushResult result = push(workspace, options, around);
    return std::pair(std::move(result), package_of(engine, workspace, tag));
  }));
}

struct Description {
  BuilderState state;
  std::string manifest_url;
  bool local_files = false;
};

nb::dict describe(BuilderHandle& builder) {
  const auto found = builder.run_on(nb::none(), [](Workspace& workspace, const Context& context) {
    const BuilderState& state = workspace.state();
    const Registry registry(context.stores.get(state.ref.registry), context);
    Description description{state, {}, false};
    if (!state.built) return description;
    description.manifest_url = registry.manifest_url(state.top_hash);
    description.local_files = points_at_local_files(registry, workspace.manifest());
    return description;
  });
  const BuilderState& state = found.state;
  nb::dict result;
  result["name"] = state.ref.name.text();
  result["display"] = state.ref.display();
  result["registry"] = state.ref.registry;
  result["top_hash"] = state.built ? nb::object(nb::str(state.top_hash.c_str())) : nb::none();
  result["published"] = state.published && state.built;
  result["manifest_url"] = found.manifest_url;
  result["local_files"] = found.local_files;
  return result;
}

/// Where each part of the package is now, which the sources are looked at for.
nb::list lines(BuilderHandle& builder) {
  const auto found = builder.run_on(nb::none(), [](Workspace& workspace, const Context& context) {
    return status(workspace, context).data;
  });
  nb::list result;
  for (const DataLine& line : found)
    result.append(nb::make_tuple(key_str(line.key), path_str(line.place), line.entries));
  return result;
}

PackageHandle as_package(BuilderHandle& builder) {
  const std::shared_ptr<Engine> engine = builder.engine();
  return builder.run_on(nb::none(), [=](Workspace& workspace, const Context&) {
    const Version version = workspace.state().ref.version;
    const bool tagged = workspace.state().published && version.kind == Version::Kind::tag;
    return package_of(engine, workspace, tagged ? std::optional(version.value) : std::nullopt);
  });
}

}  // namespace

void bind_builder(nb::module_& module) {
  nb::class_<Origin>(module, "Origin")
      .def("__init__", &make_origin, nb::arg("surroundings"), nb::arg("based_on"));
  nb::class_<BuilderHandle>(module, "Builder")
      .def(nb::new_(&new_builder), nb::arg("engine"), nb::arg("reference"), nb::arg("registry").none())
      .def_static("from_package", &builder_from, nb::arg("package"), nb::arg("manifest"),
                  nb::arg("indexes").none(), nb::arg("reference").none())
      .def_static("restore", &restored_builder, nb::arg("engine"), nb::arg("files"))
      .def("state_files", &state_files)
      .def("describe", &describe)
      .def("lines", &lines)
      .def("as_package", &as_package)
      .def("add", &add_local, nb::arg("source"), nb::arg("key"), nb::arg("overwrite"))
      .def("add_objects", &add_objects_of, nb::arg("url"), nb::arg("key"), nb::arg("overwrite"),
           nb::arg("progress").none())
      .def("add_package", &add_package_to, nb::arg("package"), nb::arg("key"), nb::arg("overwrite"),
           nb::arg("progress").none())
      .def("set", &set_key, nb::arg("key"), nb::arg("source"), nb::arg("meta").none())
      .def("set_meta", &set_meta_of, nb::arg("key"), nb::arg("meta"))
      .def("remove", &remove_key, nb::arg("key"))
      .def("move", &move_keys, nb::arg("source"), nb::arg("target"), nb::arg("overwrite"))
      .def("build", &build_manifest, nb::arg("message").none(), nb::arg("meta").none(),
           nb::arg("progress").none())
      .def("push_data", &push_only_data, nb::arg("prefix").none(), nb::arg("local_files_only"),
           nb::arg("progress").none())
      .def("push_manifest", &push_only_manifest, nb::arg("tag").none(), nb::arg("message").none(),
           nb::arg("meta").none(), nb::arg("force"), nb::arg("allow_local_files"), nb::arg("origin"),
           nb::arg("progress").none())
      .def("push", &push_all, nb::arg("prefix").none(), nb::arg("keep_pointers"), nb::arg("tag").none(),
           nb::arg("message").none(), nb::arg("meta").none(), nb::arg("force"), nb::arg("origin"),
           nb::arg("progress").none());
}

}  // namespace unio::python
