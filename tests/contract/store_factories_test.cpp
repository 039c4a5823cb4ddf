#include "contract/store_factories.hpp"

#include "base/files.hpp"
#include "base/random.hpp"
#include "storage/caching_store.hpp"
#include "storage/faulty_store.hpp"
#include "storage/local_store.hpp"
#include "storage/memory_store.hpp"
#include "storage/outside_store.hpp"
#include "storage/s3/s3_store.hpp"
#include "support/fakes.hpp"
#include "support/s3_bucket.hpp"
#include "support/temporary_directory.hpp"

namespace unio::test {
namespace {

class InMemory : public StoreUnderTest {
 public:
  ObjectStore& store() override { return memory_; }

 protected:
  FakeClock clock_;
  FakeRandom random_;
  MemoryStore memory_{clock_};
};

class InFolder : public StoreUnderTest {
 public:
  ObjectStore& store() override { return local_; }

 protected:
  TemporaryDirectory folder_;
  FakeClock clock_;
  SystemRandom random_;
  LocalStore local_{folder_.path() / "new registry", random_};
};

constexpr std::string_view prefix = "some/prefix";

template <S3Bucket::Versions versions>
class InBucket final : public StoreUnderTest {
 public:
  /// As a registry does that has found out what the service can do.
  InBucket() { store().probed()->adopt(s3_server_capabilities(versions)); }
  ObjectStore& store() override { return s3_; }

 private:
  S3Bucket bucket_{versions};
  S3Store s3_{bucket_.client(), bucket_.name(), std::string(prefix)};
};

class FaultyInFolder final : public InFolder {
 public:
  ObjectStore& store() override { return faulty_; }

 private:
  FaultPlan no_faults_;
  FaultyStore faulty_{local_, no_faults_};
};

class CachingInFolder final : public InFolder {
 public:
  ObjectStore& store() override { return caching_; }

 private:
  CacheFolder cache_{folder_.path() / "cache", std::uint64_t{64} << 20, random_};
  CachingStore caching_{local_, cache_, [](std::string_view key) { return key.starts_with("immutable/"); }};
};

/// Kept by somebody who knows no conditions, no etags and no times.
class KeptOutside final : public OutsideObjects {
 public:
  std::string url() const override { return "outside:"; }
  std::optional<Info> find(std::string_view key) override {
    const auto object = objects_.find(key);
    if (object == objects_.end()) return std::nullopt;
    return Info{.size = object->second.size(), .etag = {}, .modified = {}};
  }
  std::unique_ptr<Reader> open(std::string_view key, std::uint64_t offset) override {
    return std::make_unique<Content>(objects_.find(key)->second.substr(offset));
  }
  void put(std::string_view key, Bytes content) override {
    objects_.insert_or_assign(std::string(key), std::string(as_text(content)));
  }
  void put_file(std::string_view key, const std::filesystem::path& file) override {
    put(key, as_bytes(read_file(file)));
  }
  void remove(std::string_view key) override { objects_.erase(objects_.find(key)); }
  std::vector<Listed> list(std::string_view) override {
    std::vector<Listed> all;
    for (const auto& [key, content] : objects_) all.push_back({key, {.size = content.size()}});
    return all;
  }

 private:
  struct Content final : Reader {
    explicit Content(std::string rest) : rest_(std::move(rest)) {}
    std::string read(std::size_t count) override {
      std::string piece = rest_.substr(0, count);
      rest_.erase(0, piece.size());
      return piece;
    }
    std::string rest_;
  };

  std::map<std::string, std::string, std::less<>> objects_;
};

class Outside final : public StoreUnderTest {
 public:
  ObjectStore& store() override { return outside_; }

 private:
  OutsideStore outside_{std::make_unique<KeptOutside>()};
};

template <class T>
StoreFactory factory(std::string name) {
  return {std::move(name), [] { return std::make_unique<T>(); }};
}

template <S3Bucket::Versions versions>
StoreFactory bucket_factory(std::string name) {
  return {std::move(name), [] { return std::make_unique<InBucket<versions>>(); }, s3_server_lacks(versions),
          1024 - prefix.size() - 1};
}

}  // namespace

std::vector<StoreFactory> store_factories() {
  return {factory<InMemory>("memory"),
          factory<InFolder>("local"),
          factory<FaultyInFolder>("faulty_local"),
          factory<CachingInFolder>("caching_local"),
          factory<Outside>("outside"),
          bucket_factory<S3Bucket::Versions::off>("s3"),
          bucket_factory<S3Bucket::Versions::on>("s3_versioned")};
}

}  // namespace unio::test
