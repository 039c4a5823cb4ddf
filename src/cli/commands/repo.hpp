#pragma once

#include <optional>
#include <string>

#include "cli/session.hpp"
#include "engine/repository.hpp"

namespace unio {

// The actions of `unio repo`: what they share, and those in files of their own.

struct RepoOptions {
  std::optional<std::string> action;
  std::optional<std::string> first;  ///< NAME, PROJECT or TAG
  std::optional<std::string> second;
  std::optional<std::string> third;
  std::optional<std::string> repository;
  std::optional<std::string> output;
  std::optional<std::string> as_of;
  std::optional<std::string> value;
  std::optional<std::string> handler;
  std::optional<std::string> file_name;
  std::optional<std::string> expiry;
  bool never = false;
  bool force = false;
};

/// Error invalid_argument that says what is missing.
const std::string& require_argument(const std::optional<std::string>& value, std::string_view what);
/// By its index: a path or a URL.
Repository open_repository(Session& session, const std::string& index);
Repository open_repository(Session& session, const RepoOptions& options);
/// By VERSION and --as-of; the newest without either.
VersionWanted wanted_version(const std::optional<std::string>& version, const RepoOptions& options);
/// The version that is asked for; not one that is expired, unless --force says so.
const ValueVersion& find_version(Session& session, const RepositoryIndex& index, const RepoOptions& options,
                                 const std::optional<std::string>& version);

Json version_json(const ValueVersion& version);
/// "weights v3", as people should see it.
std::string version_label(const ValueVersion& version);

int list_values(Session& session, const RepoOptions& options);
int log_versions(Session& session, const RepoOptions& options);
int get_value(Session& session, const RepoOptions& options);
int compare_versions(Session& session, const RepoOptions& options);
int verify_values(Session& session, const RepoOptions& options);

}  // namespace unio
