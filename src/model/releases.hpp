#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "model/repository_index.hpp"

namespace unio {

/// The versions of a repository that belong together, under a tag.
struct Release {
  std::string tag;
  std::vector<std::pair<std::string, std::int64_t>> versions;  ///< name and number
  Time created{};
};

/// The releases of a repository: lazyscribe's `releases.json` (docs/formats/repository.md). What is not
/// changed keeps its bytes.
class Releases {
 public:
  /// Error corruption that names the entry.
  static Releases parse(std::string_view text);
  std::string dump() const;

  const std::vector<Release>& all() const { return releases_; }
  /// Error not_found that lists near tags.
  const Release& get(std::string_view tag) const;
  /// Error already_exists when there is one with this tag, invalid_argument for an empty tag.
  void append(Release release);

 private:
  std::vector<Release> releases_;
  std::vector<std::string> texts_;  ///< of each, as it stands in the file
};

/// The newest version of every name that is not expired; names that have none are left out.
Release make_release(const RepositoryIndex& index, std::string tag, Time now);

}  // namespace unio
