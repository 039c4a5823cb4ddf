#include "model/package_ref.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/error.hpp"
#include "base/percent.hpp"
#include "base/utf8.hpp"
#include "model/physical_key.hpp"
#include "model/registry_layout.hpp"

namespace unio {
namespace {

constexpr std::size_t shortest_hash = 6;
constexpr std::size_t displayed_digits = 9;

struct CodePointRange {
  std::uint32_t first;
  std::uint32_t last;
};

constexpr CodePointRange word_ranges[] = {
#include "model/word_ranges.inc"
};

bool is_ascii_word(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_word(std::uint32_t code) {
  if (code < 0x80) return is_ascii_word(static_cast<unsigned char>(code));
  const auto* range = std::upper_bound(std::begin(word_ranges), std::end(word_ranges), code,
                                       [](std::uint32_t c, const CodePointRange& r) { return c < r.first; });
  return range != std::begin(word_ranges) && code <= (range - 1)->last;
}

/// The code point that UTF-8 begins with; moves `text` behind it.
std::uint32_t take_code_point(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  std::uint32_t code = length == 1 ? first : first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) code = (code << 6) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  text.remove_prefix(length);
  return code;
}

/// One or more word characters or characters of `extra`.
bool is_word_text(std::string_view text, std::string_view extra) {
  if (text.empty() || !is_utf8(text)) return false;
  while (!text.empty()) {
    const char c = text.front();
    const std::uint32_t code = take_code_point(text);
    if (code < 0x80 && extra.find(c) != std::string_view::npos) continue;
    if (!is_word(code)) return false;
  }
  return true;
}

bool is_lower_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find(separator, start), text.size());
    parts.emplace_back(text.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

Error bad_ref(std::string_view text, std::string_view why) {
  return Error(ErrorCode::invalid_argument, fmt::format("'{}' names no package: {}", text, why),
               "write NAME, NAME:TAG or NAME@HASH, for example team/photos:v1");
}

Version parse_hash(std::string_view text, std::string_view hash) {
  if (hash.size() < shortest_hash || hash.size() > top_hash_digits || !is_lower_hex(hash)) {
    throw bad_ref(text, "a hash has 6 to 64 lower-case hex digits");
  }
  return {Version::Kind::hash, std::string(hash)};
}

/// "ns/name", "ns/name:tag" or "ns/name@hash" of the reference `text`.
void parse_name_and_version(std::string_view text, std::string_view part, PackageRef& ref) {
  const auto mark = part.find_first_of(":@");
  if (mark != std::string_view::npos) {
    const std::string_view value = part.substr(mark + 1);
    if (value.find_first_of(":@") != std::string_view::npos)
      throw bad_ref(text, "it has more than one version");
    if (part[mark] == '@') {
      ref.version = parse_hash(text, value);
    } else if (value != "latest") {
      // A timestamp is a pointer too, and may be asked for.
      if (!is_timestamp(value)) check_tag_name(value);
      ref.version = {Version::Kind::tag, std::string(value)};
    }
  }
  ref.segments = split(part.substr(0, mark), '/');
  if (ref.segments.size() > 3) throw bad_ref(text, "a name has at most a remote, a namespace and a name");
  for (const std::string& segment : ref.segments) {
    if (!is_word_text(segment, "-")) {
      throw bad_ref(text,
                    "a name consists of letters, digits, '_' and '-', with '/' between namespace and name");
    }
  }
}

void parse_fragment(std::string_view text, std::string_view fragment, PackageRef& ref) {
  bool has_package = false;
  for (const std::string& parameter : split(fragment, '&')) {
    const auto equals = parameter.find('=');
    const std::string name = parameter.substr(0, equals);
    const std::string value =
        equals == std::string::npos ? "" : decode_url_path(parameter.substr(equals + 1));
    if (name == "package") {
      if (has_package) throw bad_ref(text, "it has two packages");
      has_package = true;
      parse_name_and_version(text, value, ref);
    } else if (name == "path") {
      if (ref.path) throw bad_ref(text, "it has two paths");
      ref.path = value;
    } else if (name != "catalog") {
      throw bad_ref(text, fmt::format("it has the unknown part '{}'", name));
    }
  }
  if (!has_package) throw bad_ref(text, "it has no #package=");
  if (ref.segments.size() > 2) throw bad_ref(text, "a name has at most a namespace and a name");
}

/// The registry's URL without slashes at its end; the root of the file system is "file://".
std::string registry_url(std::string_view text, std::string_view location) {
  constexpr std::string_view s3 = "s3://";
  constexpr std::string_view file = "file://";
  if (location.starts_with(file)) {
    const std::string_view path = location.substr(file.size());
    if (!path.empty() && path.front() != '/') throw bad_ref(text, "file:// is followed by an absolute path");
  } else if (location.size() == s3.size() || location[s3.size()] == '/') {
    throw bad_ref(text, "it names no bucket");
  }
  std::string registry(location);
  while (registry.ends_with('/') && registry != file) registry.pop_back();
  return registry;
}

PackageRef parse_explicit(std::string_view text, std::string_view location) {
  PackageRef ref;
  const auto hash = location.find('#');
  ref.registry = registry_url(text, location.substr(0, hash));
  parse_fragment(text, hash == std::string_view::npos ? "" : location.substr(hash + 1), ref);
  return ref;
}

}  // namespace

PackageName PackageName::parse(std::string_view text) {
  const std::vector<std::string> segments = split(text, '/');
  const bool good =
      segments.size() <= 2 && std::all_of(segments.begin(), segments.end(),
                                          [](const std::string& s) { return is_word_text(s, "-"); });
  if (!good) {
    throw bad_ref(text,
                  "a name consists of letters, digits, '_' and '-', with '/' between namespace and name");
  }
  PackageName name;
  name.text_ = text;
  return name;
}

void check_tag_name(std::string_view tag) {
  std::string_view why;
  if (!is_word_text(tag, ".-")) {
    why = "it consists of letters, digits, '_', '.' and '-'";
  } else if (is_timestamp(tag)) {
    why = "all digits name a time";
  } else if (tag == "latest") {
    why = "it moves with every push";
  } else if (tag == "." || tag == "..") {
    why = "it is no file name";
  } else if (tag.size() > 255) {
    why = "it is longer than 255 bytes";
  }
  if (why.empty()) return;
  throw Error(ErrorCode::invalid_argument, fmt::format("'{}' cannot be a tag: {}", tag, why),
              "use a tag such as v1, 2026-11 or stable");
}

PackageRef PackageRef::parse(std::string_view text) {
  constexpr std::string_view quilt = "quilt+";
  if (text.starts_with("quilt+s3://")) {
    const std::string_view location = text.substr(quilt.size());
    const std::string_view bucket = location.substr(5, location.find('#') - 5);
    if (bucket.find('/') != std::string_view::npos) throw bad_ref(text, "a path follows the bucket");
    return parse_explicit(text, location);
  }
  if (text.starts_with("s3://") || text.starts_with("file://")) return parse_explicit(text, text);
  PackageRef ref;
  parse_name_and_version(text, text, ref);
  return ref;
}

std::string ResolvedRef::display() const {
  switch (version.kind) {
    case Version::Kind::latest:
      return name.text();
    case Version::Kind::tag:
      return fmt::format("{}:{}", name.text(), version.value);
    case Version::Kind::hash:
      return fmt::format("{}@{}", name.text(), short_hash(version.value));
  }
  return name.text();
}

std::string ResolvedRef::explicit_form() const {
  std::string form = fmt::format("{}#package={}", registry, name.text());
  if (version.kind == Version::Kind::tag) form += ":" + version.value;
  if (version.kind == Version::Kind::hash) form += "@" + version.value;
  return form;
}

ResolvedRef resolve_ref(const PackageRef& ref, std::string_view default_registry,
                        const std::optional<std::string>& remote) {
  const auto joined = [&](std::size_t first) {
    std::string text;
    for (std::size_t i = first; i < ref.segments.size(); ++i)
      text += (i > first ? "/" : "") + ref.segments[i];
    return PackageName::parse(text);
  };
  if (ref.registry) return {*ref.registry, joined(0), ref.version};
  if (remote) return {*remote, joined(1), ref.version};
  if (ref.segments.size() > 2) {
    throw Error(ErrorCode::not_found, fmt::format("there is no remote '{}'", ref.segments.front()),
                fmt::format("unio remote add {} URL", ref.segments.front()));
  }
  return {std::string(default_registry), joined(0), ref.version};
}

bool is_top_hash(std::string_view text) {
  return text.size() == top_hash_digits && is_lower_hex(text);
}

std::string short_hash(std::string_view hash) {
  return std::string(hash.substr(0, displayed_digits));
}

}  // namespace unio
