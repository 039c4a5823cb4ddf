#include "engine/repository.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "engine/registry.hpp"
#include "engine/ticket_lock.hpp"
#include "model/logical_key.hpp"
#include "model/physical_key.hpp"
#include "model/registry_layout.hpp"
#include "model/value_path.hpp"
#include "storage/retention_store.hpp"

namespace unio {
namespace {

constexpr std::uint64_t largest_index = std::uint64_t{1} << 30;
constexpr int most_tries = 2000;
const std::string releases_key = "releases.json";

/// Lets others go first, so that not all who lost come back at once.
void give_way(RandomSource& random, int tries) {
  const auto most = static_cast<std::uint64_t>(std::min(5 * tries, 100));
  std::this_thread::sleep_for(std::chrono::milliseconds(random.next() % (most + 1)));
}

Condition unchanged(const std::optional<std::string>& etag) {
  return etag ? Condition::matches(*etag) : Condition::absent();
}

/// Knows what the service can do before anything is written; a lock where that is not enough for several
/// writers.
std::optional<TicketLock> lock_if_needed(ObjectStore& store, const std::string& index_key,
                                         const Context& context) {
  ProbedStore* probed = store.probed();
  if (probed == nullptr || probed->capabilities().many_writers()) return std::nullopt;
  return std::make_optional<TicketLock>(store, fmt::format(".unio/tickets/{}/", index_key), context);
}

void set_expiries(RepositoryIndex& index, const std::vector<ExpiryChange>& changes) {
  for (const ExpiryChange& change : changes) {
    const auto position = index.find(change.name, change.version);
    if (!position) {
      throw Error(ErrorCode::not_found,
                  fmt::format("{} has no version {}", quoted_key(change.name), change.version));
    }
    index.set_expiry(*position, change.expiry);
  }
}

std::vector<VersionName> changed_versions(const SavedIndex& saved, const RepositoryChanges& changes) {
  // What was there before may be there no more.
  if (changes.onto == OntoIndex::replace) return {};
  std::vector<VersionName> changed;
  for (const std::size_t position : saved.positions) {
    const ValueVersion& version = saved.index.versions()[position];
    changed.emplace_back(version.name, version.version);
  }
  for (const ExpiryChange& change : changes.expiries) changed.emplace_back(change.name, change.version);
  return changed;
}

/// "version 3 of 'weights'"
std::string shown(const ValueVersion& version) {
  return fmt::format("version {} of {}", version.version, quoted_key(version.name));
}

/// Error corruption for one that leads out of the folder: the index is from outside.
std::string key_of(const ValueVersion& version) {
  try {
    return value_key(version.name, version.file_name);
  } catch (const Error& error) {
    throw Error(ErrorCode::corruption,
                fmt::format("{} has no file that a repository may have: {}", shown(version), error.message()),
                "correct the entry by hand, or restore the index");
  }
}

std::optional<std::string> find_problem(const Repository& repository, const ValueVersion& version) {
  try {
    repository.read_value(version, [](Bytes) {});
  } catch (const Error& error) {
    if (error.code() == ErrorCode::corruption) return error.what();
    throw;
  }
  return std::nullopt;
}

}  // namespace

Repository Repository::open(std::string_view index_url, const Context& context,
                            std::vector<std::string> known) {
  PhysicalKey folder = PhysicalKey::parse(index_url);
  const std::size_t slash = folder.path.rfind('/');
  const std::string key = slash == std::string::npos ? folder.path : folder.path.substr(slash + 1);
  if (key.empty()) {
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is no index of a repository", index_url),
                "name the file: s3://bucket/prefix/repository.json");
  }
  folder.path.resize(slash == std::string::npos ? 0 : slash);
  std::string url = folder.url();
  while (url.ends_with('/') && !url.ends_with("://")) url.pop_back();
  Repository repository(context.stores.get(url), key, context);
  repository.known_registries_ = std::move(known);
  return repository;
}

