#include "native/transform.hpp"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "engine/captured_description.hpp"
#include "engine/shared_push.hpp"
#include "native/package.hpp"
#include "native/surroundings.hpp"
#include "native/text.hpp"

namespace unio::python {
namespace {

/// Size, and digest as manifests write it.
using Stored = std::tuple<std::uint64_t, std::string>;

StoredContent content_of(const Stored& stored) {
  const auto& [size, text] = stored;
  const auto digest = Digest::parse(DigestType::sha2_256_chunked, text);
  if (!digest) throw Error(ErrorCode::invalid_argument, "'" + text + "' is no digest");
  return {*digest, size, false};
}

/// Contents are bytes; a str is the path of a file.
std::vector<Stored> put(const std::shared_ptr<Engine>& engine, const std::string& registry,
                        const std::vector<nb::object>& contents) {
  auto taken = std::make_shared<std::vector<NewContent>>();
  for (const nb::object& content : contents) {
    if (nb::isinstance<nb::str>(content)) {
      taken->emplace_back(path_of(nb::borrow<nb::str>(content)));
    } else {
      const auto bytes = nb::cast<nb::bytes>(content);
      taken->emplace_back(std::string(bytes.c_str(), bytes.size()));
    }
  }
  const auto stored = run(*engine, nb::none(), [taken, registry](const Context& context) {
    return put_contents(Registry(context.stores.get(registry), context), *taken, context);
  });
  std::vector<Stored> result;
  for (const StoredContent& content : stored) result.emplace_back(content.size, content.digest.text());
  return result;
}

/// A push that lasts over many calls, with the engine that it needs so long.
struct Holding {
  Holding(std::shared_ptr<Engine::Wired> with, ResolvedRef to)
      : wired(std::move(with)), push(std::move(to), wired->quick) {}
  std::shared_ptr<Engine::Wired> wired;
  SharedPush push;
};

/// A forked child leaves the push to its parent.
class SharedPushHandle {
 public:
  SharedPushHandle(std::shared_ptr<Engine> engine, std::shared_ptr<Holding> holding)
      : engine_(std::move(engine)), holding_(std::move(holding)) {}
  SharedPushHandle(SharedPushHandle&&) = default;
  ~SharedPushHandle() { close(); }

  const std::shared_ptr<Engine>& engine() const { return engine_; }
  const std::shared_ptr<Holding>& holding() const {
    if (!holding_ || holding_->wired->owner != ::getpid())
      throw Error(ErrorCode::failed_precondition, "the push has ended");
    return holding_;
  }
  void close() {
    if (holding_ && holding_->wired->owner != ::getpid()) {
      new std::shared_ptr<Holding>(std::move(holding_));  // alive for ever: its threads are the parent's
      return;
    }
    const nb::gil_scoped_release without_gil;
    holding_.reset();
  }

 private:
  std::shared_ptr<Engine> engine_;
  std::shared_ptr<Holding> holding_;
};

SharedPushHandle begin(const std::shared_ptr<Engine>& engine, const std::string& reference,
                       const std::optional<std::string>& registry, const std::optional<std::string>& tag) {
  const std::shared_ptr<Engine::Wired> wired = engine->wired();
  ResolvedRef to = wired->app.resolve(reference, registry);
  if (tag) to.version = {Version::Kind::tag, *tag};
  return {engine, run(*engine, nb::none(),
                      [wired, to](const Context&) { return std::make_shared<Holding>(wired, to); })};
}

bool may_have(const SharedPushHandle& handle, const nb::str& key) {
  return handle.holding()->push.may_have(key_text(key));
}

void add(const SharedPushHandle& handle, const nb::str& key, const Stored& stored, const nb::str& meta) {
  handle.holding()->push.add({key_text(key), content_of(stored), key_text(meta)});
}

std::vector<std::size_t> missing(const SharedPushHandle& handle, const std::vector<Stored>& contents) {
  auto wanted = std::make_shared<std::vector<StoredContent>>();
  for (const Stored& stored : contents) wanted->push_back(content_of(stored));
  return run(*handle.engine(), nb::none(), [holding = handle.holding(), wanted](const Context& context) {
    return find_missing(Registry(holding->push.registry().store(), context), *wanted, context);
  });
}

nb::tuple publish_all(const SharedPushHandle& handle, const std::vector<std::string>& parents,
                      const std::optional<std::string>& message, const std::optional<std::string>& meta,
                      bool force, const Surroundings& surroundings, const nb::object& progress) {
  const SharedPush::Publishing publishing{.parents = parents,
                                          .message = message,
                                          .meta = meta ? std::optional(Json::parse(*meta)) : std::nullopt,
                                          .force = force ? Force::yes : Force::no};
  auto [manifest, result] = run(
      *handle.engine(), progress,
      [holding = handle.holding(), publishing, surroundings](const Context& context) {
        SharedPush::Publishing whole = publishing;
        const Context around = context_of(surroundings, context.user, context);
        whole.surroundings = captured_surroundings(capture_environment(push_capture(surroundings), around));
        return holding->push.publish(whole, context);
      });
  const PackageHandle package{
      handle.engine(), std::make_shared<PackageReader>(handle.holding()->push.to(), std::move(manifest),
                                                       PackageReader::Local::no)};
  return nb::make_tuple(package, result.published);
}

}  // namespace

void bind_transform(nb::module_& module) {
  module.def("put_contents", &put, nb::arg("engine"), nb::arg("registry"), nb::arg("contents"));
  nb::class_<SharedPushHandle>(module, "SharedPush")
      .def(nb::new_(&begin), nb::arg("engine"), nb::arg("reference"), nb::arg("registry").none(),
           nb::arg("tag").none())
      .def_prop_ro("registry",
                   [](const SharedPushHandle& handle) { return handle.holding()->push.to().registry; })
      .def_prop_ro("name",
                   [](const SharedPushHandle& handle) { return handle.holding()->push.to().name.text(); })
      .def_prop_ro("tag", [](const SharedPushHandle& handle) { return handle.holding()->push.tag(); })
      .def("may_have", &may_have, nb::arg("key"))
      .def("add", &add, nb::arg("key"), nb::arg("stored"), nb::arg("meta"))
      .def("missing", &missing, nb::arg("contents"))
      .def("publish", &publish_all, nb::arg("parents"), nb::arg("message").none(), nb::arg("meta").none(),
           nb::arg("force"), nb::arg("surroundings"), nb::arg("progress").none())
      .def("close", &SharedPushHandle::close);
}

}  // namespace unio::python
