#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/random.hpp"
#include "base/threads.hpp"
#include "engine/context.hpp"
#include "storage/cache_folder.hpp"
#include "storage/caching_store.hpp"

namespace unio {

/// Opens stores by URL and keeps them. The one place that names concrete stores.
class OpenStores final : public Stores {
 public:
  /// Borrows both.
  OpenStores(CacheFolder& cache, RandomSource& random) : cache_(cache), random_(random) {}

  ObjectStore& get(std::string_view url) override;

 private:
  /// A store and what stands before it.
  struct Opened {
    std::unique_ptr<ObjectStore> store;
    std::unique_ptr<CachingStore> caching;
  };
  Opened open(std::string_view url) const;

  CacheFolder& cache_;
  RandomSource& random_;
  Synchronized<std::map<std::string, Opened, std::less<>>> stores_;
};

/// A registry as users write it, a folder or a URL, as a URL without a slash at its end.
std::string registry_url(std::string_view text);

}  // namespace unio
