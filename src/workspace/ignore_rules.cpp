#include "workspace/ignore_rules.hpp"

#include <algorithm>
#include <array>

#include "base/files.hpp"

namespace unio {
namespace {

/// Matches `[seq]` at the start of `pattern` (behind the bracket). Returns how many characters the set takes, 0 when
/// the bracket does not close.
std::size_t set_length(std::string_view pattern) {
  std::size_t end = 0;
  if (end < pattern.size() && pattern[end] == '!') ++end;
  if (end < pattern.size() && pattern[end] == ']') ++end;
  end = pattern.find(']', end);
  return end == std::string_view::npos ? 0 : end + 1;
}

bool in_set(std::string_view set, char c) {
  const bool negated = set.starts_with('!') || set.starts_with('^');
  if (negated) set.remove_prefix(1);
  bool found = false;
  for (std::size_t i = 0; i < set.size(); ++i) {
    const bool range = i + 2 < set.size() && set[i + 1] == '-';
    found = found || (range ? set[i] <= c && c <= set[i + 2] : set[i] == c);
    if (range) i += 2;
  }
  return found != negated;
}

/// How `*` treats slashes.
enum class Star { crosses_slash, stops_at_slash };

/// Glob matching by going back to the last star; linear in practice and never exponential.
bool glob(std::string_view pattern, std::string_view text, Star star) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star_p = std::string_view::npos;
  std::size_t star_t = 0;
  const auto step = [&]() -> bool {
    const char c = pattern[p];
    const bool slash = text[t] == '/' && star == Star::stops_at_slash;
    if (c == '?' && !slash) return ++p, ++t, true;
    if (c == '[') {
      const std::size_t length = set_length(pattern.substr(p + 1));
      if (length > 0) {
        if (slash || !in_set(pattern.substr(p + 1, length - 1), text[t])) return false;
        return p += length + 1, ++t, true;
      }
    }
    const bool escaped = c == '\\' && star == Star::stops_at_slash && p + 1 < pattern.size();
    if (pattern[p + (escaped ? 1 : 0)] != text[t] || (c == '?' && slash)) return false;
    return p += escaped ? 2 : 1, ++t, true;
  };
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star_p = p++;
      star_t = t;
    } else if (p < pattern.size() && step()) {
      continue;
    } else if (star_p != std::string_view::npos && (star == Star::crosses_slash || text[star_t] != '/')) {
      p = star_p + 1;
      t = ++star_t;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

/// gitignore's matching of a pattern with slashes: `**` stands for any number of segments.
bool match_segments(std::string_view pattern, std::string_view path) {
  if (pattern == "**") return true;
  if (pattern.starts_with("**/")) {
    const std::string_view rest = pattern.substr(3);
    for (std::string_view below = path;;) {
      if (match_segments(rest, below)) return true;
      const auto slash = below.find('/');
      if (slash == std::string_view::npos) return false;
      below.remove_prefix(slash + 1);
    }
  }
  const auto pattern_slash = pattern.find('/');
  const auto path_slash = path.find('/');
  if (!glob(pattern.substr(0, pattern_slash), path.substr(0, path_slash), Star::stops_at_slash)) return false;
  if (pattern_slash == std::string_view::npos || path_slash == std::string_view::npos) {
    return pattern_slash == path_slash;
  }
  return match_segments(pattern.substr(pattern_slash + 1), path.substr(path_slash + 1));
}

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string_view parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::vector<std::string> lines;
  const auto content = find_file(path, std::uint64_t{1} << 20);
  if (!content) return lines;
  for (std::size_t start = 0; start < content->size();) {
    const std::size_t end = std::min(content->find('\n', start), content->size());
    std::string line = content->substr(start, end - start);
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(std::move(line));
    start = end + 1;
  }
  return lines;
}

std::string stripped(std::string text) {
  text.erase(0, text.find_first_not_of(" \t"));
  text.erase(text.find_last_not_of(" \t") + 1);
  return text;
}

}  // namespace

bool fnmatch_python(std::string_view pattern, std::string_view text) { return glob(pattern, text, Star::crosses_slash); }

