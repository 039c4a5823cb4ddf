#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "storage/object_store.hpp"

namespace unio {

/// Objects that somebody outside the engine keeps for it: what he must be able to do. Each object appears
/// whole. Keys have been checked. Only one thread at a time calls. Errors as ObjectStore's.
class OutsideObjects {
 public:
  virtual ~OutsideObjects() = default;

  struct Info {
    std::uint64_t size = 0;
    /// Changes with the content; empty where nothing does so for sure: then the store reads the object for
    /// it.
    std::string etag;
    Time modified{};  ///< zero where that is not told
    bool operator==(const Info&) const = default;
  };
  struct Listed {
    std::string key;
    Info info;
  };
  class Reader {
   public:
    virtual ~Reader() = default;
    /// At most so many bytes; none at the end.
    virtual std::string read(std::size_t count) = 0;
  };

  virtual std::string url() const = 0;
  virtual std::optional<Info> find(std::string_view key) = 0;
  virtual std::unique_ptr<Reader> open(std::string_view key, std::uint64_t offset) = 0;
  virtual void put(std::string_view key, Bytes content) = 0;
  virtual void put_file(std::string_view key, const std::filesystem::path& file) = 0;
  virtual void remove(std::string_view key) = 0;
  /// All whose keys begin so, in any order.
  virtual std::vector<Listed> list(std::string_view prefix) = 0;
};

/// A store of them. There are no conditions outside: this looks before it writes, which is right among the
/// threads that use it, and says so in its capabilities, so that writers of several processes take a lock.
class OutsideStore final : public ObjectStore, private StagingStore, private ProbedStore {
 public:
  explicit OutsideStore(std::unique_ptr<OutsideObjects> objects)
      : objects_(std::move(objects)), url_(objects_->url()) {}

  std::string url() const override { return url_; }
  std::optional<ObjectInfo> find(std::string_view key) override;
  ObjectInfo read(std::string_view key, ByteRange range, const ByteSink& sink) override;
  ObjectInfo write(std::string_view key, Bytes content, const Condition& condition) override;
  ObjectInfo copy(std::string_view from, std::string_view to, const Condition& condition) override;
  void remove(std::string_view key, const Condition& condition) override;
  ListPage list(const ListOptions& options) override;
  std::unique_ptr<WriteBatch> batch() override;
  StagingStore* staging() override { return this; }
  ProbedStore* probed() override { return this; }

 private:
  class Batch;
  class Staged;

  std::unique_ptr<StagedObject> stage(const StageOptions& options) override;
  StoreCapabilities probe(std::string_view) override { return capabilities(); }
  void adopt(const StoreCapabilities&) override {}
  StoreCapabilities capabilities() const override;

  void check(std::string_view key, const Condition& condition);
  ObjectInfo get_info(std::string_view key);
  [[noreturn]] void throw_absent(std::string_view key) const;
  struct Whole;
  /// `before`: what it is now. Absent when it is removed meanwhile.
  std::optional<Whole> find_whole(std::string_view key, OutsideObjects::Info before);
  void read_through(std::string_view key, std::uint64_t offset, std::uint64_t length, const ByteSink& sink);

  const std::unique_ptr<OutsideObjects> objects_;
  const std::string url_;
  SystemRandom random_;
  std::recursive_mutex mutex_;
};

}  // namespace unio
