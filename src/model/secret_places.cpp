#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "base/ascii.hpp"
#include "model/secret_names.hpp"
#include "model/secret_shapes.hpp"
#include "model/secrets.hpp"

namespace unio {
namespace {

constexpr std::size_t nowhere = std::string_view::npos;

// Private keys

constexpr std::string_view begin_mark = "-----BEGIN ";
constexpr std::string_view end_mark = "-----END ";
/// No private key is longer, with all its lines.
constexpr std::size_t longest_private_key = 65536;

/// Where the mark's line ends, behind its last dashes, when it is one of a private key.
std::optional<std::size_t> end_of_mark(std::string_view text, std::size_t at, std::string_view mark) {
  const auto dashes = text.find("-----", at + mark.size());
  if (dashes == nowhere || dashes - at > 80) return std::nullopt;
  const std::string_view kind = text.substr(at, dashes - at);
  if (kind.find("PRIVATE KEY") == nowhere || kind.find('\n') != nowhere) return std::nullopt;
  return dashes + 5;
}

/// Whether a line, perhaps one of a diff or of a JSON text, holds nothing but base64: a line of a key.
bool is_key_line(std::string_view line) {
  while (!line.empty() && (is_space(line.front()) || line.find_first_of("+-\"'") == 0)) line.remove_prefix(1);
  const auto base64 = [](char c) { return is_alphanumeric(c) || c == '+' || c == '/' || c == '='; };
  const auto end =
      static_cast<std::size_t>(std::find_if_not(line.begin(), line.end(), base64) - line.begin());
  return end >= 8 && line.find_first_not_of(" \t\r\\nr\"',", end) == nowhere;
}

/// Of a key whose END is not in the text: behind the last of the lines of base64 that follow.
std::size_t end_of_key_lines(std::string_view text, std::size_t at) {
  std::size_t end = at;
  std::size_t line = text.find('\n', at);
  while (line != nowhere) {
    const std::size_t next = text.find('\n', line + 1);
    const std::size_t stop = std::min(next, text.size());
    if (!is_key_line(text.substr(line + 1, stop - line - 1))) break;
    end = stop;
    line = next;
  }
  return end;
}

/// Of a key whose BEGIN is not in the text: the first of the lines of base64 before.
std::size_t begin_of_key_lines(std::string_view text, std::size_t at) {
  std::size_t begin = at;
  std::size_t line = text.rfind('\n', at);
  while (line != nowhere && line > 0) {
    const std::size_t before = text.rfind('\n', line - 1);
    const std::size_t start = before == nowhere ? 0 : before + 1;
    if (!is_key_line(text.substr(start, line - start))) break;
    begin = start;
    line = before;
  }
  return begin;
}

/// The keys whose BEGIN is in the text. Where only the words stand, as in a page about keys, there is none.
std::vector<TextRange> find_begun_keys(std::string_view text) {
  std::vector<TextRange> found;
  for (auto at = text.find(begin_mark); at != nowhere; at = text.find(begin_mark, at + 1)) {
    const auto begun = end_of_mark(text, at, begin_mark);
    if (!begun) continue;
    const auto end = text.substr(0, *begun + longest_private_key).find(end_mark, *begun);
    const auto ended = end == nowhere ? std::nullopt : end_of_mark(text, end, end_mark);
    const std::size_t key_end = ended.value_or(end_of_key_lines(text, *begun));
    if (key_end > *begun) found.push_back({at, key_end});
  }
  return found;
}

// URLs

bool is_scheme(char c) {
  return is_alphanumeric(c) || c == '+' || c == '-' || c == '.';
}

/// The end of what may be an authority: up to a slash, or, since passwords may have one, up to an `@` behind
/// it when that can be no path behind a port.
std::size_t end_of_authority(std::string_view text, std::size_t begin) {
  constexpr std::string_view ends = " \t\r\n\"'<>`\\|";
  const std::size_t end = std::min(text.find_first_of(ends, begin), text.size());
  const std::size_t slash = std::min(text.find_first_of("/?#", begin), end);
  const std::string_view authority = text.substr(begin, slash - begin);
  const auto colon = authority.find(':');
  if (authority.find('@') != nowhere || colon == nowhere) return slash;
  const bool port =
      std::all_of(authority.begin() + static_cast<std::ptrdiff_t>(colon) + 1, authority.end(), is_digit);
  return port ? slash : end;
}

enum class Scheme { http, other };

/// Whether what stands before the `@` of a URL is secret: a password that is none of an example's, or, as
/// services that speak HTTP take it, a key in the user's place.
bool is_secret_user(std::string_view user, Scheme scheme) {
  const auto colon = user.find(':');
  if (colon == nowhere) return scheme == Scheme::http && may_be_key(user) && !is_placeholder(user);
  const std::string_view password = user.substr(colon + 1);
  if (password.empty()) return may_be_key(user.substr(0, colon));
  return !is_placeholder(password) && !is_only_secret_words(password);
}

// Placeholders

/// The text without what stands for something else: `${NAME}`, `$NAME`, `{name}`, `%(name)s`, `<name>`.
std::string without_references(std::string_view text) {
  constexpr std::array<std::string_view, 4> brackets{"{}", "<>", "()", "[]"};
  std::string rest;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto pair =
        std::find_if(brackets.begin(), brackets.end(), [&](auto both) { return both[0] == text[i]; });
    const std::size_t close = pair == brackets.end() ? nowhere : text.find((*pair)[1], i);
    if (close != nowhere) {
      i = close;
    } else if (text[i] == '$' && i + 1 < text.size() && (is_letter(text[i + 1]) || text[i + 1] == '_')) {
      while (i + 1 < text.size() && (is_alphanumeric(text[i + 1]) || text[i + 1] == '_')) ++i;
    } else {
      rest += text[i];
    }
  }
  return rest;
}

}  // namespace

