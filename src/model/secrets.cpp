#include "model/secrets.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/ascii.hpp"
#include "model/secret_assignments.hpp"
#include "model/secret_names.hpp"
#include "model/secret_shapes.hpp"

namespace unio {
namespace {

/// In order, those that touch made one.
std::vector<TextRange> joined(std::vector<TextRange> ranges) {
  std::sort(ranges.begin(), ranges.end(), [](TextRange a, TextRange b) { return a.begin < b.begin; });
  std::vector<TextRange> result;
  for (const TextRange range : ranges) {
    if (!result.empty() && range.begin <= result.back().end) {
      result.back().end = std::max(result.back().end, range.end);
    } else {
      result.push_back(range);
    }
  }
  return result;
}

std::vector<TextRange> find_secrets(std::string_view text, TextKind kind) {
  std::vector<TextRange> found = find_private_keys(text);
  for (const auto& more : {find_url_credentials(text), find_keys(text), find_assigned_secrets(text, kind)}) {
    found.insert(found.end(), more.begin(), more.end());
  }
  return joined(std::move(found));
}

std::string replace(std::string_view text, const std::vector<TextRange>& ranges) {
  std::string result;
  result.reserve(text.size());
  std::size_t at = 0;
  for (const TextRange range : ranges) {
    result.append(text.substr(at, range.begin - at)).append(secret_mask);
    at = range.end;
  }
  return result.append(text.substr(at));
}

MaskedText whole(std::string_view value) {
  if (value.empty() || value == secret_mask) return {std::string(value), 0};
  return {std::string(secret_mask), 1};
}

MaskedText& append(MaskedText& all, const MaskedText& part) {
  all.text += part.text;
  all.count += part.count;
  return all;
}

/// `name:password` behind `-u`, but not the two numbers that containers take.
MaskedText mask_user(std::string_view value) {
  const auto colon = value.find(':');
  const bool numbers = value.find_first_not_of("0123456789:") == std::string_view::npos;
  if (colon == std::string_view::npos || numbers || colon + 1 == value.size()) return mask_secrets(value);
  MaskedText result{std::string(value.substr(0, colon + 1)), 0};
  return append(result, whole(value.substr(colon + 1)));
}

/// The argument behind the flag `before`, which may be any argument.
MaskedText mask_argument(std::string_view before, std::string_view argument) {
  if (before == "-u" || before == "--user") return mask_user(argument);
  const bool flag = before.starts_with('-') && before.find('=') == std::string_view::npos;
  if (flag && !argument.starts_with('-')) {
    const SecretName name = secret_name(before);
    if (name == SecretName::sure || name == SecretName::likely) return whole(argument);
    if (name == SecretName::weak && looks_random(argument, 16)) return whole(argument);
  }
  const auto equals = argument.find('=');
  if (argument.starts_with('-') && equals != std::string_view::npos) {
    const SecretName name = secret_name(argument.substr(0, equals));
    MaskedText result{std::string(argument.substr(0, equals + 1)), 0};
    if (name == SecretName::sure || name == SecretName::likely)
      return append(result, whole(argument.substr(equals + 1)));
  }
  return mask_secrets(argument);
}

MaskedJson mask_named(std::string_view name, const Json& json);

MaskedJson mask_object(std::string_view name, const Json::Object& object) {
  MaskedJson result{Json::object(), 0};
  for (const auto& [key, value] : object) {
    MaskedText masked_key = mask_secrets(key);
    MaskedJson member = mask_named(secret_name(key) == SecretName::no ? name : std::string_view(key), value);
    result.count += masked_key.count + member.count;
    result.json.set(std::move(masked_key.text), std::move(member.json));
  }
  return result;
}

MaskedJson mask_named(std::string_view name, const Json& json) {
  if (const auto* object = json.if_object()) return mask_object(name, *object);
  if (const auto* text = json.if_string()) {
    MaskedText masked = mask_value(name, *text);
    return {Json(std::move(masked.text)), masked.count};
  }
  const auto* array = json.if_array();
  if (array == nullptr) return {json, 0};
  MaskedJson result;
  Json::Array items;
  for (const Json& item : *array) {
    MaskedJson masked = mask_named(name, item);
    result.count += masked.count;
    items.push_back(std::move(masked.json));
  }
  result.json = Json(std::move(items));
  return result;
}

}  // namespace

MaskedText mask_secrets(std::string_view text, TextKind kind) {
  MaskedText result{std::string(text), 0};
  // Again until nothing more is found: what stands beside a mask may show only then.
  for (auto found = find_secrets(text, kind); !found.empty(); found = find_secrets(result.text, kind)) {
    result.text = replace(result.text, found);
    result.count += found.size();
  }
  return result;
}

MaskedText mask_value(std::string_view name, std::string_view value) {
  const SecretName strength = secret_name(name);
  const bool asked = strength == SecretName::sure || (strength == SecretName::likely && may_be_key(value));
  if (asked && !is_placeholder(value) && !is_only_secret_words(value)) return whole(value);
  return mask_secrets(value);
}

MaskedText mask_variable(std::string_view name, std::string_view value) {
  return is_secret_variable(name) ? whole(value) : mask_secrets(value);
}

MaskedText mask_arguments(std::span<const std::string> arguments) {
  MaskedText result;
  std::string_view before;
  for (const std::string& argument : arguments) {
    if (&argument != arguments.data()) result.text += ' ';
    append(result, mask_argument(before, argument));
    before = argument;
  }
  return result;
}

MaskedJson mask_json(const Json& json) {
  return mask_named({}, json);
}

}  // namespace unio
