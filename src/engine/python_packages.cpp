#include "engine/python_packages.hpp"

#include <algorithm>
#include <set>
#include <string_view>

#include "base/ascii.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "base/percent.hpp"
#include "base/readable_file.hpp"
#include "base/split.hpp"
#include "engine/git_state.hpp"
#include "model/python_names.hpp"
#include "model/secrets.hpp"

namespace unio {
namespace {

namespace fs = std::filesystem;

/// The first block of a METADATA file, in which name and version stand; the descriptions behind it are long.
std::optional<std::string> find_head(const fs::path& path) {
  try {
    std::string head(4096, '\0');
    File file = File::open_for_reading(path);
    head.resize(file.read(std::as_writable_bytes(std::span(head))));
    return head;
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// The value of a header line of a METADATA file; absent behind the blank line that ends the headers.
std::optional<std::string> find_header(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (trimmed(line).empty()) return std::nullopt;
    const auto colon = line.find(':');
    if (colon == name.size() && to_lower(line.substr(0, colon)) == name)
      return std::string(trimmed(line.substr(colon + 1)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::nullopt;
}

/// One installed package.
struct Distribution {
  std::string name;
  std::string version;
  fs::path info;      ///< its dist-info or egg-info
  fs::path location;  ///< the folder that has it
};

std::optional<Distribution> parse_metadata(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  auto name = find_header(*text, "name");
  auto version = find_header(*text, "version");
  if (!name || !version || name->empty() || version->empty()) return std::nullopt;
  return Distribution{.name = std::move(*name), .version = std::move(*version), .info = {}, .location = {}};
}

/// The metadata of a `*.dist-info` or `*.egg-info`, which may be a file itself.
std::optional<Distribution> find_distribution(const fs::path& info) {
  for (const fs::path& file : {info / "METADATA", info / "PKG-INFO", info}) {
    auto found = parse_metadata(find_head(file));
    if (!found) found = parse_metadata(find_readable_file(file));
    if (!found) continue;
    found->info = info;
    found->location = info.parent_path();
    return found;
  }
  return std::nullopt;
}

/// What is installed, first come first kept.
class Installed {
 public:
  explicit Installed(const std::vector<fs::path>& search_paths) {
    for (const fs::path& path : search_paths) add_folder(path);
  }

  const std::vector<Distribution>& distributions() const { return distributions_; }

  /// Whether `setup.py develop` linked the package to its source.
  bool is_linked(const Distribution& distribution) const {
    return links_.contains(normalized_package_name(distribution.name));
  }

 private:
  void add_folder(const fs::path& folder) {
    if (folder.extension() == ".egg") add(folder / "EGG-INFO");
    std::vector<fs::path> links;
    for (const fs::path& entry : entries_of(folder)) {
      const std::string kind = to_lower(entry.extension().native());
      if (kind == ".dist-info" || kind == ".egg-info") add(entry);
      if (kind == ".egg-link") links.push_back(entry);
    }
    for (const fs::path& link : links) add_link(link);
  }

  /// In order, so that the same folder always gives the same answer.
  static std::vector<fs::path> entries_of(const fs::path& folder) {
    std::vector<fs::path> entries;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
         entry.increment(error)) {
      if (entry->path().filename().native().find("-info") != std::string::npos ||
          entry->path().extension() == ".egg-link") {
        entries.push_back(entry->path());
      }
    }
    std::sort(entries.begin(), entries.end());
    return entries;
  }

  void add(const fs::path& info) {
    auto found = find_distribution(info);
    if (found && names_.insert(normalized_package_name(found->name)).second)
      distributions_.push_back(std::move(*found));
  }

  /// Its first line is the folder of the source, where the egg-info is.
  void add_link(const fs::path& link) {
    links_.insert(normalized_package_name(link.stem().native()));
    const auto text = find_readable_file(link);
    if (!text) return;
    const std::string_view line = trimmed(std::string_view(*text).substr(0, text->find('\n')));
    if (line.empty()) return;
    for (const fs::path& entry : entries_of(link.parent_path() / line)) {
      if (entry.extension() == ".egg-info") add(entry);
    }
  }

  std::vector<Distribution> distributions_;
  std::set<std::string> names_;
  std::set<std::string> links_;
};

// The lines of pip freeze

std::string pinned(const Distribution& distribution) {
  return distribution.name + (is_python_version(distribution.version) ? "==" : "===") + distribution.version;
}

/// direct_url.json (PEP 610): where a package came from that came from no index.
std::optional<Json> find_direct_url(const Distribution& distribution) {
  const auto text = find_readable_file(distribution.info / "direct_url.json");
  if (!text) return std::nullopt;
  try {
    Json json = Json::parse(*text);
    return json.find_string("url") ? std::optional(std::move(json)) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

const Json* find_object(const Json& json, std::string_view key) {
  const Json* member = json.find(key);
  return member != nullptr && member->is_object() ? member : nullptr;
}

std::string text_or_empty(const Json& json, std::string_view key) {
  const Json* member = json.find(key);
  const std::string* text = member == nullptr ? nullptr : member->if_string();
  return text == nullptr ? std::string() : *text;
}

/// "sha256=…" of an archive; empty when it is not known.
std::string hash_of(const Json& archive) {
  std::string hash = text_or_empty(archive, "hash");
  const Json* hashes = find_object(archive, "hashes");
  if (!hash.empty() || hashes == nullptr) return hash;
  const std::string sha256 = text_or_empty(*hashes, "sha256");
  return sha256.empty() ? sha256 : "sha256=" + sha256;
}

std::string direct_reference(const Distribution& distribution, const Json& direct_url) {
  std::string line = distribution.name + " @ ";
  std::vector<std::string> fragments;
  const std::string url = without_credentials(direct_url.get_string("url"));
  if (const Json* vcs = find_object(direct_url, "vcs_info")) {
    line += text_or_empty(*vcs, "vcs") + "+" + url + "@" + text_or_empty(*vcs, "commit_id");
  } else {
    line += url;
    const Json* archive = find_object(direct_url, "archive_info");
    if (archive != nullptr) fragments.push_back(hash_of(*archive));
  }
  const std::string subdirectory = text_or_empty(direct_url, "subdirectory");
  if (!subdirectory.empty()) fragments.push_back("subdirectory=" + subdirectory);
  char before = '#';
  for (const std::string& fragment : fragments) {
    if (fragment.empty()) continue;
    line += before + fragment;
    before = '&';
  }
  return line;
}

/// The folder of the source of a package that is installed in editable mode.
std::optional<fs::path> find_editable_source(const Distribution& distribution,
                                             const std::optional<Json>& direct_url,
                                             const Installed& installed) {
  if (direct_url) {
    const Json* folder = find_object(*direct_url, "dir_info");
    const Json* editable = folder == nullptr ? nullptr : folder->find("editable");
    const std::string& url = direct_url->get_string("url");
    if (editable != nullptr && editable->truthy() && url.starts_with("file://")) {
      return fs::path(decode_url_path(std::string_view(url).substr(7)));
    }
  }
  return installed.is_linked(distribution) ? std::optional(distribution.location) : std::nullopt;
}

bool is_project(const fs::path& folder) {
  std::error_code error;
  return fs::exists(folder / "pyproject.toml", error) || fs::exists(folder / "setup.py", error);
}

/// Where below the checkout's root the project is, as pip looks for it; empty at the root.
std::string subdirectory_of(fs::path source, const fs::path& top) {
  while (!is_project(source)) {
    if (!source.has_relative_path()) return {};
    source = source.parent_path();
  }
  std::error_code error;
  const fs::path below = fs::relative(source, top, error);
  return error || below == "." ? std::string() : below.native();
}

/// A remote as pip takes it: `git@host:path` becomes `ssh://git@host/path`, a folder a `file://` URL. Absent
/// when it is neither.
std::optional<std::string> find_pip_url(const std::string& remote) {
  const auto scheme = remote.find("://");
  if (scheme != std::string::npos) return remote;
  std::error_code error;
  if (fs::exists(remote, error)) return "file://" + encode_url_path(remote);
  const auto colon = remote.find(':');
  const auto at = remote.find('@');
  if (colon == std::string::npos || remote.find('/') < colon) return std::nullopt;
  if (at != std::string::npos && at > colon) return std::nullopt;
  return "ssh://" + remote.substr(0, colon) + "/" + remote.substr(colon + 1);
}

std::string editable_lines(const Distribution& distribution, const fs::path& source, const Context& context) {
  const std::string folder = "-e " + source.lexically_normal().native();
  const auto git = find_git_source(source, context);
  if (!git) return "# Editable install with no version control (" + pinned(distribution) + ")\n" + folder;
  if (!git->remote) return "# Editable Git install with no remote (" + pinned(distribution) + ")\n" + folder;
  const auto url = find_pip_url(*git->remote);
  if (!url) {
    return "# Editable Git install (" + pinned(distribution) +
           ") with either a deleted local remote or invalid URI:\n# '" + without_credentials(*git->remote) +
           "'\n" + folder;
  }
  std::string egg = distribution.name;
  std::replace(egg.begin(), egg.end(), '-', '_');
  const std::string subdirectory = subdirectory_of(source, git->top);
  return "-e git+" + without_credentials(*url) + "@" + git->commit + "#egg=" + egg +
         (subdirectory.empty() ? std::string() : "&subdirectory=" + subdirectory);
}

std::string freeze_lines(const Distribution& distribution, const Installed& installed,
                         const Context& context) {
  const auto direct_url = find_direct_url(distribution);
  const auto source = find_editable_source(distribution, direct_url, installed);
  if (source) return editable_lines(distribution, *source, context);
  return direct_url ? direct_reference(distribution, *direct_url) : pinned(distribution);
}

}  // namespace

PythonPackages read_python_packages(const PythonInstallation& python, const Context& context) {
  const Installed installed(python.search_paths);
  std::vector<const Distribution*> sorted;
  for (const Distribution& distribution : installed.distributions()) sorted.push_back(&distribution);
  std::sort(sorted.begin(), sorted.end(), [](const Distribution* a, const Distribution* b) {
    return to_lower(a->name) < to_lower(b->name);
  });

  PythonPackages packages;
  for (const Distribution* distribution : sorted) {
    packages.versions.emplace(distribution->name, distribution->version);
    // An installer cannot replace itself.
    if (is_python_installer(distribution->name, python.version)) continue;
    packages.freeze += freeze_lines(*distribution, installed, context) + "\n";
  }
  return packages;
}

bool is_python_installer(std::string_view package, std::string_view python_version) {
  const std::string name = normalized_package_name(package);
  if (name == "pip") return true;
  const std::vector<std::string> parts = split(python_version.substr(0, python_version.find(' ')), '.');
  const bool before_3_12 = parts.size() > 1 && parts[0] == "3" && (parts[1].size() == 1 || parts[1] < "12");
  return before_3_12 && (name == "setuptools" || name == "distribute" || name == "wheel");
}

}  // namespace unio
