#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "engine/pointer_moves.hpp"
#include "model/registry_layout.hpp"

namespace unio {
namespace {

constexpr std::array<std::string_view, 4> kind_names{"push", "tag", "rollback", "delete"};

Json text_or_null(const std::optional<std::string>& text) {
  return text ? Json(*text) : Json();
}

Intent::Kind parse_kind(std::string_view text) {
  for (std::size_t i = 0; i < kind_names.size(); ++i) {
    if (kind_names[i] == text) return static_cast<Intent::Kind>(i);
  }
  throw Error(ErrorCode::unsupported, fmt::format("an intent of the unknown kind '{}'", text),
              "install a newer unio");
}

bool is_pointer_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos;
}

/// Whoever completes an intent relies on this.
void check_moves(const Intent& intent) {
  bool whole = !intent.moves.empty();
  for (const PointerMove& move : intent.moves) whole = whole && is_pointer_name(move.pointer);
  if (intent.kind == Intent::Kind::push) {
    whole = whole && intent.timestamp;
    for (const PointerMove& move : intent.moves) whole = whole && move.to;
  }
  if (!whole) throw Error(ErrorCode::corruption, "an intent whose moves are not whole");
}

ReflogEntry read_reflog_entry(const Registry& registry, const std::string& key) {
  return in_context(fmt::format("read '{}/{}'", registry.url(), key), [&] {
    const auto record = find_record(registry.store(), key);
    const Json json = record ? record->json : Json();
    return ReflogEntry{parse_time(json.get_string("when")),
                       json.get_string("op"),
                       json.get_string("operation"),
                       json.get_string("user"),
                       json.find_string("from"),
                       json.find_string("to")};
  });
}

}  // namespace

std::string_view operation_name(Intent::Kind kind) {
  return kind_names[static_cast<std::size_t>(kind)];
}

Intent Intent::parse(std::string_view text) {
  const Json json = Json::parse(text);
  if (const std::int64_t format = json.get_integer("format"); format != 1) {
    throw Error(ErrorCode::unsupported, fmt::format("an intent of format {}", format),
                "install a newer unio");
  }
  Intent intent;
  intent.kind = parse_kind(json.get_string("operation"));
  intent.op_id = json.get_string("op");
  intent.name = PackageName::parse(json.get_string("package"));
  intent.created = parse_time(json.get_string("created"));
  intent.user = json.get_string("user");
  intent.host = json.get_string("host");
  intent.process = json.get_integer("process");
  intent.message = json.find_string("message").value_or("");
  if (const Json* timestamp = json.find("timestamp"); timestamp != nullptr && !timestamp->is_null()) {
    intent.timestamp = json.get_integer("timestamp");
  }
  const Json* moves = json.find("moves");
  if (moves == nullptr || moves->if_array() == nullptr) {
    throw Error(ErrorCode::corruption, "an intent without moves");
  }
  for (const Json& move : *moves->if_array()) {
    intent.moves.push_back({move.get_string("pointer"), move.find_string("from"), move.find_string("to")});
  }
  check_moves(intent);
  return intent;
}

std::string Intent::dump() const {
  Json::Array move_list;
  for (const PointerMove& move : moves) {
    move_list.push_back(Json::object(
        {{"pointer", move.pointer}, {"from", text_or_null(move.from)}, {"to", text_or_null(move.to)}}));
  }
  return Json::object({{"format", 1},
                       {"op", op_id},
                       {"operation", operation_name(kind)},
                       {"package", name.text()},
                       {"moves", std::move(move_list)},
                       {"timestamp", timestamp ? Json(*timestamp) : Json()},
                       {"message", message},
                       {"created", format_time(created)},
                       {"user", user},
                       {"host", host},
                       {"process", process}})
             .dump(JsonStyle::pretty) +
         "\n";
}

void write_intent(const Registry& registry, const Intent& intent) {
  registry.store().write(layout::intent(intent.op_id), as_bytes(intent.dump()), Condition::none());
}

void remove_intent(const Registry& registry, const Intent& intent) {
  registry.store().remove(layout::intent(intent.op_id), Condition::none());
}

void write_reflog(const Registry& registry, const Intent& intent, const PointerMove& move) {
  const std::string entry = Json::object({{"op", intent.op_id},
                                          {"operation", operation_name(intent.kind)},
                                          {"when", format_time(intent.created)},
                                          {"user", intent.user},
                                          {"from", text_or_null(move.from)},
                                          {"to", text_or_null(move.to)}})
                                .dump() +
                            "\n";
  const std::string key = layout::reflog_entry(intent.name, move.pointer, intent.created, intent.op_id);
  registry.store().write(key, as_bytes(entry), Condition::none());
}

std::vector<ReflogEntry> reflog(const Registry& registry, const PackageName& name, std::string_view pointer) {
  const std::string prefix = layout::reflog(name, pointer);
  std::vector<ReflogEntry> entries;
  for_each_object(registry.store(), prefix, [&](const ObjectInfo& object) {
    // The reflogs of a package whose name is this path are below it.
    if (object.key.find('/', prefix.size()) != std::string::npos) return;
    entries.push_back(read_reflog_entry(registry, object.key));
  });
  // Keys tell milliseconds only.
  std::stable_sort(entries.begin(), entries.end(),
                   [](const ReflogEntry& left, const ReflogEntry& right) { return left.when < right.when; });
  return {entries.rbegin(), entries.rend()};
}

}  // namespace unio
