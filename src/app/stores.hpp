#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/random.hpp"
#include "base/threads.hpp"
#include "engine/context.hpp"

namespace unio {

/// Opens stores by URL and keeps them. The one place that names concrete stores.
class OpenStores final : public Stores {
 public:
  explicit OpenStores(RandomSource& random) : random_(random) {}

  ObjectStore& get(std::string_view url) override;

 private:
  std::unique_ptr<ObjectStore> open(std::string_view url) const;

  RandomSource& random_;
  Synchronized<std::map<std::string, std::unique_ptr<ObjectStore>, std::less<>>> stores_;
};

/// A registry as users write it, a folder or a URL, as a URL without a slash at its end.
std::string registry_url(std::string_view text);

}  // namespace unio
