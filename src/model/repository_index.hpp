#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/json.hpp"

namespace unio {

/// Text of which there is one copy, however many have it: its own, or a part of a larger one. Immutable.
class SharedText {
 public:
  SharedText() = default;
  explicit SharedText(std::string text)
      : whole_(std::make_shared<const std::string>(std::move(text))), part_(*whole_) {}
  SharedText(std::shared_ptr<const std::string> whole, std::string_view part)
      : whole_(std::move(whole)), part_(part) {}

  operator std::string_view() const { return part_; }

 private:
  std::shared_ptr<const std::string> whole_;
  std::string_view part_;
};

/// One version of a value, as the index of its repository has it.
struct ValueVersion {
  std::string name;
  std::int64_t version = 0;
  std::string handler;
  std::string file_name;  ///< as it stands in the file: not checked, may lead anywhere
  Time created{};
  std::optional<Time> expiry;
  /// Absent when lazyscribe wrote the entry.
  std::optional<Sha256Value> sha256;
  std::optional<std::uint64_t> size;
  SharedText text;  ///< the JSON object, byte for byte

  /// All members, those that Unio does not know included.
  Json::Object members() const;
  bool is_expired(Time now) const { return expiry && *expiry <= now; }
};

/// A version that has no number yet.
struct NewVersion {
  std::string name;
  std::string handler;
  std::string file_name;
  Time created{};
  std::optional<Time> expiry = {};
  std::optional<Sha256Value> sha256 = {};
  std::optional<std::uint64_t> size = {};
  Json::Object fields = {};  ///< of the handler
};

/// The index of a repository: lazyscribe's `repository.json` (docs/formats/repository.md). What is not
/// changed keeps its bytes. A value; not thread-safe while it is changed.
class RepositoryIndex {
 public:
  /// Error corruption that names the entry.
  static RepositoryIndex parse(std::string text);
  std::string dump() const;
  /// Whether this is known to be what parsing the text would give: it was, and has not changed since.
  bool is_of(std::string_view text) const { return whole_ && *whole_ == text; }
  /// Makes that known of the text which it was dumped to.
  void remember(std::string text) { whole_ = std::make_shared<const std::string>(std::move(text)); }

  /// In the order of the file; a position stays what it is.
  const std::vector<ValueVersion>& versions() const { return versions_; }
  bool contains(std::string_view name) const { return names_.contains(name); }
  std::vector<std::string> names() const;
  /// Positions of the versions of `name` in order of time, then as in the file; none for an unknown name.
  std::vector<std::size_t> versions_of(std::string_view name) const;
  std::optional<std::size_t> find(std::string_view name, std::int64_t version) const;

  /// Adds a version behind all others of its name: the next number, and a time later than theirs, for which
  /// `created` is moved when it must be. What stands there is never renumbered. Returns its position.
  std::size_t append(NewVersion version);

  void set_expiry(std::size_t position, std::optional<Time> expiry);

 private:
  struct Name {
    std::vector<std::size_t> positions;
    std::int64_t next = 0;  ///< the next version number
    Time newest{};
  };
  void add(ValueVersion version);
  void check_numbers() const;

  std::shared_ptr<const std::string> whole_;  ///< null when it has changed since
  std::vector<ValueVersion> versions_;
  std::map<std::string, Name, std::less<>> names_;
};

}  // namespace unio
