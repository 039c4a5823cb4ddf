#include "model/recorded_values.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "base/percent.hpp"
#include "base/split.hpp"
#include "model/logical_key.hpp"
#include "model/python_names.hpp"
#include "model/secrets.hpp"

namespace unio {
namespace {

constexpr std::size_t longest_line = 4096;

/// Printable, and nothing that pip, git, URLs or marks of ours use for more than themselves.
bool is_plain(std::string_view text) {
  constexpr std::string_view special = "\\\"'`<>;,|^{}";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return c > ' ' && c < '\x7f' && special.find(c) == std::string_view::npos;
  });
}

/// As PEP 508 has it.
bool is_package_name(std::string_view text) {
  return !text.empty() && is_alphanumeric(text.front()) && is_alphanumeric(text.back()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_hex_digit);
}

/// What begins with a host, perhaps behind a user's name, that no program can take for an option.
bool starts_with_host(std::string_view text) {
  return !text.empty() && text.front() != '-' && text.find("@-") == std::string_view::npos;
}

/// A URL that a package came from, taken apart.
struct PackageUrl {
  std::string kind;      ///< "https", "git+ssh"
  std::string location;  ///< behind the scheme, without revision and fragment
  std::string revision;  ///< of git
  std::string sha256;
  std::string egg;
  std::string subdirectory;

  bool is_git() const { return kind.starts_with("git+"); }
  bool is_file() const { return kind.ends_with("file"); }
  std::string text() const {
    std::string url = kind + "://" + location;
    if (is_git()) url += "@" + revision;
    if (!sha256.empty()) url += "#sha256=" + sha256;
    if (!subdirectory.empty()) url += (sha256.empty() ? "#" : "&") + ("subdirectory=" + subdirectory);
    return url;
  }
};

bool read_fragment(std::string_view fragment, PackageUrl& url) {
  for (const std::string& part : split(fragment, '&')) {
    if (part.starts_with("sha256=")) {
      url.sha256 = part.substr(7);
    } else if (part.starts_with("egg=")) {
      url.egg = part.substr(4);
    } else if (part.starts_with("subdirectory=")) {
      url.subdirectory = part.substr(13);
    } else {
      return false;
    }
  }
  const bool is_digest = url.sha256.empty() || (url.sha256.size() == 64 && is_hex(url.sha256));
  return is_digest && (url.subdirectory.empty() || is_logical_key(decode_url_path(url.subdirectory)));
}

/// Absent for what is no URL of a package that can be installed again.
std::optional<PackageUrl> find_package_url(std::string_view text) {
  constexpr std::array<std::string_view, 7> kinds{"https",    "http",    "file",    "git+https",
                                                  "git+http", "git+ssh", "git+file"};
  const auto colon = text.find("://");
  if (!is_plain(text) || colon == std::string_view::npos) return std::nullopt;
  PackageUrl url{.kind = std::string(text.substr(0, colon))};
  if (std::find(kinds.begin(), kinds.end(), url.kind) == kinds.end()) return std::nullopt;
  text.remove_prefix(colon + 3);
  const auto hash = std::min(text.find('#'), text.size());
  if (hash < text.size() && !read_fragment(text.substr(hash + 1), url)) return std::nullopt;
  text = text.substr(0, hash);
  if (url.is_git()) {
    const auto at = text.rfind('@');
    if (at == std::string_view::npos || !is_git_commit(text.substr(at + 1))) return std::nullopt;
    url.revision = text.substr(at + 1);
    text = text.substr(0, at);
  }
  url.location = text;
  const bool starts_well = url.is_file() ? text.starts_with('/') : starts_with_host(text);
  return starts_well ? std::optional(std::move(url)) : std::nullopt;
}

/// What is to be said of a line, or of the requirement in it.
struct Judgement {
  std::optional<Requirement> requirement;
  std::string why;

  static Judgement no(std::string why) { return {.requirement = {}, .why = std::move(why)}; }
};

