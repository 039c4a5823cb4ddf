#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "app/config.hpp"
#include "base/progress.hpp"
#include "catalog/catalog.hpp"

namespace unio {

/// Where the catalogue of a registry is: the database that the setting `catalog` names, else a file of its
/// own in the cache folder. The one place that names concrete catalogues. Thread-safe; borrows the
/// configuration.
class Catalogs {
 public:
  explicit Catalogs(const Config& config) : config_(config) {}

  /// Opens it, made when it is absent. Error unsupported for a database that is not built in; corruption for
  /// a damaged file.
  std::unique_ptr<Catalog> open(std::string_view registry) const;

  /// The same to be filled anew: a file that is damaged, or was made by a newer version, is removed before.
  std::unique_ptr<Catalog> open_to_rebuild(std::string_view registry) const;

  /// Calls `body` with it. When its file shows to be damaged, it is removed with a warning, and `body` called
  /// once more with an empty one: it should fill it first.
  void use(std::string_view registry, Progress& progress, const std::function<void(Catalog&)>& body) const;

 private:
  bool is_file() const { return config_.get("catalog").value.empty(); }
  std::filesystem::path file_of(std::string_view registry) const;

  const Config& config_;
};

}  // namespace unio
