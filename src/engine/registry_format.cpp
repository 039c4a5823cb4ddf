#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "engine/registry.hpp"
#include "engine/store_capabilities.hpp"
#include "model/registry_layout.hpp"
#include "storage/retention_store.hpp"

namespace unio {
namespace {

const std::string format_key(layout::format);
/// What of `required` this version knows.
constexpr std::string_view retention_feature = "retention";
/// Somebody else changing the format as often as this is a loop.
constexpr int most_tries_to_keep = 100;

Json new_format() {
  return Json::object({{"format", "unio-registry"},
                       {"version", 1},
                       {"required", Json::Array{}},
                       {"optional", Json::Array{"sessions", "intents", "revisions", "reflog", "feed"}}});
}

void check_format(const Json& format, std::string_view registry_url) {
  constexpr std::string_view hint = "install a newer unio; reading still works";
  if (const std::int64_t version = format.get_integer("version"); version != 1) {
    throw Error(ErrorCode::unsupported,
                fmt::format("registry '{}' has version {} of the format", registry_url, version),
                std::string(hint));
  }
  const Json* required = format.find("required");
  if (required == nullptr || required->if_array() == nullptr) {
    throw Error(ErrorCode::corruption, "'required' is missing or no list");
  }
  const bool known = std::all_of(required->if_array()->begin(), required->if_array()->end(),
                                 [](const Json& name) { return name == Json(retention_feature); });
  if (known) return;
  throw Error(ErrorCode::unsupported,
              fmt::format("registry '{}' requires features that this version of unio does not know: {}",
                          registry_url, required->dump()),
              std::string(hint));
}

/// What was found out of this very store; a registry that was copied to another place has none.
std::optional<StoreCapabilities> find_capabilities(const Json& format, const std::string& registry_url) {
  const Json* store = format.find("store");
  if (store == nullptr || !store->is_object() || store->find_string("url") != registry_url)
    return std::nullopt;
  return parse_capabilities(*store);
}

Json store_json(const StoreCapabilities& able, const std::string& registry_url, const Context& context) {
  Json store = Json::object({{"url", registry_url}, {"probed", format_time(context.clock.now())}});
  add_capabilities(store, able);
  return store;
}

}  // namespace

std::optional<Record> Registry::find_format() const {
  auto format = find_record(store_, format_key);
  if (format)
    in_context(fmt::format("read '{}/{}'", url(), format_key), [&] { check_format(format->json, url()); });
  return format;
}

/// Writes the format, with what the service can do. Whoever else did so at this moment counts.
Record Registry::keep_format(const std::optional<Record>& present,
                             const std::optional<StoreCapabilities>& able) const {
  Json json = present ? present->json : new_format();
  if (able) json.set("store", store_json(*able, url(), context_));
  const std::string content = json.dump(JsonStyle::pretty) + "\n";
  try {
    const auto written = store_.write(format_key, as_bytes(content),
                                      present ? Condition::matches(present->etag) : Condition::absent());
    return {std::move(json), written.etag};
  } catch (const Error& error) {
    if (error.code() != ErrorCode::conflict) throw;
    if (auto theirs = find_format()) return std::move(*theirs);
    throw;
  }
}

StoreCapabilities Registry::probe_store(ProbedStore& probed) const {
  const std::string scratch = fmt::format("{}{}-", layout::probes, random_id(context_.random));
  const StoreCapabilities able = probed.probe(scratch);
  adopt(probed, able);
  return able;
}

void Registry::adopt(ProbedStore& probed, const StoreCapabilities& able) const {
  const bool news = probed.capabilities() != able;
  probed.adopt(able);
  if (!news || able.many_writers()) return;
  context_.progress.warn(fmt::format(
      "the service of '{}' has no conditional writes: let only one person push at a time", url()));
}

std::string Registry::prepare_for_writing() const {
  std::optional<Record> format = find_format();
  ProbedStore* probed = store_.probed();
  std::optional<StoreCapabilities> able;
  if (probed != nullptr && format) able = find_capabilities(format->json, url());
  if (able) adopt(*probed, *able);
  const bool unknown = probed != nullptr && !able;
  if (unknown) able = probe_store(*probed);
  if (!format || unknown) format = keep_format(format, able);
  const RetentionPolicy policy = policy_of(format->json);
  adopt(policy);
  const bool needs_care = (able && !able->needs_no_care()) || policy.protects();
  return needs_care ? std::string() : format->etag;
}

std::optional<StoreCapabilities> Registry::probe() const {
  ProbedStore* probed = store_.probed();
  if (probed == nullptr) return std::nullopt;
  const StoreCapabilities able = probe_store(*probed);
  keep_format(find_format(), able);
  return able;
}

RetentionPolicy Registry::policy_of(const Json& format) const {
  const Json* retention = format.find(retention_feature);
  if (retention == nullptr) return {};
  return in_context(fmt::format("read '{}/{}'", url(), format_key), [&] {
    return retention->get_string("url") == url() ? parse_policy(*retention) : RetentionPolicy{};
  });
}

/// Stores outlive every context, as the clock does.
void Registry::adopt(const RetentionPolicy& policy) const {
  RetentionStore* store = store_.retention();
  if (store == nullptr) return;
  if (!policy.protects()) return store->adopt_retention({});
  store->adopt_retention([policy, &clock = context_.clock](std::string_view key) {
    return layout::is_retained(key) ? std::optional(policy.at(clock.now())) : std::nullopt;
  });
}

RetentionPolicy Registry::retention() const {
  const auto format = find_format();
  return format ? policy_of(format->json) : RetentionPolicy{};
}

void Registry::keep_retention(const RetentionPolicy& policy) const {
  for (int tries = 1;; ++tries) {
    const auto present = find_format();
    Json json = present ? present->json : new_format();
    Json::Array required;
    if (policy.protects()) required.emplace_back(retention_feature);
    json.set("required", std::move(required));
    Json retention = policy_json(policy);
    retention.set("url", url());
    retention.set("set", format_time(context_.clock.now()));
    retention.set("user", context_.user);
    json.set(std::string(retention_feature), std::move(retention));
    const std::string content = json.dump(JsonStyle::pretty) + "\n";
    try {
      store_.write(format_key, as_bytes(content),
                   present ? Condition::matches(present->etag) : Condition::absent());
      return adopt(policy);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::conflict || tries == most_tries_to_keep) throw;
    }
  }
}

}  // namespace unio
