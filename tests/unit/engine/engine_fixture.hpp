#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "engine/content.hpp"
#include "engine/context.hpp"
#include "engine/publish.hpp"
#include "engine/registry.hpp"
#include "model/registry_layout.hpp"
#include "storage/local_store.hpp"
#include "storage/memory_store.hpp"
#include "support/expect_error.hpp"
#include "support/fakes.hpp"
#include "support/temporary_directory.hpp"
#include "unit/engine/hooked_store.hpp"

namespace unio::test {

/// Larger than any process id that Linux gives: the owner of records that a dead process left.
inline constexpr std::int64_t dead_process = 0x7fffff00;

/// Gives out the stores that a test put in, and folder stores for other file URLs.
class FakeStores final : public Stores {
 public:
  explicit FakeStores(RandomSource& random) : random_(random) {}

  void add(ObjectStore& store) { add(store.url(), store); }
  void add(const std::string& url, ObjectStore& store) { added_[url] = &store; }

  ObjectStore& get(std::string_view url) override {
    if (const auto found = added_.find(url); found != added_.end()) return *found->second;
    auto all = opened_.lock();
    auto& opened = (*all)[std::string(url)];
    if (!opened) opened = std::make_unique<LocalStore>(path_of(url), random_);
    return *opened;
  }

 private:
  static std::string path_of(std::string_view url) {
    return url == "file:///" ? "/" : PhysicalKey::parse(url).path;
  }

  RandomSource& random_;
  std::map<std::string, ObjectStore*, std::less<>> added_;
  Synchronized<std::map<std::string, std::unique_ptr<LocalStore>, std::less<>>> opened_;
};

/// Answers every command with the same result, in any thread.
class FakeProcesses final : public ProcessRunner {
 public:
  ProcessResult run(const std::vector<std::string>&, const std::filesystem::path&,
                    const ProcessOptions&) override {
    if (missing) throw Error(ErrorCode::not_found, "no such program");
    return result;
  }

  bool missing = false;
  ProcessResult result{.exit_code = 1, .output = {}, .error_output = {}};
};

/// Keeps the warnings, and the totals that a phase found out on its way.
class NotedProgress final : public Progress {
 public:
  struct Total {
    std::uint64_t items = 0;
    std::uint64_t bytes = 0;
    std::uint64_t items_before = 0;  ///< done when it became known
  };

  void begin(std::string_view, std::uint64_t, std::uint64_t) override { items_ = 0; }
  void expect(std::uint64_t items, std::uint64_t bytes) override {
    totals_.lock()->push_back({items, bytes, items_});
  }
  void advance(std::uint64_t items, std::uint64_t) override { items_ += items; }
  void end() override {}
  void warn(std::string_view line) override { lines_.lock()->emplace_back(line); }

  std::vector<std::string> warnings() { return *lines_.lock(); }
  std::vector<Total> totals() { return *totals_.lock(); }

 private:
  std::atomic<std::uint64_t> items_ = 0;
  Synchronized<std::vector<std::string>> lines_;
  Synchronized<std::vector<Total>> totals_;
};

inline PackageName package(std::string_view name) {
  return PackageName::parse(name);
}

/// The Error that `body` throws; the test fails when it throws none.
template <class Body>
Error caught(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return Error(ErrorCode::internal, "no error");
}

using Files = std::map<std::string, std::string>;

/// Everything that an operation is given, and a registry in memory that a test can interfere with.
class EngineTest : public testing::Test {
 protected:
  EngineTest() { stores_.add(store_); }

  Context context_of(const std::string& user) {
    Context context = context_;
    context.user = user;
    return context;
  }

  /// A context in which the failpoint acts.
  Context failing_at(const std::string& failpoint) {
    failing_ = Failpoints::from_environment(Environment({{"UNIO_FAIL", failpoint + ":error"}}));
    return {stores_,       clock_,   random_,   environment_,
            processes_,    failing_, progress_, stop_.get_token(),
            /*threads=*/2, "ann",    "here",    {}};
  }

