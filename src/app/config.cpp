#include "app/config.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <toml++/toml.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <sstream>

#include "base/ascii.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "base/spelling.hpp"
#include "base/threads.hpp"

namespace unio {
namespace {

constexpr std::array key_table{
    ConfigKey{"registry", "text", "(unio in the user's data folder)", "UNIO_REGISTRY",
              "registry of packages that are named without a remote: a folder or a URL"},
    ConfigKey{"user", "text", "(login name)", "UNIO_USER", "who you are, in revisions and reflogs"},
    ConfigKey{"threads", "number", "(CPUs)", "UNIO_THREADS", "how many threads hash and transfer"},
    ConfigKey{"ignore", "list", ".unio .git .venv __pycache__ node_modules", "UNIO_IGNORE",
              "names of folders that are never packaged"},
    ConfigKey{"cache.dir", "text", "(unio in the user's cache folder)", "UNIO_CACHE_DIR",
              "folder for content that was read from remote registries"},
    ConfigKey{"cache.size", "size", "10 GiB", "UNIO_CACHE_SIZE", "how large the cache may grow"},
    ConfigKey{"catalog", "text", "(a file for each registry, in the cache folder)", "UNIO_CATALOG",
              "URL of the database that find and lineage look into"},
    ConfigKey{"capture", "text", "safe", "UNIO_CAPTURE",
              "what is recorded of the environment with what is saved: off, safe or full"},
    ConfigKey{"s3.endpoint", "text", "(that of AWS, or of the profile)", "AWS_ENDPOINT_URL_S3",
              "URL of the S3 service, where it is not AWS"},
    ConfigKey{"s3.region", "text", "(that of the profile, or us-east-1)", "AWS_REGION",
              "region of the buckets"},
    ConfigKey{"s3.profile", "text", "(credentials of the environment, else AWS_PROFILE)", "UNIO_S3_PROFILE",
              "profile of ~/.aws whose credentials are used"},
    ConfigKey{"s3.anonymous", "text", "no", "UNIO_S3_ANONYMOUS",
              "yes: requests are not signed, for public data"},
    ConfigKey{"s3.addressing", "text", "auto", "UNIO_S3_ADDRESSING",
              "path: the bucket stands in the path, virtual: in the host; auto: as AWS, or else path"},
    ConfigKey{"s3.ca_bundle", "text", "(the system's)", "AWS_CA_BUNDLE",
              "PEM file of the authorities to trust"},
    ConfigKey{"s3.connections", "number", "64", "UNIO_S3_CONNECTIONS", "connections to one bucket at once"},
    ConfigKey{"color", "text", "auto", "UNIO_COLOR", "auto, always or never; NO_COLOR means never"},
    ConfigKey{"progress", "text", "auto", "UNIO_PROGRESS", "auto, always or never"},
};

constexpr std::string_view remotes_prefix = "remotes.";
constexpr std::array<std::string_view, 5> remote_setting_names{"endpoint", "region", "profile", "anonymous",
                                                               "addressing"};
constexpr std::uint64_t longest_file = std::uint64_t{1} << 20;

const ConfigKey& find_key(std::string_view name) {
  const auto* key =
      std::find_if(key_table.begin(), key_table.end(), [&](const ConfigKey& k) { return k.name == name; });
  if (key != key_table.end()) return *key;
  std::vector<std::string> names;
  for (const ConfigKey& known : key_table) names.emplace_back(known.name);
  const auto near = nearest(name, names);
  throw Error(ErrorCode::invalid_argument, fmt::format("there is no configuration key '{}'", name),
              near ? fmt::format("did you mean '{}'?", *near) : "unio config lists the keys");
}

std::filesystem::path home(const Environment& environment) {
  if (const auto home = environment.find("HOME")) return *home;
  const ::passwd* user = ::getpwuid(::getuid());
  return user == nullptr ? "/" : user->pw_dir;
}

std::filesystem::path xdg_folder(const Environment& environment, std::string_view variable,
                                 std::string_view below) {
  const auto folder = environment.find(variable);
  // The rules ignore a relative path.
  const bool usable = folder && folder->starts_with('/');
  return (usable ? std::filesystem::path(*folder) : home(environment) / below) / "unio";
}

std::string login_name() {
  const ::passwd* user = ::getpwuid(::getuid());
  return user == nullptr ? std::to_string(::getuid()) : user->pw_name;
}

std::string default_value(const ConfigKey& key, const Environment& environment) {
  if (key.name == "registry") return data_home(environment).native();
  if (key.name == "user") return environment.find("USER").value_or(login_name());
  if (key.name == "threads") return std::to_string(default_threads());
  if (key.name == "cache.dir") return cache_home(environment).native();
  // Found out when a bucket is opened.
  if (key.default_value.starts_with('(')) return {};
  return std::string(key.default_value);
}

std::string text_of(const toml::node& node, std::string_view key) {
  if (const auto text = node.value<std::string>()) return *text;
  if (const auto number = node.value<std::int64_t>()) return std::to_string(*number);
  if (const toml::array* array = node.as_array()) {
    std::string joined;
    for (const toml::node& item : *array) joined += (joined.empty() ? "" : " ") + text_of(item, key);
    return joined;
  }
  throw Error(ErrorCode::invalid_argument,
              fmt::format("configuration key '{}' has a value of a wrong type", key));
}

void check_value(const ConfigKey& key, const std::string& value) {
  const auto one_of = [&](std::initializer_list<std::string_view> allowed) {
    if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return;
    throw Error(ErrorCode::invalid_argument,
                fmt::format("'{}' is no value of '{}': {}", value, key.name, fmt::join(allowed, ", ")));
  };
  if (key.name == "color" || key.name == "progress") one_of({"auto", "always", "never"});
  if (key.name == "capture") one_of({"off", "safe", "full"});
  if (key.name == "s3.anonymous") one_of({"yes", "no"});
  if (key.name == "s3.addressing") one_of({"auto", "path", "virtual"});
  if (key.type == "size") parse_size(value);
  if (key.type == "number") {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error == std::errc() && end == value.data() + value.size() && number > 0) return;
    throw Error(ErrorCode::invalid_argument,
                fmt::format("'{}' is no value of '{}': a positive number", value, key.name));
  }
}

/// A dotted key and a value as one line of TOML.
std::string toml_line(std::string_view key, std::string_view type, const std::string& value) {
  std::ostringstream text;
  if (type == "number") {
    text << value;
  } else if (type == "list") {
    toml::array items;
    std::istringstream words(value);
    for (std::string word; words >> word;) items.push_back(word);
    text << items;
  } else {
    text << toml::value<std::string>(value);
  }
  return fmt::format("{} = {}", key, text.str());
}

/// What may stand around the words of a line.
constexpr std::string_view space = " \t\r";

/// "remotes" for "[remotes]  # my registries"; absent when the line begins no section.
std::optional<std::string_view> section_of(std::string_view line) {
  line = trimmed(line, space);
  if (!line.starts_with('[') || line.starts_with("[[")) return std::nullopt;
  return trimmed(line.substr(1, line.find(']') - 1), space);
}

bool has_section(const std::string& text, std::string_view name) {
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    if (section_of(line) == name) return true;
  }
  return false;
}

