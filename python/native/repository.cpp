#include "native/repository.hpp"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "app/stores.hpp"
#include "engine/repository.hpp"
#include "model/json_list.hpp"
#include "model/releases.hpp"
#include "model/value_path.hpp"
#include "native/engine.hpp"
#include "native/python_objects.hpp"
#include "native/text.hpp"

namespace unio::python {
namespace {

using Micros = std::int64_t;  ///< since 1970, in UTC

Time time_of(Micros micros) {
  return Time(std::chrono::microseconds(micros));
}
std::optional<Time> time_of(const std::optional<Micros>& micros) {
  if (!micros) return std::nullopt;
  return time_of(*micros);
}
Micros micros_of(Time time) {
  return time.time_since_epoch().count();
}

std::optional<Sha256Value> digest_of_hex(const std::optional<std::string>& hex) {
  Sha256Value digest;
  if (!hex || !parse_hex(*hex, digest)) return std::nullopt;
  return digest;
}

nb::object hex_or_none(const std::optional<Sha256Value>& digest) {
  return digest ? nb::cast(to_hex(*digest)) : nb::none();
}

using Index = RepositoryIndex;

nb::tuple entry(const Index& index, std::size_t position) {
  if (position >= index.versions().size()) throw nb::index_error("no such entry");
  const ValueVersion& version = index.versions()[position];
  return nb::make_tuple(key_str(version.name), version.version, key_str(version.handler),
                        key_str(version.file_name), micros_of(version.created),
                        version.expiry ? nb::cast(micros_of(*version.expiry)) : nb::none(),
                        hex_or_none(version.sha256), version.size ? nb::cast(*version.size) : nb::none());
}

Index subset(const Index& index, const std::vector<std::size_t>& positions) {
  std::vector<std::string_view> texts;
  for (const std::size_t position : positions) texts.push_back(index.versions().at(position).text);
  return Index::parse(join_json_list(texts));
}

/// None: the newest; an integer; a time as its first and last microsecond; or text of any of these.
VersionWanted wanted(const nb::object& version, Match match) {
  if (version.is_none()) return {VersionWanted::Newest{}, match};
  if (nb::isinstance<nb::int_>(version)) return {nb::cast<std::int64_t>(version), match};
  if (nb::isinstance<nb::str>(version))
    return VersionWanted::parse(key_text(nb::cast<nb::str>(version)), match);
  const auto [first, last] = nb::cast<std::pair<Micros, Micros>>(version);
  return {TimeSpan{time_of(first), time_of(last)}, match};
}

std::size_t resolve(const Index& index, const nb::str& name, const nb::object& version, bool as_of,
                    Micros now) {
  return resolve_version(index, key_text(name), wanted(version, as_of ? Match::as_of : Match::exact),
                         time_of(now));
}

/// Name, handler, file name, microsecond, expiry, fields of the handler as JSON.
using Described = std::tuple<nb::str, nb::str, nb::str, Micros, std::optional<Micros>, std::string>;

NewVersion new_version(const Described& described) {
  const auto& [name, handler, file_name, created, expiry, fields] = described;
  const Json json = Json::parse(fields);
  return {.name = key_text(name),
          .handler = key_text(handler),
          .file_name = key_text(file_name),
          .created = time_of(created),
          .expiry = time_of(expiry),
          .fields = *json.if_object()};
}

/// A path, or the bytes themselves.
ValueSource source_of(const nb::object& content) {
  if (nb::isinstance<nb::str>(content)) return ValueSource::of_file(path_of(nb::cast<nb::str>(content)));
  const auto bytes = nb::cast<nb::bytes>(content);
  return ValueSource::of_text(std::string(bytes.c_str(), bytes.size()));
}

using Value = std::pair<Described, nb::object>;

std::vector<ValueToSave> values_of(const std::vector<Value>& given) {
  std::vector<ValueToSave> values;
  for (const auto& [described, content] : given)
    values.push_back({.version = new_version(described), .suffix = {}, .content = source_of(content)});
  return values;
}

/// Which version's bytes: name, number, file name, SHA-256 and size where they are known.
using Wanted =
    std::tuple<nb::str, std::int64_t, nb::str, std::optional<std::string>, std::optional<std::uint64_t>>;

ValueVersion version_of(const Wanted& wanted) {
  const auto& [name, number, file_name, sha256, size] = wanted;
  return {.name = key_text(name),
          .version = number,
          .handler = {},
          .file_name = key_text(file_name),
          .sha256 = digest_of_hex(sha256),
          .size = size};
}

/// A version of a value by name and number.
using Named = std::pair<nb::str, std::int64_t>;

Release release_of(const nb::str& tag, const std::vector<Named>& versions, Micros created) {
  Release release{.tag = key_text(tag), .versions = {}, .created = time_of(created)};
  for (const auto& [name, number] : versions) release.versions.emplace_back(key_text(name), number);
  return release;
}

/// Where the index of a repository is.
struct IndexPlace {
  std::string url;                     ///< of the index
  std::shared_ptr<ObjectStore> store;  ///< of its folder, where only Python gets there
  std::string key;                     ///< of the index in that store