std::vector<TextRange> find_private_keys(std::string_view text) {
  std::vector<TextRange> found = find_begun_keys(text);
  std::size_t next = 0;
  const std::size_t begun = found.size();
  for (auto at = text.find(end_mark); at != nowhere; at = text.find(end_mark, at + 1)) {
    while (next < begun && found[next].end <= at) ++next;
    const auto ended = end_of_mark(text, at, end_mark);
    if (!ended || (next < begun && found[next].begin <= at)) continue;
    const std::size_t key_begin = begin_of_key_lines(text, at);
    if (key_begin < at) found.push_back({key_begin, *ended});
  }
  return found;
}

std::vector<TextRange> find_url_credentials(std::string_view text) {
  std::vector<TextRange> found;
  for (auto at = text.find("://"); at != nowhere; at = text.find("://", at + 3)) {
    if (at == 0 || !is_scheme(text[at - 1])) continue;
    const std::size_t begin = at + 3;
    const std::string_view authority = text.substr(begin, end_of_authority(text, begin) - begin);
    const auto sign = authority.rfind('@');
    const bool http = text.substr(0, at).ends_with("http") || text.substr(0, at).ends_with("https");
    const Scheme scheme = http ? Scheme::http : Scheme::other;
    if (sign == nowhere || !is_secret_user(authority.substr(0, sign), scheme)) continue;
    found.push_back({begin, begin + sign});
  }
  return found;
}

bool is_placeholder(std::string_view value) {
  constexpr std::array<std::string_view, 24> words{
      "none",   "null", "nil",      "true",     "false",    "undefined", "str",    "string",
      "bytes",  "int",  "bool",     "any",      "optional", "required",  "hidden", "redacted",
      "masked", "todo", "changeme", "yourself", "prompt",   "stdin",     "text",   "self"};
  const std::string rest = without_references(value);
  const std::string_view text = trimmed(rest);
  const bool has_reference = rest.size() != value.size();
  const auto letters = std::count_if(text.begin(), text.end(), is_alphanumeric);
  if (text.empty() || (has_reference && letters < 4)) return true;
  const bool one_character = text.size() > 2 && text.find_first_not_of(text.front()) == nowhere;
  if (one_character || text.find_first_not_of("*.-_:xX") == nowhere) return true;
  const std::string lower = to_lower(text);
  return lower.starts_with("your") || std::find(words.begin(), words.end(), lower) != words.end();
}

std::string without_credentials(std::string_view url) {
  const auto at = url.find("://");
  if (at == nowhere) return std::string(url);
  const std::size_t begin = at + 3;
  const std::string_view authority = url.substr(begin, end_of_authority(url, begin) - begin);
  const auto sign = authority.rfind('@');
  if (sign == nowhere) return std::string(url);
  const std::string_view user = authority.substr(0, sign);
  const bool ssh = url.substr(0, at).find("ssh") != nowhere;
  // pip writes `${NAME}` where the password comes from a variable: no secret, and needed to install again.
  const bool variables = user.starts_with("${") && is_placeholder(user);
  if (variables || (ssh && user.find(':') == nowhere)) return std::string(url);
  const std::string kept = ssh ? std::string(user.substr(0, user.find(':'))) + "@" : std::string();
  return std::string(url.substr(0, begin)) + kept + std::string(url.substr(begin + sign + 1));
}

}  // namespace unio