/// Whether a line in `section` ("" before the first) sets `key`.
bool sets_key(std::string_view line, std::string_view section, std::string_view key) {
  if (!section.empty()) {
    if (!key.starts_with(section) || key.substr(section.size(), 1) != ".") return false;
    key.remove_prefix(section.size() + 1);
  }
  line = trimmed(line, space);
  return line.starts_with(key) && trimmed(line.substr(key.size()), space).starts_with('=');
}

/// The text of a configuration file with one key set, or removed; its other lines stay as they are. A key
/// stands in its [section] where the file has one, else with its dots before the first.
std::string with_key(const std::string& text, std::string_view key, std::string_view type,
                     const std::optional<std::string>& value) {
  std::vector<std::string> lines;
  std::optional<std::size_t> first_section;
  std::optional<std::pair<std::size_t, std::size_t>> own_section;  ///< its line, the length of its name
  std::string section;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    const auto begins = section_of(line);
    if (!begins && sets_key(line, section, key)) continue;
    lines.push_back(line);
    if (!begins) continue;
    section = *begins;
    if (!first_section) first_section = lines.size() - 1;
    if (key.starts_with(section + ".")) own_section.emplace(lines.size(), section.size() + 1);
  }
  if (value) {
    const std::string_view name = own_section ? key.substr(own_section->second) : key;
    const std::size_t place = own_section ? own_section->first : first_section.value_or(lines.size());
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(place), toml_line(name, type, *value));
  }
  return fmt::format("{}\n", fmt::join(lines, "\n"));
}