  Repository open(const Context& context, const App& app) const {
    if (store) return Repository(*store, key, context);
    return Repository::open(url, context, app.registries());
  }
};

/// A repository by the place of its index. Holds no connection.
class Handle {
  // First, since its type is found out from its body.
  template <class Body>
  auto call(Body body) const {
    return run(*engine_, nb::none(),
               [body = std::move(body), place = place_, wired = engine_->wired()](const Context& context) {
                 return body(place.open(context, wired->app));
               });
  }

 public:
  Handle(std::shared_ptr<Engine> engine, const nb::str& place)
      : engine_(std::move(engine)),
        place_{.url = registry_url(path_of(place).native()), .store = {}, .key = {}} {}
  /// In a file system of Python's.
  Handle(std::shared_ptr<Engine> engine, nb::object files, std::string index) : engine_(std::move(engine)) {
    place_.store = open_python_store(std::move(files));
    place_.url = place_.store->url() + "/" + index;
    place_.key = std::move(index);
  }

  const std::string& url() const { return place_.url; }

  nb::object read() const {
    auto index = call([](const Repository& repository) { return repository.find_index(); });
    return index ? nb::cast(std::move(*index)) : nb::none();
  }

  nb::tuple save(const std::vector<Value>& values,
                 const std::vector<std::tuple<nb::str, std::int64_t, std::optional<Micros>>>& expiries,
                 bool replace, const Index& known) const {
    auto changes = std::make_shared<RepositoryChanges>();
    changes->values = values_of(values);
    for (const auto& [name, number, expiry] : expiries)
      changes->expiries.push_back({key_text(name), number, time_of(expiry)});
    changes->known = std::make_shared<const Index>(known);
    changes->onto = replace ? OntoIndex::replace : OntoIndex::add;
    SavedIndex saved = call([changes](const Repository& repository) { return repository.save(*changes); });
    return nb::make_tuple(nb::cast(std::move(saved.index)), saved.positions);
  }

  /// Stores values of experiments, whose folders are their names; of each its file name, SHA-256 and size.
  nb::list place(const std::vector<Value>& given) const {
    auto values = std::make_shared<std::vector<ValueToSave>>(values_of(given));
    const auto placed = call([values](const Repository& repository) {
      if (repository.store().probed() != nullptr) repository.prepare_for_writing();
      return place_values(repository.store(), {}, *values, repository.context());
    });
    nb::list result;
    for (const NewVersion& version : placed)
      result.append(nb::make_tuple(key_str(version.file_name), hex_or_none(version.sha256), *version.size));
    return result;
  }

  nb::bytes get(const Wanted& wanted) const {
    const ValueVersion version = version_of(wanted);
    return bytes_of(call([version](const Repository& repository) {
      std::string content;
      repository.read_value(version, [&](Bytes bytes) { content += as_text(bytes); });
      return content;
    }));
  }

  /// Into a file that is there and empty; what it got is right when this returns.
  void fetch(const Wanted& wanted, const nb::str& path) const {
    const ValueVersion version = version_of(wanted);
    const std::filesystem::path target = path_of(path);
    call([version, target](const Repository& repository) {
      std::filesystem::remove(target);
      File file = File::create_new(target);
      repository.read_value(version, [&](Bytes bytes) { file.write(bytes); });
    });
  }

  void export_versions(const nb::str& tag, const std::vector<Named>& versions, const Handle& target) const {
    const Release release = release_of(tag, versions, 0);
    call([release, place = target.place_, wired = engine_->wired()](const Repository& repository) {
      export_release(repository, release, place.open(repository.context(), wired->app));
    });
  }

  void add_release(const nb::str& tag, const std::vector<Named>& versions, Micros created) const {
    const Release release = release_of(tag, versions, created);
    call([release](const Repository& repository) { repository.add_release(release); });
  }

  nb::object read_file(const std::string& key) const {
    const auto found = call([key](const Repository& repository) {
      return find_object(repository.store(), key, std::uint64_t{1} << 30);
    });
    if (!found) return nb::none();
    return nb::make_tuple(bytes_of(found->content), found->info.etag);
  }

