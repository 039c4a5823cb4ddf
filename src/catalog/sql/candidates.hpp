#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "catalog/sql/condition.hpp"
#include "model/query.hpp"

namespace unio::sql {

/// What of a document it takes to decide what SQL cannot.
enum class Reads : std::uint8_t { none, files, body, all };

/// One way through the documents that a query may find.
struct Pass {
  bool driven = false;      ///< from the source that tells the fewest, else through all documents
  std::vector<Query> rest;  ///< what SQL does not decide
  Reads reads = Reads::none;
  std::set<std::string> fields = {};  ///< of documents, on which that depends
};

/// The documents that a query may find, as SQL. Lives within one transaction.
class Candidates {
 public:
  Candidates(SqlConnection& connection, const TextHash& hash, const Query& query);

  /// The range of times that no candidate lies outside of.
  TimeRange times() const { return times_; }
  /// The source that tells the fewest documents; null where there is none.
  const Source* driver() const { return driver_ ? &*conditions_[*driver_].source : nullptr; }
  /// Whether the driver tells so few that they may be sorted, and counted.
  bool has_short_driver() const { return driver_ && driver()->size < most_counted; }

  Pass pass_with(bool driven) const;
  /// Whether how many the driver tells is how many match.
  bool is_counted(const Pass& pass) const;

  /// Number and time of each document, and what the pass reads of it: its files, or its body and environment.
  SqlQuery rows(const Pass& pass, TimeRange times) const;
  /// What stands after FROM in that.
  SqlQuery from(const Pass& pass, TimeRange times) const;

 private:
  bool is_told(std::size_t part, bool driven) const;
  std::vector<std::size_t> open_parts(bool driven) const;
  SqlQuery where(TimeRange times, bool driven) const;
  std::vector<std::size_t> joined() const;
  bool may_be_joined(const std::optional<Source>& list) const;
  std::int64_t most_joined() const;
  SqlQuery from_lists(const std::vector<std::size_t>& joined, TimeRange times) const;
  SqlQuery beyond_lists(const std::vector<std::size_t>& joined, TimeRange times) const;

  SqlConnection& connection_;
  TimeRange times_;
  std::vector<Query> parts_;  ///< each must match
  std::vector<Condition> conditions_;
  std::optional<std::size_t> driver_;
};

}  // namespace unio::sql