/// "lab-data" of "s3://lab-data/prefix"; empty for a folder.
std::string_view bucket_of(std::string_view url) {
  constexpr std::string_view scheme = "s3://";
  if (!url.starts_with(scheme)) return {};
  url.remove_prefix(scheme.size());
  return url.substr(0, url.find('/'));
}

/// Calls `take` with each value and its dotted key.
void for_each_value(const toml::table& table, const std::string& prefix,
                    const std::function<void(const std::string&, const toml::node&)>& take) {
  for (const auto& [name, node] : table) {
    const std::string key = prefix + std::string(name.str());
    const toml::table* section = node.as_table();
    if (section == nullptr) take(key, node);
    if (section != nullptr) for_each_value(*section, key + ".", take);
  }
}

}  // namespace

std::span<const ConfigKey> config_keys() {
  return key_table;
}

std::span<const std::string_view> remote_settings() {
  return remote_setting_names;
}

std::filesystem::path data_home(const Environment& e) {
  return xdg_folder(e, "XDG_DATA_HOME", ".local/share");
}
std::filesystem::path cache_home(const Environment& e) {
  return xdg_folder(e, "XDG_CACHE_HOME", ".cache");
}
std::filesystem::path config_home(const Environment& e) {
  return xdg_folder(e, "XDG_CONFIG_HOME", ".config");
}

std::uint64_t parse_size(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::uint64_t>, 9> units{{{"", 1},
                                                                             {"B", 1},
                                                                             {"kB", 1'000},
                                                                             {"KB", 1'000},
                                                                             {"MB", 1'000'000},
                                                                             {"GB", 1'000'000'000},
                                                                             {"KiB", 1ULL << 10},
                                                                             {"MiB", 1ULL << 20},
                                                                             {"GiB", 1ULL << 30}}};
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  for (const auto& [name, factor] : units) {
    if (error == std::errc() && number >= 0 && unit == name) {
      return static_cast<std::uint64_t>(number * static_cast<double>(factor));
    }
  }
  throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is no size", text),
              "write it as 10 GiB or 500 MB");
}

Config Config::load(const Environment& environment) {
  Config config;
  const auto path = environment.find("UNIO_CONFIG");
  config.path_ = path ? std::filesystem::path(*path) : config_home(environment) / "config.toml";
  for (const ConfigKey& key : key_table) {
    config.values_[std::string(key.name)] = {default_value(key, environment), "default"};
  }
  config.read_file_values();
  for (const ConfigKey& key : key_table) {
    const auto value = environment.find(key.environment);
    if (value) config.override_value(key.name, *value, std::string(key.environment));
  }
  return config;
}

void Config::read_file_values() {
  const auto content = find_file(path_, longest_file);
  if (!content) return;
  toml::table table;
  try {
    table = toml::parse(*content, path_.native());
  } catch (const toml::parse_error& error) {
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' line {}: {}", path_.native(),
                                                         error.source().begin.line, error.description()));
  }
  for_each_value(table, "", [&](const std::string& key, const toml::node& node) {
    if (key.starts_with(remotes_prefix)) {
      take_remote(std::string_view(key).substr(remotes_prefix.size()), text_of(node, key));
    } else {
      override_value(find_key(key).name, text_of(node, key), path_.native());
    }
  });
}

