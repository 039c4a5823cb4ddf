#include "model/json_list.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.hpp"
#include "base/error.hpp"

namespace unio {
namespace {

constexpr std::string_view space = " \t\r\n";

[[noreturn]] void throw_no_list(std::string_view why) {
  throw Error(ErrorCode::corruption, fmt::format("it is no list in JSON: {}", why),
              "it may be damaged, or of a version of lazyscribe that this unio does not know");
}

/// Where the string that begins at `start` ends: behind its quote.
std::size_t end_of_string(std::string_view text, std::size_t start) {
  for (std::size_t i = start + 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      return i + 1;
  }
  throw_no_list("a string does not end");
}

/// Where the element that begins at `start` ends: at the comma, or the end.
std::size_t end_of_element(std::string_view text, std::size_t start) {
  std::size_t depth = 0;
  for (std::size_t i = start; i < text.size();) {
    const char c = text[i];
    if (c == '"') {
      i = end_of_string(text, i);
      continue;
    }
    if (c == ',' && depth == 0) return i;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && depth-- == 0) throw_no_list("a bracket is closed that is not open");
    ++i;
  }
  if (depth != 0) throw_no_list("a bracket is not closed");
  return text.size();
}

}  // namespace

std::vector<std::string_view> split_json_list(std::string_view text) {
  const std::string_view list = trimmed(text, space);
  if (list.empty()) throw_no_list("it is empty");
  if (list.front() != '[') throw_no_list("it does not begin with a bracket");
  if (list.size() < 2 || list.back() != ']') throw_no_list("it does not end with a bracket");
  const std::string_view inner = trimmed(list.substr(1, list.size() - 2), space);
  std::vector<std::string_view> elements;
  if (inner.empty()) return elements;
  for (std::size_t start = 0;;) {
    const std::size_t end = end_of_element(inner, start);
    elements.push_back(trimmed(inner.substr(start, end - start), space));
    if (end == inner.size()) return elements;
    start = end + 1;
  }
}

std::string join_json_list(std::span<const std::string_view> elements) {
  if (elements.empty()) return "[]";
  std::size_t size = 4;
  for (const std::string_view element : elements) size += element.size() + 6;
  std::string out;
  out.reserve(size);
  out += "[\n    ";
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (i > 0) out += ",\n    ";
    out += elements[i];
  }
  out += "\n]";
  return out;
}

std::string json_list_object(const Json::Object& members) {
  std::vector<const Json::Member*> sorted;
  for (const Json::Member& member : members) sorted.push_back(&member);
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
  std::string out = "{";
  for (const Json::Member* member : sorted) {
    out += out.size() > 1 ? ",\n        " : "\n        ";
    append_json_string(out, member->first, JsonStyle::canonical);
    out += ": ";
    member->second.dump_to(out, JsonStyle::canonical);
  }
  return out + "\n    }";
}

}  // namespace unio
