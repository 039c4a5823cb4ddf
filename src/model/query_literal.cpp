#include "model/query_literal.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.hpp"
#include "model/query_error.hpp"

namespace unio {
namespace {

void check_text(std::string_view text, std::string_view what) {
  if (!is_utf8(text) || text.find('\0') != std::string_view::npos) {
    refuse_query(fmt::format("{} of the query is not Unicode, or holds a NUL", what));
  }
}

void check_literal_object(const Json& json) {
  for (const auto& [name, member] : *json.if_object()) {
    check_text(name, "a name");
    if (is_query_operator(name)) {
      refuse_query(fmt::format("{} stands in a value", shown(name)),
                   "operators stand directly below a field, as in {\"size\": {\"$gt\": 1}}");
    }
  }
}

/// Throws unless the JSON is a value that queries may compare with.
void check_literal(const Json& json) {
  if (const auto* text = json.if_string()) check_text(*text, "a text");
  if (const auto* elements = json.if_array())
    std::for_each(elements->begin(), elements->end(), check_literal);
  if (!json.is_object() || QueryValue::of_document(json).if_type<Time>()) return;
  if (const Json* date = json.find("$date"); date && json.if_object()->size() == 1) {
    refuse_query(fmt::format("{} is no datetime", shown(date->dump())),
                 "write it as {\"$date\": \"2026-11-24T12:34:56Z\"}, or in milliseconds since 1970");
  }
  check_literal_object(json);
  for (const auto& [name, member] : *json.if_object()) check_literal(member);
}

}  // namespace

QueryValue query_literal(const Json& json) {
  check_literal(json);
  return QueryValue::of_document(json);
}

bool is_query_operator(std::string_view name) {
  return name.starts_with('$');
}

}  // namespace unio
