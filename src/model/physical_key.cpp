#include "model/physical_key.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace unio {
namespace {

constexpr std::string_view version_parameter = "versionId=";

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == '-' || c == '~';
}

void append_percent(std::string& out, char c) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += digits[byte >> 4];
  out += digits[byte & 0xF];
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Form encoding, as URL queries use it.
std::string encode_query(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == ' ') {
      out += '+';
    } else if (is_unreserved(c)) {
      out += c;
    } else {
      append_percent(out, c);
    }
  }
  return out;
}

std::string decode_query(std::string_view value) {
  std::string spaced(value);
  for (char& c : spaced) {
    if (c == '+') c = ' ';
  }
  return decode_url_path(spaced);
}

Error bad_url(std::string_view url, std::string_view why) {
  return Error(ErrorCode::invalid_argument, fmt::format("'{}' is no physical key: {}", url, why));
}

std::optional<std::string> parse_query(std::string_view url, std::string_view query) {
  if (query.empty()) return std::nullopt;
  if (!query.starts_with(version_parameter) || query.find('&') != std::string_view::npos) {
    throw bad_url(url, "its query is not a versionId");
  }
  std::string version = decode_query(query.substr(version_parameter.size()));
  return version.empty() ? std::nullopt : std::optional(std::move(version));
}

PhysicalKey parse_file(std::string_view url, std::string_view rest, std::string_view query) {
  if (!query.empty()) throw bad_url(url, "a file has no query");
  const auto slash = rest.find('/');
  const std::string_view host = rest.substr(0, slash);
  if (slash == std::string_view::npos || (!host.empty() && host != "localhost")) {
    throw bad_url(url, "it is no absolute path of this machine");
  }
  std::string path = decode_url_path(rest.substr(slash));
  if (path.find('\0') != std::string::npos) throw bad_url(url, "it contains NUL");
  return {PhysicalKey::Kind::file, {}, std::move(path), std::nullopt};
}

}  // namespace

std::string encode_url_path(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  for (const char c : path) {
    if (is_unreserved(c) || c == '/') {
      out += c;
    } else {
      append_percent(out, c);
    }
  }
  return out;
}

std::string decode_url_path(std::string_view encoded) {
  std::string out;
  out.reserve(encoded.size());
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    const bool escape = encoded[i] == '%' && i + 2 < encoded.size() && hex_value(encoded[i + 1]) >= 0 &&
                        hex_value(encoded[i + 2]) >= 0;
    if (!escape) {
      out += encoded[i];
      continue;
    }
    out += static_cast<char>(hex_value(encoded[i + 1]) * 16 + hex_value(encoded[i + 2]));
    i += 2;
  }
  return out;
}

PhysicalKey PhysicalKey::of_file(const std::filesystem::path& path) {
  return {Kind::file, {}, path.lexically_normal().native(), std::nullopt};
}

PhysicalKey PhysicalKey::parse(std::string_view url) {
  const std::string_view whole = url.substr(0, url.find('#'));
  const auto question = whole.find('?');
  const std::string_view query = question == std::string_view::npos ? "" : whole.substr(question + 1);
  const std::string_view location = whole.substr(0, question);
  if (constexpr std::string_view scheme = "file://"; location.starts_with(scheme)) {
    return parse_file(url, location.substr(scheme.size()), query);
  }
  constexpr std::string_view scheme = "s3://";
  if (!location.starts_with(scheme)) throw bad_url(url, "it begins with neither file:// nor s3://");
  const std::string_view rest = location.substr(scheme.size());
  const auto slash = rest.find('/');
  if (slash == 0 || rest.empty()) throw bad_url(url, "it names no bucket");
  std::string key = slash == std::string_view::npos ? std::string() : decode_url_path(rest.substr(slash + 1));
  return {Kind::s3, std::string(rest.substr(0, slash)), std::move(key), parse_query(url, query)};
}

std::string PhysicalKey::url() const {
  if (kind == Kind::file) return "file://" + encode_url_path(path);
  std::string result = fmt::format("s3://{}/{}", bucket, encode_url_path(path));
  if (version) result += fmt::format("?{}{}", version_parameter, encode_query(*version));
  return result;
}

}  // namespace unio
