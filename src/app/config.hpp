#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.hpp"
#include "base/random.hpp"

namespace unio {

/// One configuration key: the whole truth about it, for reading, `unio config` and the docs.
struct ConfigKey {
  std::string_view name;
  std::string_view type;           ///< "text", "number", "size", "list"
  std::string_view default_value;  ///< shown; computed ones are described in parentheses
  std::string_view environment;    ///< variable, or empty
  std::string_view doc;
};

/// The table of keys. Remotes are kept beside it as `remotes.<name> = URL`.
std::span<const ConfigKey> config_keys();

/// A value and where it comes from: "default", the file's path, or the variable's name.
struct ConfigValue {
  std::string value;
  std::string origin;
};

/// The configuration: flags over environment over file over defaults. The file is TOML, `config.toml` in the
/// user's configuration folder (`$UNIO_CONFIG` names another). A list's value is its items joined by spaces.
class Config {
 public:
  /// Error invalid_argument that names file and line for broken TOML, and near names for an unknown key.
  static Config load(const Environment& environment);

  const ConfigValue& get(std::string_view key) const;
  std::vector<std::string> get_list(std::string_view key) const;
  std::uint64_t get_number(std::string_view key) const;

  /// A flag of the command line.
  void override_value(std::string_view key, std::string value, std::string origin);

  std::optional<std::string> find_remote(std::string_view name) const;
  const std::map<std::string, std::string>& remotes() const { return remotes_; }

  const std::filesystem::path& path() const { return path_; }

  /// Changes the file, in one step; its other lines stay as they are. An absent value removes the key. Error
  /// invalid_argument for an unknown key or a value of the wrong type.
  void store(std::string_view key, const std::optional<std::string>& value, RandomSource& random);

 private:
  void read_file_values();

  std::filesystem::path path_;
  std::map<std::string, ConfigValue, std::less<>> values_;
  std::map<std::string, std::string> remotes_;
};

/// Folders after the XDG rules.
std::filesystem::path data_home(const Environment& environment);
std::filesystem::path cache_home(const Environment& environment);
std::filesystem::path config_home(const Environment& environment);

/// "10 GiB", "500MB", "1024" in bytes. Error invalid_argument.
std::uint64_t parse_size(std::string_view text);

}  // namespace unio
