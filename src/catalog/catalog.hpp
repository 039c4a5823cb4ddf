#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "model/query.hpp"

namespace unio {

enum class DocumentKind : std::uint8_t { artifact, package, value };

/// As queries and commands write it: "artifact", "package", "value".
std::string_view name(DocumentKind kind);

/// What the catalogue knows of one published thing.
struct CatalogDocument {
  DocumentKind kind = DocumentKind::artifact;
  /// Names it in the whole registry; not empty.
  std::string id;
  Time creation_time{};
  /// Of its metadata. The highest counts; of two with the same number, the one whose text is greater, so that
  /// all catalogues come to the same.
  std::uint64_t revision = 0;
  /// The ids of what it was made from, which may be unknown; in order, none twice.
  std::vector<std::string> based_on = {};
  /// An object: what queries look into. Its member "creation_time" is creation_time as a datetime of queries,
  /// `{"$date": …}`. A member "python_packages" that many share costs little.
  Json document;
  /// Of documents that are put: their member "python_packages" where many share it, in place of what
  /// `document` has there.
  std::shared_ptr<const Json> shared_packages = nullptr;

  bool operator==(const CatalogDocument&) const = default;
};

/// A place in the order of all answers: newest first, and by id where the time is the same.
struct FindPosition {
  Time time{};
  std::string id;
  bool operator==(const FindPosition&) const = default;
};

enum class Counting : std::uint8_t { no, yes };

struct FindOptions {
  /// From 1 to most.
  static constexpr std::size_t most = 100'000;
  std::size_t limit = 20;
  /// Only what comes after it: the `next` of the page before.
  std::optional<FindPosition> after = {};
  /// Whether the total is worth the time it takes.
  Counting counting = Counting::yes;
  /// Error deadline_exceeded when the page takes longer; the counting stops then and says how far it came.
  std::chrono::milliseconds time_limit{2000};
};

/// How many documents match.
struct FindTotal {
  static constexpr std::uint64_t most = 10'000;  ///< no further is counted

  std::uint64_t count = 0;
  bool exact = true;  ///< otherwise there are more than `count`, or at least as many where time ran out
  bool operator==(const FindTotal&) const = default;
};

struct FindPage {
  std::vector<CatalogDocument> documents;
  /// Absent on the last page.
  std::optional<FindPosition> next;
  /// Of all pages; absent when it was not counted.
  std::optional<FindTotal> total;
};

enum class Direction : std::uint8_t { up, down };

/// The other end of an edge of lineage.
struct LineageNode {
  std::string id;
  /// Absent for one that no document was put for.
  std::optional<Time> creation_time;
  bool operator==(const LineageNode&) const = default;
};

/// Positions in what the catalogue is filled from, by name: opaque to it.
using CatalogStates = std::map<std::string, std::string>;

/// When documents that are put are found by what they hold.
enum class Indexing : std::uint8_t {
  now,   ///< once `put` returns, together with all that waited
  later  ///< perhaps only after the next put with `now`: many documents take a fraction of the time so
};

/// What becomes of documents and states that are there and are not put again.
enum class Present : std::uint8_t {
  goes,
  stays  ///< perhaps: so that several may fill the same database at once
};

/// The searchable index of what was published. It is no truth: whatever it holds can be put again from the
/// store, in any order and any number of times, with the same answers.
///
/// Threads and processes: all methods may be called from any number of threads and processes at once. Each
/// `put` happens whole or not at all, and each call sees one state. A put that failed has either happened or
/// not; repeating it is always right.
///
/// Errors: invalid_argument for a document or option that breaks a rule above; corruption for a damaged
/// catalogue, which the caller removes and fills again; no_space; permission_denied; unavailable for a
/// database that is away or busy; deadline_exceeded; unsupported for one made by a newer version.
class Catalog {
 public:
  virtual ~Catalog() = default;

  /// Where it is, without passwords.
  virtual std::string url() const = 0;

  /// Puts documents, and states with them. A document that is there, or is there in a newer revision, stays
  /// as it is. Returns how many were new or newer. By its id and along lineage each is found at once.
  virtual std::size_t put(std::span<const CatalogDocument> documents, const CatalogStates& states,
                          Indexing indexing) = 0;
  std::size_t put(std::span<const CatalogDocument> documents, const CatalogStates& states = {}) {
    return put(documents, states, Indexing::now);
  }

  virtual std::optional<CatalogDocument> find_document(std::string_view id) = 0;
  /// The ids of documents that begin so, ascending, at most `limit`.
  virtual std::vector<std::string> find_ids(std::string_view prefix, std::size_t limit) = 0;

  /// What matches(query, document) is true for.
  virtual FindPage find(const Query& query, const FindOptions& options) = 0;

  /// One step along the lineage: up to what the document is based on, in its order; down to what is based on
  /// it, the newest first. At most `limit`. Empty for an id that is not known.
  virtual std::vector<LineageNode> find_lineage(std::string_view id, Direction direction,
                                                std::size_t limit) = 0;

  virtual std::optional<std::string> find_state(std::string_view name) = 0;
  /// Makes it as small as it can be, which takes a while and the space of another: after filling it anew.
  virtual void compact() = 0;

  /// Puts documents and states into a catalogue, from any number of threads, and asks it nothing.
  using Fill = std::function<void(Catalog& filled)>;
  /// Takes from `fill` all that is to be found afterwards. A catalogue in a file answers as before until
  /// `fill` has returned, and ever after when `fill` throws or the process dies; one on a server answers with
  /// what is there already.
  virtual void rebuild(const Fill& fill, Present present) = 0;
};

}  // namespace unio