std::unique_ptr<RepositoryListing> Repository::prepare_for_writing() const {
  if (!known_registries_) return nullptr;
  ProbedStore* probed = store_.probed();
  PhysicalKey index = PhysicalKey::parse(store_.url());
  index.path = join_key(index.path, index_key_);
  std::unique_ptr<RepositoryListing> listing =
      RepositoryListing::open(find_home(index, *known_registries_, context_), context_);
  if (!listing) {
    if (probed != nullptr) Registry(store_, context_).prepare_for_writing();
    return nullptr;
  }
  // The same service, so that what it can do need not be found out again.
  ProbedStore* theirs = listing->store().probed();
  if (probed != nullptr && theirs != nullptr && theirs != probed) probed->adopt(theirs->capabilities());
  keep_retention_of(*listing);
  return listing;
}

/// Values are protected as everything is that is published in the registry around them.
void Repository::keep_retention_of(const RepositoryListing& listing) const {
  RetentionStore* ours = store_.retention();
  RetentionStore* registry = listing.store().retention();  // which outlives every repository
  if (ours == nullptr || registry == nullptr || ours == registry) return;
  ours->adopt_retention([registry, folder = listing.folder()](std::string_view key) {
    return layout::is_retained(key) ? registry->wanted(folder + std::string(key)) : std::nullopt;
  });
}

Repository::State Repository::read_state(const RepositoryIndex* known) const {
  auto found = find_object(store_, index_key_, largest_index);
  if (!found) return {};
  if (known != nullptr && known->is_of(found->content)) return {*known, std::move(found->info.etag)};
  return in_context(fmt::format("read '{}'", index_url()), [&] {
    return State{RepositoryIndex::parse(std::move(found->content)), std::move(found->info.etag)};
  });
}

std::optional<RepositoryIndex> Repository::find_index() const {
  State state = read_state();
  if (!state.etag) return std::nullopt;
  return std::move(state.index);
}

RepositoryIndex Repository::read_index() const {
  return read_state().index;
}

RepositoryIndex Repository::get_index() const {
  auto index = find_index();
  if (index) return std::move(*index);
  throw Error(ErrorCode::not_found, fmt::format("there is no repository '{}'", index_url()),
              "unio repo put makes one; --repository says where it is");
}

SavedIndex Repository::save(const RepositoryChanges& changes) const {
  for (const ValueToSave& value : changes.values) {
    check_value_name(value.version.name, index_key_);
    if (!value.version.file_name.empty()) value_key(value.version.name, value.version.file_name);
  }
  std::unique_ptr<RepositoryListing> listing = prepare_for_writing();
  State state = read_state(changes.known.get());
  const std::vector<NewVersion> placed = place_values(store_, state.index, changes.values, context_);
  context_.failpoints.pass("repo.after_values");
  if (listing && !listing->announce()) listing.reset();
  context_.failpoints.pass("repo.after_announcement");
  SavedIndex saved = publish(std::move(state), changes, placed);
  context_.failpoints.pass("repo.after_index");
  if (listing) listing->list(changed_versions(saved, changes));
  context_.failpoints.pass("repo.after_feed");
  return saved;
}

SavedIndex Repository::publish(State state, const RepositoryChanges& changes,
                               const std::vector<NewVersion>& placed) const {
  const auto lock = lock_if_needed(store_, index_key_, context_);
  // What was read before the lock was held is old.
  if (lock) state = read_state();
  for (int tries = 1; tries <= most_tries; ++tries) {
    throw_if_stopped(context_.stop);
    SavedIndex saved;
    if (changes.onto == OntoIndex::add) saved.index = std::move(state.index);
    set_expiries(saved.index, changes.expiries);
    for (const NewVersion& version : placed) saved.positions.push_back(saved.index.append(version));
    std::string content = saved.index.dump();
    if (changes.onto == OntoIndex::replace && state.etag) keep_replaced();
    if (lock) lock->check();
    try {
      store_.write(index_key_, as_bytes(content), unchanged(state.etag));
      saved.index.remember(std::move(content));
      return saved;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::conflict) throw;
    }
    give_way(context_.random, tries);
    state = read_state();
  }
  throw Error(ErrorCode::conflict, fmt::format("others always changed '{}' first", index_url()),
              "try again; the values are stored");
}

