#include "app/stores.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "base/error.hpp"
#include "model/physical_key.hpp"
#include "model/registry_layout.hpp"
#include "storage/local_store.hpp"
#include "storage/s3/s3_store.hpp"

namespace unio {

ObjectStore& OpenStores::get(std::string_view url) {
  auto stores = stores_.lock();
  const auto found = stores->find(url);
  const Opened& opened =
      found != stores->end() ? found->second : stores->emplace(std::string(url), open(url)).first->second;
  return opened.caching ? static_cast<ObjectStore&>(*opened.caching) : *opened.store;
}

OpenStores::Opened OpenStores::open(std::string_view url) {
  if (url.starts_with("file://")) return open_folder(url);
  if (url.starts_with("s3://")) return open_bucket(url);
  throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is no registry", url),
              "a registry is a folder, file:///folder or s3://bucket/prefix");
}

OpenStores::Opened OpenStores::open_folder(std::string_view url) const {
  // The root of the file system is "file://": its slash went with the others at the end.
  if (url == "file://" || url == "file:///") return {std::make_unique<LocalStore>("/", random_), nullptr};
  auto store = std::make_unique<LocalStore>(PhysicalKey::parse(url).path, random_);
  auto caching = std::make_unique<CachingStore>(*store, cache_, &layout::is_immutable, FillCache::when_kept);
  return {std::move(store), std::move(caching)};
}

OpenStores::Opened OpenStores::open_bucket(std::string_view url) {
  const PhysicalKey place = PhysicalKey::parse(url);
  if (!s3_) s3_ = std::make_unique<S3Connections>(config_, environment_, random_);
  const S3Connections::Connection& connection = s3_->get(place.bucket);
  auto store = std::make_unique<S3Store>(*connection.client, place.bucket, place.path, connection.service);
  auto caching = std::make_unique<CachingStore>(*store, cache_, &layout::is_immutable, FillCache::always);
  return {std::move(store), std::move(caching)};
}

std::string registry_url(std::string_view text) {
  std::string url(text);
  if (url.find("://") == std::string::npos) {
    url = PhysicalKey::of_file(std::filesystem::absolute(std::filesystem::path(url))).url();
  }
  while (url.ends_with('/') && !url.ends_with("://")) url.pop_back();
  return url;
}

}  // namespace unio
