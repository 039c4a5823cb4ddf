#include <fmt/format.h>

#include <map>
#include <set>

#include "base/error.hpp"
#include "engine/repository.hpp"
#include "model/value_path.hpp"

namespace unio {
namespace {

/// Larger values flow through; smaller ones are made durable many at once.
constexpr std::uint64_t small_limit = std::uint64_t{1} << 20;
constexpr std::uint64_t batch_limit = std::uint64_t{32} << 20;
/// Of smaller values a second copy is cheaper than to look whether there is a first one.
constexpr std::uint64_t least_shared = std::uint64_t{64} << 10;

std::string content_of(const ValueSource& source) {
  std::string content;
  content.reserve(source.size);
  source.read([&](Bytes bytes) { content += as_text(bytes); });
  return content;
}

Sha256Value digest_of(const std::function<void(const ByteSink&)>& read) {
  Sha256 hash;
  read([&](Bytes bytes) { hash.update(bytes); });
  return hash.finish();
}

/// In a folder, values that are there already need not be stored a second time: a new name for the same file
/// is enough, which nobody may write to any more.
class SharedValues {
 public:
  SharedValues(ObjectStore& store, const RepositoryIndex& index)
      : store_(store), files_(store.files()), index_(index) {}

  /// Makes `key` of a value with the same content; its digest, or absent where there is none or the folder
  /// cannot do so. Error conflict when `key` is there.
  std::optional<Sha256Value> share(const ValueSource& content, const std::string& key) {
    if (files_ == nullptr || content.size < least_shared) return std::nullopt;
    if (!by_size_) by_size_ = versions_by_size();
    const auto candidates = by_size_->find(content.size);
    if (candidates == by_size_->end()) return std::nullopt;
    const Sha256Value digest = digest_of(content.read);
    for (const ValueVersion* version : candidates->second) {
      if (version->sha256 == digest && is_whole(*version, digest) && files_->share(key_of(*version), key))
        return digest;
    }
    return std::nullopt;
  }

 private:
  using BySize = std::map<std::uint64_t, std::vector<const ValueVersion*>>;

  BySize versions_by_size() const {
    BySize versions;
    for (const ValueVersion& version : index_.versions()) {
      if (version.sha256 && version.size.value_or(0) >= least_shared)
        versions[*version.size].push_back(&version);
    }
    return versions;
  }

  static std::string key_of(const ValueVersion& version) {
    return value_key(version.name, version.file_name);
  }

  /// A damaged value must not become a second one.
  bool is_whole(const ValueVersion& version, const Sha256Value& digest) const {
    try {
      return digest_of([&](const ByteSink& sink) { store_.read(key_of(version), {}, sink); }) == digest;
    } catch (const Error&) {
      return false;
    }
  }

  ObjectStore& store_;
  FileStore* files_;
  const RepositoryIndex& index_;
  std::optional<BySize> by_size_;  ///< made when it is first needed
};

/// Finds a free name for each value, beginning with the one it should have.
class Placement {
 public:
  Placement(ObjectStore& store, const RepositoryIndex& index, const std::vector<ValueToSave>& values,
            const Context& context)
      : store_(store), index_(index), values_(values), context_(context), shared_(store, index) {
    for (const ValueToSave& value : values) prepare(value);
  }

  std::vector<NewVersion> run() {
    std::vector<std::size_t> left;
    for (std::size_t i = 0; i < values_.size(); ++i) left.push_back(i);
    while (!left.empty()) left = place(left);
    return std::move(placed_);
  }

 private:
  void prepare(const ValueToSave& value) {
    NewVersion version = value.version;
    if (version.created == Time{}) version.created = context_.clock.now();
    if (version.file_name.empty())
      version.file_name = value_file_name(version.name, version.created, value.suffix);
    value_key(version.name, version.file_name);
    wanted_.push_back(version.file_name);
    placed_.push_back(std::move(version));
  }

  /// Whether a writer who finds nothing under a name can be sure that nobody else writes there.
  bool has_create_only() const {
    ProbedStore* probed = store_.probed();
    return probed == nullptr || probed->capabilities().create_only;
  }

  std::set<std::string>& taken_names(const std::string& name) {
    const auto [found, is_new] = taken_.try_emplace(name);
    if (!is_new) return found->second;
    for (const std::size_t position : index_.versions_of(name))
      found->second.insert(index_.versions()[position].file_name);
    return found->second;
  }