/// Nothing that was published is lost.
void Repository::keep_replaced() const {
  const auto ms =
      std::chrono::floor<std::chrono::milliseconds>(context_.clock.now()).time_since_epoch().count();
  const std::string kept =
      fmt::format(".unio/replaced/{:015}-{}-{}", ms, random_id(context_.random), index_key_);
  store_.copy(index_key_, kept, Condition::none());
}

std::string Repository::value_url(const ValueVersion& version) const {
  PhysicalKey base = PhysicalKey::parse(store_.url());
  base.path = join_key(base.path, key_of(version));
  return base.url();
}

void Repository::read_value(const ValueVersion& version, const ByteSink& sink) const {
  const std::string key = key_of(version);
  Sha256 hash;
  std::uint64_t size = 0;
  const auto fail = [&](std::string_view why) {
    return Error(ErrorCode::corruption, fmt::format("{} in '{}' {}", shown(version), key, why),
                 "restore the file; unio repo verify lists all that are damaged");
  };
  try {
    store_.read(key, {}, [&](Bytes bytes) {
      if (version.sha256) hash.update(bytes);
      size += bytes.size();
      if (version.size && size > *version.size) throw fail("is longer than when it was published");
      sink(bytes);
    });
  } catch (const Error& error) {
    if (error.code() != ErrorCode::not_found) throw;
    throw fail("is not there");
  }
  if (version.size && size != *version.size)
    throw fail(fmt::format("has {} bytes, not {} as when it was published", size, *version.size));
  if (version.sha256 && hash.finish() != *version.sha256)
    throw fail("has other bytes than when it was published");
}

RepositoryReport Repository::verify() const {
  const RepositoryIndex index = get_index();
  const auto& versions = index.versions();
  std::vector<std::optional<std::string>> problems(versions.size());
  ProgressPhase phase(context_.progress, "verifying", versions.size());
  parallel_for(versions.size(), context_.threads, context_.stop, [&](std::size_t i) {
    problems[i] = find_problem(*this, versions[i]);
    phase.advance(1, versions[i].size.value_or(0));
  });
  RepositoryReport report{.problems = {}, .versions = versions.size(), .unrecorded = 0};
  for (std::size_t i = 0; i < versions.size(); ++i) {
    if (!versions[i].sha256) ++report.unrecorded;
    if (problems[i]) report.problems.push_back({versions[i].name, versions[i].version, *problems[i]});
  }
  return report;
}

Releases Repository::read_releases() const {
  const auto found = find_object(store_, releases_key, largest_index);
  if (!found) return {};
  return in_context(fmt::format("read '{}/{}'", store_.url(), releases_key),
                    [&] { return Releases::parse(found->content); });
}

Release Repository::release(const std::string& tag) const {
  Release made = make_release(get_index(), tag, context_.clock.now());
  add_release(made);
  return made;
}

void Repository::add_release(const Release& release) const {
  for (int tries = 1; tries <= most_tries; ++tries) {
    throw_if_stopped(context_.stop);
    const auto found = find_object(store_, releases_key, largest_index);
    Releases releases = found ? Releases::parse(found->content) : Releases();
    releases.append(release);
    try {
      return write_file(releases_key, releases.dump(),
                        found ? std::optional(found->info.etag) : std::nullopt);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::conflict) throw;
    }
    give_way(context_.random, tries);
  }
  throw Error(ErrorCode::conflict, "others always changed the releases first", "try again");
}

void Repository::write_file(const std::string& key, std::string_view content,
                            const std::optional<std::string>& etag) const {
  if (store_.probed() != nullptr) prepare_for_writing();
  const auto lock = lock_if_needed(store_, key, context_);
  if (lock) lock->check();
  store_.write(key, as_bytes(content), unchanged(etag));
}

}  // namespace unio
