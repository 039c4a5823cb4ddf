#include "engine/shared_push.hpp"

#include <fmt/format.h>

#include <functional>
#include <utility>

#include "base/error.hpp"
#include "engine/content.hpp"
#include "model/registry_layout.hpp"

namespace unio {
namespace {

ResolvedRef without_hash(ResolvedRef to) {
  if (to.version.kind == Version::Kind::hash) {
    throw Error(ErrorCode::invalid_argument, "a package that is being made has no hash yet",
                "leave out what follows the @");
  }
  if (to.version.kind == Version::Kind::tag) check_tag_name(to.version.value);
  return to;
}

}  // namespace

SharedPush::SharedPush(ResolvedRef to, const Context& context)
    : to_(without_hash(std::move(to))),
      registry_(context.stores.get(to_.registry), context),
      session_(registry_, context) {
  session_.announce();
}

bool SharedPush::may_have(std::string_view logical_key) const {
  return hashes_.contains(std::hash<std::string_view>()(logical_key));
}

void SharedPush::add(const NewEntry& entry) {
  const StoredContent& content = entry.content;
  entries_.add(Entry{entry.logical_key, physical_url(registry_, layout::object(content.digest)), content.size,
                     content.digest, Json::parse(entry.meta).dump(JsonStyle::python)});
  hashes_.insert(std::hash<std::string_view>()(entry.logical_key));
}

SharedPush::Published SharedPush::publish(const Publishing& publishing, const Context& context) {
  Json::Object header;
  header.set("version", "v0");
  header.set("message", publishing.message ? Json(*publishing.message) : Json());
  if (publishing.meta) header.set("user_meta", *publishing.meta);
  entries_.set_header(std::move(header));
  const Publication publication{.name = to_.name,
                                .manifest = entries_.finish(),
                                .tag = tag(),
                                .known_tag = std::nullopt,
                                .force = publishing.force,
                                .parents = publishing.parents,
                                .based_on = {},
                                .surroundings = publishing.surroundings};
  // What the announced session saw of the names may be hours old.
  const Registry registry(registry_.store(), context);
  PushSession session(registry, context, {.name = to_.name});
  PublishResult result = unio::publish(registry, session, context, publication);
  return {publication.manifest, std::move(result)};
}

}  // namespace unio