  /// Gives value `i` the next name that nobody is known to have; returns its key.
  std::string choose(std::size_t i) {
    NewVersion& version = placed_[i];
    std::set<std::string>& taken = taken_names(version.name);
    version.file_name = wanted_[i];
    std::size_t number = 0;
    // Where two could both find nothing there, no two ever try the same name.
    if (!has_create_only()) number = static_cast<std::uint32_t>(context_.random.next());
    if (number > 0) version.file_name = numbered_file_name(wanted_[i], number);
    while (!taken.insert(version.file_name).second)
      version.file_name = numbered_file_name(wanted_[i], ++number);
    return value_key(version.name, version.file_name);
  }

  /// Values that lost their names to somebody else.
  std::vector<std::size_t> place(const std::vector<std::size_t>& left) {
    std::vector<std::size_t> lost;
    std::map<std::string, std::size_t, std::less<>> waiting;
    std::unique_ptr<WriteBatch> batch = store_.batch();
    std::uint64_t bytes = 0;
    const auto flush = [&] {
      for (const std::string& key : batch->commit()) lost.push_back(waiting.at(key));
      batch = store_.batch();
      waiting.clear();
      bytes = 0;
    };
    for (const std::size_t i : left) {
      throw_if_stopped(context_.stop);
      const std::string key = choose(i);
      const Placed placed = place_alone(i, key);
      if (placed == Placed::no_name) lost.push_back(i);
      if (placed != Placed::no) continue;
      const std::string content = content_of(values_[i].content);
      placed_[i].sha256 = sha256(as_bytes(content));
      placed_[i].size = content.size();
      batch->put(key, as_bytes(content));
      waiting.emplace(key, i);
      bytes += content.size();
      if (bytes > batch_limit) flush();
    }
    flush();
    return lost;
  }

  /// Not yet; under its key; or not, because somebody else has that.
  enum class Placed { no, yes, no_name };

  Placed place_alone(std::size_t i, const std::string& key) {
    try {
      if (const auto digest = shared_.share(values_[i].content, key)) {
        placed_[i].sha256 = digest;
        placed_[i].size = values_[i].content.size;
        return Placed::yes;
      }
      if (values_[i].content.size <= small_limit) return Placed::no;
      if (store_.find(key)) return Placed::no_name;
      stage(i, key);
      return Placed::yes;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::conflict) throw;
      return Placed::no_name;
    }
  }

  void stage(std::size_t i, const std::string& key) {
    const auto staged = store_.staging()->stage({.key = key, .size = values_[i].content.size});
    Sha256 hash;
    std::uint64_t size = 0;
    ProgressPhase phase(context_.progress, "storing", 1, values_[i].content.size);
    values_[i].content.read([&](Bytes bytes) {
      throw_if_stopped(context_.stop);
      hash.update(bytes);
      size += bytes.size();
      staged->append(bytes);
      phase.advance(0, bytes.size());
    });
    placed_[i].sha256 = hash.finish();
    placed_[i].size = size;
    staged->publish(key, Condition::absent());
  }

  ObjectStore& store_;
  const RepositoryIndex& index_;
  const std::vector<ValueToSave>& values_;
  const Context& context_;
  std::vector<std::string> wanted_;  ///< file names
  std::vector<NewVersion> placed_;
  std::map<std::string, std::set<std::string>> taken_;
  SharedValues shared_;
};

}  // namespace

ValueSource ValueSource::of_text(std::string content) {
  const std::uint64_t size = content.size();
  return {size, [content = std::move(content)](const ByteSink& sink) { sink(as_bytes(content)); }};
}

ValueSource ValueSource::of_file(const std::filesystem::path& path) {
  const auto size = static_cast<std::uint64_t>(File::open_for_reading(path).status().st_size);
  return {size, [path](const ByteSink& sink) {
            File file = File::open_for_reading(path);
            std::vector<std::byte> buffer(std::size_t{1} << 20);
            while (const std::size_t count = file.read(buffer)) sink(Bytes(buffer).first(count));
          }};
}

ValueSource ValueSource::of_object(ObjectStore& store, const std::string& key) {
  const auto found = store.find(key);
  if (!found) throw Error(ErrorCode::not_found, fmt::format("no object '{}' in '{}'", key, store.url()));
  return {found->size, [&store, key](const ByteSink& sink) { store.read(key, {}, sink); }};
}

std::vector<NewVersion> place_values(ObjectStore& store, const RepositoryIndex& index,
                                     const std::vector<ValueToSave>& values, const Context& context) {
  if (values.empty()) return {};
  return Placement(store, index, values, context).run();
}

}  // namespace unio
