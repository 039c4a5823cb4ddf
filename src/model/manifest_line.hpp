#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/manifest_data.hpp"

namespace unio {

/// One row of a manifest, taken apart. Views point into the line, or into `owned` where a text had escapes.
struct ManifestRow {
  ManifestData::NewEntry entry;
  bool folder = false;
  Json folder_meta;
  std::string owned_key;
  std::string owned_url;
  std::string owned_meta;
};

/// Reads a row of one of the shapes that tools write: the five members once each, no escapes in key and URL, a known
/// digest. False for any other line, good or bad: then read_exact_row decides. Allocates nothing.
bool read_plain_row(std::string_view line, ManifestRow& row);

/// Reads any row that quilt3 reads. Errors corruption and invalid_argument without the line's number.
ManifestRow read_exact_row(std::string_view line);

}  // namespace unio