/// `key` is "lab", "lab.url" or "lab.endpoint".
void Config::take_remote(std::string_view key, std::string value) {
  const std::size_t dot = std::min(key.find('.'), key.size());
  Remote& remote = remotes_[std::string(key.substr(0, dot))];
  const std::string_view setting = dot == key.size() ? "url" : key.substr(dot + 1);
  if (setting == "url") {
    remote.url = std::move(value);
    return;
  }
  const auto& names = remote_setting_names;
  if (std::find(names.begin(), names.end(), setting) == names.end()) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("remote '{}' has no setting '{}'", key.substr(0, dot), setting),
                fmt::format("a remote has url, {}", fmt::join(names, ", ")));
  }
  check_value(find_key(fmt::format("s3.{}", setting)), value);
  remote.s3.insert_or_assign(std::string(setting), std::move(value));
}

const ConfigValue& Config::get(std::string_view key) const {
  return values_.find(find_key(key).name)->second;
}

std::vector<std::string> Config::get_list(std::string_view key) const {
  std::istringstream words(get(key).value);
  std::vector<std::string> list;
  for (std::string word; words >> word;) list.push_back(word);
  return list;
}

std::uint64_t Config::get_number(std::string_view key) const {
  return parse_size(get(key).value);
}

void Config::override_value(std::string_view key, std::string value, std::string origin) {
  check_value(find_key(key), value);
  values_.insert_or_assign(std::string(key), ConfigValue{std::move(value), std::move(origin)});
}

std::optional<std::string> Config::find_remote(std::string_view name) const {
  const auto remote = remotes_.find(std::string(name));
  return remote == remotes_.end() ? std::nullopt : std::optional(remote->second.url);
}

std::string Config::get_for_bucket(std::string_view bucket, std::string_view key) const {
  const ConfigValue& general = get(key);
  if (general.origin.starts_with("--")) return general.value;
  const std::string setting(key.substr(key.find('.') + 1));
  for (const auto& [name, remote] : remotes_) {
    const auto own = remote.s3.find(setting);
    if (own != remote.s3.end() && bucket_of(remote.url) == bucket) return own->second;
  }
  return general.value;
}

void Config::store(std::string_view key, const std::optional<std::string>& value, RandomSource& random) {
  const ConfigKey& known = find_key(key);
  if (value) check_value(known, *value);
  const std::string_view type = known.type;
  replace_text(with_key(find_file(path_, longest_file).value_or(""), key, type, value), random);
}

void Config::store_remote(const std::string& name, const std::optional<Remote>& remote,
                          RandomSource& random) {
  for (const auto& [other_name, other] : remotes_) {
    const bool clashes = remote && other_name != name && !bucket_of(other.url).empty() &&
                         bucket_of(other.url) == bucket_of(remote->url) && other.s3 != remote->s3;
    if (!clashes) continue;
    throw Error(ErrorCode::conflict,
                fmt::format("remote '{}' reaches the bucket '{}' with other settings", other_name,
                            bucket_of(other.url)),
                fmt::format("give the same endpoint, region and profile, or unio remote rm {}", other_name));
  }
  std::string text = find_file(path_, longest_file).value_or("");
  const std::string key = std::string(remotes_prefix) + name;
  const auto set = [&](const std::string& which, const std::optional<std::string>& value) {
    text = with_key(text, which, "text", value);
  };
  set(key, std::nullopt);
  set(key + ".url", std::nullopt);
  for (const std::string_view setting : remote_setting_names)
    set(fmt::format("{}.{}", key, setting), std::nullopt);
  const bool alone = remote && remote->s3.empty() && !has_section(text, key);
  if (alone) set(key, remote->url);
  if (remote && !alone) {
    set(key + ".url", remote->url);
    for (const auto& [setting, value] : remote->s3) set(fmt::format("{}.{}", key, setting), value);
  }
  replace_text(text, random);
}

void Config::replace_text(const std::string& text, RandomSource& random) const {
  std::error_code error;
  std::filesystem::create_directories(path_.parent_path(), error);
  if (error)
    throw error_from_errno(error.value(), fmt::format("make folder '{}'", path_.parent_path().native()));
  replace_file(path_, as_bytes(text), random);
}

}  // namespace unio