  /// A manifest whose objects are in the registry.
  Manifest manifest_of(const Registry& registry, const Files& files, const std::string& message = "m") {
    ManifestBuilder builder;
    Json::Object header;
    header.set("version", "v0");
    header.set("message", message);
    builder.set_header(std::move(header));
    for (const auto& [key, content] : files) {
      const Digest digest = digest_of(DigestType::sha2_256_chunked, as_bytes(content));
      const std::string object = layout::object(digest);
      registry.store().write(object, as_bytes(content), Condition::none());
      builder.add(Entry{key, physical_url(registry, object), content.size(), digest, {}});
    }
    return builder.finish();
  }

  Publication publication(const std::string& name, const Files& files, const std::string& message = "m") {
    Publication publication;
    publication.name = package(name);
    publication.manifest = manifest_of(registry_, files, message);
    return publication;
  }

  static RevisionSurroundings surroundings() {
    RevisionSurroundings surroundings;
    surroundings.environment.capture = "safe";
    surroundings.environment.argv = "unio push";
    surroundings.environment.git = ArtifactGit{
        .branch = "main", .commit = "4f7c2b1e9d", .remote = "https://example.org/x.git", .dirty = true};
    surroundings.environment.python_packages = {{"numpy", "1.2"}};
    surroundings.environment.system = {{"image", "team/image"}};
    return surroundings;
  }

  PublishResult publish_as(const Context& context, const Publication& publication) {
    const Registry registry(store_, context);
    PushSession session(registry, context);
    return publish(registry, session, context, publication);
  }

  /// Publishes one file with this content, under a second of its own, and returns the top hash.
  std::string publish_file(const std::string& name, const std::string& content,
                           const std::optional<std::string>& tag = std::nullopt) {
    clock_.advance(std::chrono::seconds(1));
    Publication made = publication(name, {{"file", content}});
    made.tag = tag;
    return publish_as(context_, made).top_hash;
  }

  std::string value(const std::string& name, const std::string& pointer) {
    const auto found = registry_.find_pointer(package(name), pointer);
    return found ? found->top_hash : "absent";
  }

  /// The history as seconds since the first one, each with its top hash.
  std::vector<std::pair<std::int64_t, std::string>> history(const std::string& name) {
    std::vector<std::pair<std::int64_t, std::string>> seconds;
    for (const Pointer& pointer : registry_.pointers(package(name))) {
      if (is_timestamp(pointer.name)) seconds.emplace_back(std::stoll(pointer.name), pointer.top_hash);
    }
    return seconds;
  }

  std::vector<std::string> keys(const std::string& prefix) {
    std::vector<std::string> found;
    for_each_object(memory_, prefix, [&](const ObjectInfo& object) { found.push_back(object.key); });
    return found;
  }

  void write(const std::string& key, std::string_view content) {
    memory_.write(key, as_bytes(content), Condition::none());
  }

  /// Makes all sessions look as if their owners had died: their names tell the process, too.
  void kill_session_owners() {
    for (const std::string& key : keys(std::string(layout::sessions))) {
      Json session = Json::parse(read_object(memory_, key));
      session.set("process", dead_process);
      memory_.remove(key, Condition::none());
      write(fmt::format("{}-{}.json", key.substr(0, key.rfind('-')), dead_process), session.dump());
    }
  }

  /// Makes all intents look as if their owners had died.
  void kill_owners() {
    for (const std::string& key : keys(std::string(layout::intents))) {
      Intent intent = Intent::parse(read_object(memory_, key));
      intent.process = dead_process;
      write(key, intent.dump());
    }
  }

  FakeClock clock_;
  FakeRandom random_;
  Environment environment_;
  FakeProcesses processes_;
  Failpoints failpoints_;
  Failpoints failing_;
  NotedProgress progress_;
  std::stop_source stop_;
  FakeStores stores_{random_};
  TemporaryDirectory folder_;
  Context context_{stores_,       clock_,      random_,   environment_,
                   processes_,    failpoints_, progress_, stop_.get_token(),
                   /*threads=*/2, "ann",       "here",    {}};
  MemoryStore memory_{clock_};
  HookedStore store_{memory_};
  Registry registry_{store_, context_};
};

}  // namespace unio::test
