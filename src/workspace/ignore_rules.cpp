#include "workspace/ignore_rules.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/error.hpp"
#include "base/files.hpp"
#include "model/logical_key.hpp"

namespace unio {
namespace {

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

std::string_view parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

/// The text of an ignore file; empty when there is none. As in git a symbolic link is none, and so is
/// whatever else is no file: opening a pipe would wait for ever.
std::string ignore_file(const std::filesystem::path& path) {
  constexpr std::uint64_t longest = std::uint64_t{1} << 20;
  struct ::stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    // In a folder that must not be searched nobody can read the files either, and the walk says so.
    if (errno == ENOENT || errno == ENOTDIR || errno == EACCES || errno == ELOOP) return {};
    throw_errno(fmt::format("look at '{}'", path.native()));
  }
  if (!S_ISREG(status.st_mode)) return {};
  return find_file(path, longest).value_or("");
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// Removes spaces at the end, except one that is quoted.
void trim_unquoted_spaces(std::string& line) {
  std::size_t end = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == ' ') continue;
    if (line[i] == '\\' && ++i == line.size()) return;
    end = i + 1;
  }
  line.resize(end);
}

}  // namespace

IgnoreRules::IgnoreRules(const std::filesystem::path& root, std::vector<std::string> default_folders,
                         std::string_view outer)
    : top_(root), default_folders_(std::move(default_folders)) {
  // quilt3 matches the absolute path, line by line as Python reads lines: nothing is trimmed.
  absolute_ = std::filesystem::absolute(root).lexically_normal().native();
  while (absolute_.ends_with('/')) absolute_.pop_back();
  std::string quilt = ignore_file(root / ".quiltignore");
  for (std::size_t at = 0; (at = quilt.find('\r', at)) != std::string::npos; ++at) {
    quilt.replace(at, quilt.substr(at, 2) == "\r\n" ? 2 : 1, "\n");
  }
  for (const std::string& line : lines_of(quilt)) {
    if (!line.empty()) quilt_patterns_.push_back(Glob::python("*/" + line));
  }
  for (std::size_t depth = 0; depth < outer.size();) {
    top_ = top_.parent_path();
    depth = std::min(outer.find('/', depth), outer.size()) + 1;
  }
  outer_ = outer;
  load_folder("");
}

void IgnoreRules::load_folder(std::string_view folder) {
  Level level;
  level.folder = folder;
  std::string text = ignore_file(top_ / folder / ".unioignore");
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  for (std::string& line : lines_of(text)) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.starts_with('#')) add_pattern(level, std::move(line));
  }
  levels_.push_back(std::move(level));
}

void IgnoreRules::add_pattern(Level& level, std::string line) {
  trim_unquoted_spaces(line);
  const bool negated = line.starts_with('!');
  if (negated) line.erase(0, 1);
  const bool folders_only = line.ends_with('/');
  if (folders_only) line.pop_back();
  const bool anchored = line.find('/') != std::string::npos;
  if (line.starts_with('/')) line.erase(0, 1);
  if (line.empty()) return;
  level.patterns.push_back(
      {.glob = Glob::git(line), .negated = negated, .folders_only = folders_only, .anchored = anchored});
}

bool IgnoreRules::ignored(std::string_view path, Kind kind) {
  if (kind == Kind::folder && std::find(default_folders_.begin(), default_folders_.end(), base_name(path)) !=
                                  default_folders_.end()) {
    return true;
  }
  return ignored_by_quilt(path, kind) || ignored_by_unio(path, kind);
}

bool IgnoreRules::ignored_by_quilt(std::string_view path, Kind kind) {
  if (quilt_patterns_.empty()) return false;
  std::string absolute = absolute_ + "/";
  absolute += path;
  const auto matches = [&](const Glob& pattern) { return pattern.matches(absolute); };
  if (std::any_of(quilt_patterns_.begin(), quilt_patterns_.end(), matches)) return true;
  if (kind == Kind::file) return false;
  absolute += '/';
  return std::any_of(quilt_patterns_.begin(), quilt_patterns_.end(), matches);
}

bool IgnoreRules::ignored_by_unio(std::string_view below_root, Kind kind) {
  const std::string path = join_key(outer_, below_root);
  enter(parent_of(path));
  // The last rule that matches decides, those of deeper folders after those of higher ones.
  const std::string_view name = base_name(path);
  for (auto level = levels_.rbegin(); level != levels_.rend(); ++level) {
    const std::string_view below = level->folder.empty()
                                       ? std::string_view(path)
                                       : std::string_view(path).substr(level->folder.size() + 1);
    for (auto pattern = level->patterns.rbegin(); pattern != level->patterns.rend(); ++pattern) {
      if (pattern->folders_only && kind == Kind::file) continue;
      if (pattern->glob.matches(pattern->anchored ? below : name)) return !pattern->negated;
    }
  }
  return false;
}

/// The walk goes depth first: levels of folders that it has left are dropped, those of new ones are read.
void IgnoreRules::enter(std::string_view folder) {
  while (levels_.size() > 1 && !is_within(folder, levels_.back().folder)) levels_.pop_back();
  while (levels_.back().folder.size() < folder.size()) {
    const std::string& above = levels_.back().folder;
    load_folder(folder.substr(0, folder.find('/', above.empty() ? 0 : above.size() + 1)));
  }
}

bool looks_like_secret(std::string_view path) {
  constexpr std::array<std::string_view, 14> names{
      ".env",     ".netrc",     ".pgpass",   ".npmrc",           ".pypirc",          "id_rsa",     "id_dsa",
      "id_ecdsa", "id_ed25519", ".htpasswd", ".git-credentials", "credentials.json", ".dockercfg", ".s3cfg"};
  constexpr std::array<std::string_view, 8> endings{".pem", ".key",      ".p12",  ".pfx",
                                                    ".jks", ".keystore", ".kdbx", ".ppk"};
  constexpr std::array<std::string_view, 4> harmless{".example", ".sample", ".template", ".dist"};
  const std::string_view name = base_name(path);
  const auto ends = [&](std::string_view ending) { return name.ends_with(ending); };
  if (std::any_of(harmless.begin(), harmless.end(), ends)) return false;
  if (std::find(names.begin(), names.end(), name) != names.end()) return true;
  if (name == "credentials" && base_name(parent_of(path)) == ".aws") return true;
  if (name.starts_with(".env.") || (name.starts_with("service-account") && name.ends_with(".json")))
    return true;
  return std::any_of(endings.begin(), endings.end(), ends);
}

}  // namespace unio
