#include "model/physical_key.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/percent.hpp"

namespace unio {
namespace {

constexpr std::string_view version_parameter = "versionId=";

/// Form encoding, as URL queries use it.
std::string encode_query(std::string_view value) {
  std::string out = encode_url_part(value);
  for (std::size_t at = out.find("%20"); at != std::string::npos; at = out.find("%20", at))
    out.replace(at, 3, "+");
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

/// The first versionId; parameters without a value count for nothing, as in Python's parse_qs.
std::optional<std::string> parse_query(std::string_view url, std::string_view query) {
  std::optional<std::string> version;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view parameter = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const auto equals = parameter.find('=');
    if (equals == std::string_view::npos || equals + 1 == parameter.size()) continue;
    if (decode_query(parameter.substr(0, equals)) != "versionId")
      throw bad_url(url, "its query is not a versionId");
    if (!version) version = decode_query(parameter.substr(equals + 1));
  }
  return version;
}

/// The text behind `scheme`, which may be written in upper case.
std::optional<std::string_view> after_scheme(std::string_view url, std::string_view scheme) {
  const auto same = [](char expected, char c) { return expected == (c >= 'A' && c <= 'Z' ? c + 32 : c); };
  if (url.size() < scheme.size() || !std::equal(scheme.begin(), scheme.end(), url.begin(), same))
    return std::nullopt;
  return url.substr(scheme.size());
}

PhysicalKey parse_file(std::string_view url, std::string_view rest, std::string_view query) {
  if (!query.empty()) throw bad_url(url, "a file has no query");
  std::string_view host;
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
    host = rest.substr(0, rest.find('/'));
    rest.remove_prefix(host.size());
  }
  if (!rest.starts_with('/') || (!host.empty() && host != "localhost")) {
    throw bad_url(url, "it is no absolute path of this machine");
  }
  std::string path = decode_url_path(rest);
  if (path.find('\0') != std::string::npos) throw bad_url(url, "it contains NUL");
  return {PhysicalKey::Kind::file, {}, std::move(path), std::nullopt};
}

}  // namespace

PhysicalKey PhysicalKey::of_file(const std::filesystem::path& path) {
  return {Kind::file, {}, path.lexically_normal().native(), std::nullopt};
}

PhysicalKey PhysicalKey::parse(std::string_view url) {
  const std::string_view whole = url.substr(0, url.find('#'));
  const auto question = whole.find('?');
  const std::string_view query = question == std::string_view::npos ? "" : whole.substr(question + 1);
  const std::string_view location = whole.substr(0, question);
  if (const auto path = after_scheme(location, "file:")) return parse_file(url, *path, query);
  const auto object = after_scheme(location, "s3://");
  if (!object) throw bad_url(url, "it begins with neither file:// nor s3://");
  const std::string_view rest = *object;
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
