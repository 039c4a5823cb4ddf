#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/context.hpp"
#include "engine/repository_listing.hpp"
#include "model/releases.hpp"
#include "model/repository_index.hpp"
#include "model/repository_versions.hpp"

namespace unio {

/// Bytes that become a value: read when they are stored, perhaps more than once. What it was made of must
/// live until then.
struct ValueSource {
  std::uint64_t size = 0;
  std::function<void(const ByteSink&)> read;

  static ValueSource of_text(std::string content);
  /// Error of the system call when it cannot be read.
  static ValueSource of_file(const std::filesystem::path& path);
  /// Error not_found when there is no such object.
  static ValueSource of_object(ObjectStore& store, const std::string& key);
};

/// A version to publish. Digest and size are found while its bytes are stored.
struct ValueToSave {
  NewVersion version;  ///< `file_name` empty: the default; `created` zero: now
  std::string suffix;  ///< of the default file name
  ValueSource content;
};

struct ExpiryChange {
  std::string name;
  std::int64_t version = 0;
  std::optional<Time> expiry;
};

/// Whether changes go onto what is published, or stand in its place. An index that is replaced is kept under
/// `.unio/replaced/`; values stay.
enum class OntoIndex { add, replace };

struct RepositoryChanges {
  std::vector<ValueToSave> values;
  std::vector<ExpiryChange> expiries;
  OntoIndex onto = OntoIndex::add;
  /// The index as it was last read or saved: need not be parsed again when nobody has changed it.
  std::shared_ptr<const RepositoryIndex> known = nullptr;
};

/// The index as it was published, and where in it the versions of the changes are, in their order.
struct SavedIndex {
  RepositoryIndex index;
  std::vector<std::size_t> positions;
};

/// A version whose value is not what the index says.
struct ValueProblem {
  std::string name;
  std::int64_t version = 0;
  std::string what;
};

struct RepositoryReport {
  std::vector<ValueProblem> problems;
  std::size_t versions = 0;
  std::size_t unrecorded = 0;  ///< there is no digest to compare them with
};

/// Named values in versions: the index file and the folder that it lies in (docs/formats/repository.md).
///
/// Atomicity: values are durable before the index names them, and the index moves in one step. Any number of
/// processes may save at once: all versions are kept, in order, and none that is published is renumbered.
/// Borrows store and context. Thread-safe.
class Repository {
 public:
  Repository(ObjectStore& store, std::string index_key, const Context& context)
      : store_(store), index_key_(std::move(index_key)), context_(context) {}
  /// By the URL of its index: "file:///data/repository.json", "s3://bucket/prefix/repository.json". What is
  /// saved there is listed in the feed of the registry that it lies in (repository_listing.hpp); `known` has
  /// URLs of registries. One that is made otherwise is listed nowhere, and its store's abilities are known.
  static Repository open(std::string_view index_url, const Context& context,
                         std::vector<std::string> known = {});

  ObjectStore& store() const { return store_; }
  const std::string& index_key() const { return index_key_; }
  const Context& context() const { return context_; }
  std::string index_url() const { return store_.url() + "/" + index_key_; }

  /// Absent when nothing was published yet. Error corruption that names the entry.
  std::optional<RepositoryIndex> find_index() const;
  /// The same, empty when nothing was published yet.
  RepositoryIndex read_index() const;
  /// Error not_found that names the file when nothing was published yet.
  RepositoryIndex get_index() const;

  /// Stores the values and publishes the index. Errors: invalid_argument for a name or path that is none,
  /// not_found for a change of a version that is not there, conflict when others are always faster.
  SavedIndex save(const RepositoryChanges& changes) const;

  /// Streams the bytes of a version, and compares them with the recorded size and digest when the last one
  /// came: Error corruption that names version and file. What the sink got before must not be believed until
  /// this returns. A file that is not there is Error corruption too.
  void read_value(const ValueVersion& version, const ByteSink& sink) const;
  std::string value_url(const ValueVersion& version) const;

  /// Makes sure that the service's abilities are known before something is written here. What tells the
  /// registry of it; null where it is listed nowhere.
  std::unique_ptr<RepositoryListing> prepare_for_writing() const;
  void keep_retention_of(const RepositoryListing& listing) const;

  /// Writes a small file beside the index in one step: Error conflict unless it is what it was under `etag`,
  /// or not there without one.
  void write_file(const std::string& key, std::string_view content,
                  const std::optional<std::string>& etag) const;

  /// Reads every value.
  RepositoryReport verify() const;

  /// The releases beside the index; none when there is no such file.
  Releases read_releases() const;
  /// Makes a release of what is newest now. Error already_exists when there is one with this tag.
  Release release(const std::string& tag) const;
  /// Adds one. Error already_exists as above.
  void add_release(const Release& release) const;

 private:
  struct State {
    RepositoryIndex index;
    std::optional<std::string> etag;
  };
  State read_state(const RepositoryIndex* known = nullptr) const;
  void keep_replaced() const;
  SavedIndex publish(State state, const RepositoryChanges& changes,
                     const std::vector<NewVersion>& placed) const;

  ObjectStore& store_;
  std::string index_key_;
  const Context& context_;
  /// Where to look for the registry; absent: it is listed nowhere.
  std::optional<std::vector<std::string>> known_registries_;
};

/// Stores the values of one save under free names, durably, and says what the index needs to know of each.
/// `index` is what stands there now.
std::vector<NewVersion> place_values(ObjectStore& store, const RepositoryIndex& index,
                                     const std::vector<ValueToSave>& values, const Context& context);

/// The value of an artifact of an experiment, ready to be saved into a repository: its time, handler and
/// fields go with it. `project` has a `project.json` for its index, whose files lie beside it as a
/// repository's do. `experiment` is a slug or a short slug, of several the newest. Errors: not_found for what
/// is not there.
ValueToSave artifact_of_experiment(const Repository& project, std::string_view experiment,
                                   std::string_view artifact);

/// Copies the versions of a release, with their numbers and all that is known of them, into a repository that
/// is not there yet: Error already_exists when it is, corruption for a version that is not in `source`'s
/// index or whose value is damaged.
RepositoryIndex export_release(const Repository& source, const Release& release, const Repository& target);

/// The unified diff of two versions as `diff -u` gives it; empty when they are equal, absent when one of them
/// is no text. `scratch` is an empty folder. Error invalid_argument for values of more than 64 MiB.
std::optional<std::string> diff_versions(const Repository& repository, const ValueVersion& before,
                                         const ValueVersion& after, const std::filesystem::path& scratch);

/// Promotes it: Error failed_precondition unless it is newer than the newest version of its name.
SavedIndex promote(const Repository& repository, ValueToSave artifact);

}  // namespace unio
