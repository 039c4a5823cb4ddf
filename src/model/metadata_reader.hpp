#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/threads.hpp"
#include "model/artifact.hpp"

namespace unio {

/// Reads the metadata of many artifacts: most lines of each are about its installed packages, and thousands
/// have the same, which are read once. Thread-safe; keeps what it met.
class MetadataReader {
 public:
  /// What ArtifactRecord::parse(yaml) and its document() are. Where `packages` is there, it is the value of
  /// "python_packages", of which the record and the document have nothing. Errors as there.
  struct Reading {
    ArtifactRecord record;
    Json document;
    std::shared_ptr<const Json> packages;
  };
  Reading read(std::string_view yaml);

 private:
  std::optional<Reading> read_shared(std::string_view yaml);
  std::shared_ptr<const Json> packages_of(std::string_view lines);

  Synchronized<std::map<std::string, std::shared_ptr<const Json>, std::less<>>> packages_;
};

}  // namespace unio
