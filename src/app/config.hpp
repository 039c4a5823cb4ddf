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

/// The table of keys. Remotes are kept beside it as `remotes.<name> = URL`, or with settings of their own as
/// `remotes.<name>.url`, `remotes.<name>.endpoint` and so on.
std::span<const ConfigKey> config_keys();

/// A registry under a short name.
struct Remote {
  std::string url;
  /// What counts for its bucket in place of `s3.<name>`: endpoint, region, profile, anonymous, addressing.
  std::map<std::string, std::string> s3;

  bool operator==(const Remote&) const = default;
};
/// The names of those settings.
std::span<const std::string_view> remote_settings();

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
  const std::map<std::string, Remote>& remotes() const { return remotes_; }
  /// The value of `key`, one of `s3.`, for a bucket: a flag's, else that of the remote which lies in this
  /// bucket, else as for all.
  std::string get_for_bucket(std::string_view bucket, std::string_view key) const;

  const std::filesystem::path& path() const { return path_; }

  /// Changes the file, in one step; its other lines stay as they are. An absent value removes the key. Error
  /// invalid_argument for an unknown key or a value of the wrong type.
  void store(std::string_view key, const std::optional<std::string>& value, RandomSource& random);
  /// The same for a remote; an absent one is removed. A bucket is in one place: Error conflict when another
  /// remote in the same bucket has other settings.
  void store_remote(const std::string& name, const std::optional<Remote>& remote, RandomSource& random);

 private:
  void read_file_values();
  void take_remote(std::string_view key, std::string value);
  void replace_text(const std::string& text, RandomSource& random) const;

  std::filesystem::path path_;
  std::map<std::string, ConfigValue, std::less<>> values_;
  std::map<std::string, Remote> remotes_;
};

/// Folders after the XDG rules.
std::filesystem::path data_home(const Environment& environment);
std::filesystem::path cache_home(const Environment& environment);
std::filesystem::path config_home(const Environment& environment);

/// "10 GiB", "500MB", "1024" in bytes. Error invalid_argument.
std::uint64_t parse_size(std::string_view text);

}  // namespace unio