Judgement judge_url(std::string_view name, std::string_view text) {
  const auto url = find_package_url(text);
  if (!url || !is_package_name(name)) return Judgement::no("it names no place that it can be installed from");
  if (url->kind == "file" && url->sha256.empty())
    return Judgement::no("it is a folder of the machine that recorded it");
  Requirement requirement{
      .name = std::string(name), .line = std::string(name) + " @ " + url->text(), .path = {}};
  if (url->is_file()) requirement.path = decode_url_path(url->location);
  return {.requirement = std::move(requirement), .why = {}};
}

/// `-e` in front of it. Only git says which content it was.
Judgement judge_editable(std::string_view source) {
  if (!source.starts_with("git+")) return Judgement::no("it is a folder of the machine that recorded it");
  const auto url = find_package_url(source);
  return url ? judge_url(url->egg, source) : Judgement::no("it names no place that it can be installed from");
}

Judgement judge(std::string_view line) {
  constexpr std::string_view editable = "-e ", at = " @ ";
  if (line.size() > longest_line) return Judgement::no("it is too long");
  if (line.find(secret_mask) != std::string_view::npos) return Judgement::no("a secret in it was masked");
  if (line.find("${") != std::string_view::npos) return Judgement::no("it asks for a variable");
  if (line.starts_with(editable)) return judge_editable(trimmed(line.substr(editable.size())));
  if (line.starts_with('-')) return Judgement::no("it is an option of pip");
  if (const auto found = line.find(at); found != std::string_view::npos)
    return judge_url(line.substr(0, found), line.substr(found + at.size()));
  const auto equals = line.find("==");
  if (equals == std::string_view::npos) return Judgement::no("it names no version");
  const std::size_t width = line.substr(equals).starts_with("===") ? 3 : 2;
  auto pinned = find_pinned_requirement(line.substr(0, equals), line.substr(equals + width));
  return pinned ? Judgement{.requirement = std::move(pinned), .why = {}}
                : Judgement::no("it is no name and version");
}

}  // namespace

std::optional<Requirement> find_pinned_requirement(std::string_view name, std::string_view version) {
  if (!is_package_name(name) || !is_plain(version) || version.find('#') != std::string_view::npos)
    return std::nullopt;
  const std::string_view equals = is_python_version(version) ? "==" : "===";
  return Requirement{
      .name = std::string(name), .line = std::string(name).append(equals).append(version), .path = {}};
}

Requirements read_requirements(std::string_view freeze) {
  Requirements requirements;
  for (const std::string& whole : split(freeze, '\n')) {
    const std::string_view line = trimmed(whole);
    if (line.empty() || line.starts_with('#')) continue;
    Judgement judgement = judge(line);
    if (judgement.requirement) {
      requirements.accepted.push_back(*std::move(judgement.requirement));
    } else {
      requirements.left_out.push_back({std::string(line.substr(0, longest_line)), std::move(judgement.why)});
    }
  }
  return requirements;
}

bool is_git_commit(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) && is_hex(text);
}

bool is_plain_git_remote(std::string_view text) {
  if (!is_plain(text) || text.find("::") != std::string_view::npos) return false;
  for (const std::string_view scheme : {"https://", "http://", "ssh://", "git://"}) {
    if (text.starts_with(scheme)) return starts_with_host(text.substr(scheme.size()));
  }
  if (text.starts_with('/') || text.starts_with("file:///")) return true;
  const auto colon = text.find(':');
  const bool is_short = colon != std::string_view::npos && colon > 0 && text.find('/') > colon;
  return is_short && starts_with_host(text) && !text.substr(colon + 1).starts_with("//");
}

std::optional<std::string> find_minor_version(std::string_view python_version) {
  const auto is_number = [](std::string_view text) {
    return !text.empty() && text.size() <= 4 && std::all_of(text.begin(), text.end(), is_digit);
  };
  const auto first = python_version.find('.');
  if (first == std::string_view::npos || !is_number(python_version.substr(0, first))) return std::nullopt;
  const auto second = std::min(python_version.find('.', first + 1), python_version.size());
  if (!is_number(python_version.substr(first + 1, second - first - 1))) return std::nullopt;
  return std::string(python_version.substr(0, second));
}

}  // namespace unio