  /// Error conflict unless the file is what it was under that etag, or not there without one.
  void write_file(const std::string& key, const nb::bytes& content,
                  const std::optional<std::string>& etag) const {
    const std::string text(content.c_str(), content.size());
    call([=](const Repository& repository) { repository.write_file(key, text, etag); });
  }

  nb::list verify() const {
    const auto report = call([](const Repository& repository) { return repository.verify(); });
    nb::list problems;
    for (const ValueProblem& problem : report.problems)
      problems.append(nb::make_tuple(key_str(problem.name), problem.version, key_str(problem.what)));
    return problems;
  }

 private:
  std::shared_ptr<Engine> engine_;
  IndexPlace place_;
};

/// Of each its tag, names and numbers, and microsecond.
nb::list parse_releases(const nb::bytes& text) {
  nb::list all;
  const Releases releases = Releases::parse({text.c_str(), text.size()});
  for (const Release& release : releases.all()) {
    nb::list versions;
    for (const auto& [name, number] : release.versions)
      versions.append(nb::make_tuple(key_str(name), number));
    all.append(nb::make_tuple(key_str(release.tag), versions, micros_of(release.created)));
  }
  return all;
}

std::pair<Micros, Micros> time_span(const std::string& text) {
  const TimeSpan span = parse_time_span(text);
  return {micros_of(span.first), micros_of(span.last)};
}

void bind_index(nb::module_& module) {
  nb::class_<Index>(module, "RepositoryIndex")
      .def(nb::init<>())
      .def_static("parse",
                  [](const nb::bytes& text) { return Index::parse(std::string(text.c_str(), text.size())); })
      .def("dump", [](const Index& index) { return bytes_of(index.dump()); })
      .def("__len__", [](const Index& index) { return index.versions().size(); })
      .def("copy", [](const Index& index) { return Index(index); })
      .def("subset", &subset, nb::arg("positions"))
      .def("contains", [](const Index& index, const nb::str& name) { return index.contains(key_text(name)); })
      .def("names", [](const Index& index) { return key_list(index.names()); })
      .def("versions_of",
           [](const Index& index, const nb::str& name) { return index.versions_of(key_text(name)); })
      .def("entry", &entry, nb::arg("position"))
      .def("text", [](const Index& index,
                      std::size_t position) { return key_str(index.versions().at(position).text); })
      .def("append",
           [](Index& index, const Described& described) { return index.append(new_version(described)); })
      .def(
          "set_expiry",
          [](Index& index, std::size_t position, const std::optional<Micros>& expiry) {
            index.set_expiry(position, time_of(expiry));
          },
          nb::arg("position"), nb::arg("expiry").none())
      .def("resolve", &resolve, nb::arg("name"), nb::arg("version").none(), nb::arg("as_of"), nb::arg("now"));
}

}  // namespace

void bind_repository(nb::module_& module) {
  bind_index(module);
  nb::class_<Handle>(module, "Repository")
      .def(nb::init<std::shared_ptr<Engine>, nb::str>(), nb::arg("engine"), nb::arg("place"))
      .def(nb::init<std::shared_ptr<Engine>, nb::object, std::string>(), nb::arg("engine"), nb::arg("files"),
           nb::arg("index"))
      .def_prop_ro("url", [](const Handle& handle) { return handle.url(); })
      .def("read", &Handle::read)
      .def("save", &Handle::save, nb::arg("values"), nb::arg("expiries"), nb::arg("replace"),
           nb::arg("known"))
      .def("place", &Handle::place, nb::arg("values"))
      .def("get", &Handle::get, nb::arg("version"))
      .def("fetch", &Handle::fetch, nb::arg("version"), nb::arg("path"))
      .def("export", &Handle::export_versions, nb::arg("tag"), nb::arg("versions"), nb::arg("target"))
      .def("add_release", &Handle::add_release, nb::arg("tag"), nb::arg("versions"), nb::arg("created"))
      .def("read_file", &Handle::read_file, nb::arg("key"))
      .def("write_file", &Handle::write_file, nb::arg("key"), nb::arg("content"), nb::arg("etag").none())
      .def("verify", &Handle::verify);
  module.def("slug", [](const nb::str& text) { return slug(key_text(text)); });
  module.def("value_file_name", [](const nb::str& name, Micros created, const nb::str& suffix) {
    return key_str(value_file_name(key_text(name), time_of(created), key_text(suffix)));
  });
  module.def("check_value_name", [](const nb::str& name, const nb::str& index) {
    check_value_name(key_text(name), key_text(index));
  });
  module.def("value_key", [](const nb::str& name, const nb::str& file_name) {
    return key_str(value_key(key_text(name), key_text(file_name)));
  });
  module.def("time_span", &time_span);
  module.def("parse_releases", &parse_releases, nb::arg("text"));
}

}  // namespace unio::python