IgnoreRules::IgnoreRules(const std::filesystem::path& root, std::vector<std::string> default_folders)
    : root_(root), default_folders_(std::move(default_folders)) {
  for (const std::string& line : lines_of(root / ".quiltignore")) {
    // quilt3 matches against the absolute path, behind a slash.
    if (std::string rule = stripped(line); !rule.empty()) quilt_patterns_.push_back("*/" + rule);
  }
  load_folder("");
}

void IgnoreRules::load_folder(std::string_view folder) {
  Level level;
  level.folder = folder;
  for (std::string line : lines_of(root_ / folder / ".unioignore")) {
    while (line.ends_with(' ') && !line.ends_with("\\ ")) line.pop_back();
    if (line.empty() || line.starts_with('#')) continue;
    Pattern pattern;
    if (line.starts_with('!')) {
      pattern.negated = true;
      line.erase(0, 1);
    }
    if (line.starts_with("\\#") || line.starts_with("\\!")) line.erase(0, 1);
    if (line.ends_with('/')) {
      pattern.folders_only = true;
      line.pop_back();
    }
    pattern.anchored = line.find('/') != std::string::npos;
    if (line.starts_with('/')) line.erase(0, 1);
    pattern.glob = std::move(line);
    if (!pattern.glob.empty()) level.patterns.push_back(std::move(pattern));
  }
  levels_.push_back(std::move(level));
}

bool IgnoreRules::ignored(std::string_view path, Kind kind) {
  const std::string_view parent = parent_of(path);
  // The walk goes depth first: levels of folders that it has left are dropped, those of new ones are read.
  while (levels_.size() > 1) {
    const std::string& folder = levels_.back().folder;
    const bool above = parent == folder || (parent.starts_with(folder) && parent.substr(folder.size(), 1) == "/");
    if (above) break;
    levels_.pop_back();
  }
  while (levels_.back().folder.size() < parent.size()) {
    const std::string& folder = levels_.back().folder;
    const std::size_t start = folder.empty() ? 0 : folder.size() + 1;
    load_folder(parent.substr(0, parent.find('/', start)));
  }
  const std::string_view name = base_name(path);
  if (kind == Kind::folder &&
      std::find(default_folders_.begin(), default_folders_.end(), name) != default_folders_.end()) {
    return true;
  }
  const std::string absolute = "/" + std::string(path);
  for (const std::string& pattern : quilt_patterns_) {
    if (fnmatch_python(pattern, absolute)) return true;
    if (kind == Kind::folder && fnmatch_python(pattern, absolute + "/")) return true;
  }
  // The last rule that matches decides, those of deeper folders after those of higher ones.
  for (auto level = levels_.rbegin(); level != levels_.rend(); ++level) {
    const std::string_view below = level->folder.empty() ? path : path.substr(level->folder.size() + 1);
    for (auto pattern = level->patterns.rbegin(); pattern != level->patterns.rend(); ++pattern) {
      if (pattern->folders_only && kind == Kind::file) continue;
      const bool matches = pattern->anchored ? match_segments(pattern->glob, below)
                                             : glob(pattern->glob, name, Star::stops_at_slash);
      if (matches) return !pattern->negated;
    }
  }
  return false;
}

bool looks_like_secret(std::string_view path) {
  constexpr std::array<std::string_view, 14> names{
      ".env",  ".netrc",  ".pgpass", ".npmrc",           ".pypirc",        "id_rsa",   "id_dsa", "id_ecdsa",
      "id_ed25519", ".htpasswd", "credentials", ".git-credentials", "credentials.json", ".dockercfg"};
  constexpr std::array<std::string_view, 8> endings{".pem", ".key", ".p12", ".pfx", ".keystore", ".jks", ".kdbx", ".ppk"};
  constexpr std::array<std::string_view, 4> harmless{".example", ".sample", ".template", ".dist"};
  const std::string_view name = base_name(path);
  const auto ends = [&](std::string_view ending) { return name.ends_with(ending); };
  if (std::any_of(harmless.begin(), harmless.end(), ends)) return false;
  if (std::find(names.begin(), names.end(), name) != names.end()) return true;
  if (name.starts_with(".env.") || (name.starts_with("service-account") && name.ends_with(".json"))) return true;
  return std::any_of(endings.begin(), endings.end(), ends);
}

}  // namespace unio
