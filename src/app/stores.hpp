#pragma once

#include <map>
#include <memory>
#include <string>

#include "app/config.hpp"
#include "app/s3_connections.hpp"
#include "base/random.hpp"
#include "base/threads.hpp"
#include "engine/context.hpp"
#include "storage/cache_folder.hpp"
#include "storage/caching_store.hpp"

namespace unio {

/// Opens stores by URL and keeps them. The one place that names concrete stores.
class OpenStores final : public Stores {
 public:
  /// Borrows all.
  OpenStores(CacheFolder& cache, const Config& config, const Environment& environment, RandomSource& random)
      : cache_(cache), config_(config), environment_(environment), random_(random) {}

  ObjectStore& get(std::string_view url) override;

 private:
  /// A store and what stands before it.
  struct Opened {
    std::unique_ptr<ObjectStore> store;
    std::unique_ptr<CachingStore> caching;
  };
  Opened open(std::string_view url);
  Opened open_folder(std::string_view url) const;
  Opened open_bucket(std::string_view url);

  CacheFolder& cache_;
  const Config& config_;
  const Environment& environment_;
  RandomSource& random_;
  std::unique_ptr<S3Connections> s3_;  ///< reached only while `stores_` is locked
  Synchronized<std::map<std::string, Opened, std::less<>>> stores_;
};

/// A registry as users write it, a folder or a URL, as a URL without a slash at its end.
std::string registry_url(std::string_view text);

}  // namespace unio
