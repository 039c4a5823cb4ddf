#pragma once

#include <string>
#include <string_view>

#include "model/canonical_json.hpp"
#include "model/manifest_data.hpp"

namespace unio {

/// One row of a manifest, taken apart. Views point into the line, or into `owned_…` where a text had escapes.
struct ManifestRow {
  ManifestData::NewEntry entry;
  /// The canonical form of the metadata.
  std::string canonical_meta;
  /// Whose metadata the row holds, when it is no entry: a key that ends in a slash, or "" for the package.
  std::optional<std::string> folder;
  Json folder_meta;
  std::string owned_key;
  std::string owned_url;
  std::string owned_meta;
};

/// Reads a row of one of the shapes that tools write: the five members once each, no escapes in key and URL,
/// a known digest. False for any other line, good or bad: then read_exact_row decides. What `row` held before
/// is lost. The line must be UTF-8.
bool read_plain_row(std::string_view line, CanonicalJson& canonical, ManifestRow& row);

/// Reads any row that quilt3 reads. Errors corruption and invalid_argument without the line's number.
void read_exact_row(std::string_view line, ManifestRow& row);

}  // namespace unio
