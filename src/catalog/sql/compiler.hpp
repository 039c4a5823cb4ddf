#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "catalog/sql/condition.hpp"
#include "model/query.hpp"

namespace unio::sql {

/// Turns queries into SQL with the help of what the database holds. Lives within one transaction.
class Compiler {
 public:
  /// `times` is a range that no wanted document lies outside of.
  Compiler(SqlConnection& connection, const TextHash& hash, TimeRange times)
      : connection_(connection), hash_(hash), times_(times) {}

  /// Asks for the paths of a query's fields at once, instead of for each when it is needed.
  void learn_paths(const Query& query);
  Condition compile(const Query& query);
  /// From now on it is of no use how much longer than this a source is.
  void has_source(const Source& source);

 private:
  /// Where fields are: in the document, or in an element of an array below a path.
  struct Place {
    std::string prefix = {};
    bool in_element = false;
  };
  struct PathRef {
    std::string path;
    std::optional<std::int64_t> n;  ///< absent: no document has it
    bool below_position = false;    ///< `path` is only what comes before a position in an array
    bool in_element = false;
  };
  /// Hashes, with their texts where those are kept.
  using Strings = std::vector<std::pair<std::int64_t, std::optional<std::string>>>;

  /// Whether a document may have several values at a path.
  enum class Repeats : std::uint8_t { none, some };
  Repeats repeats_at(const std::string& path);

  struct Measure {
    SqlQuery rows;
    Repeats repeats = Repeats::none;
    std::int64_t most = most_counted;  ///< no further is counted
  };

  /// Where numbers, or datetimes, of a path are, and what says that a document has any.
  struct NumbersAt {
    std::optional<std::int64_t> path;
    std::optional<std::int64_t> shape;
    std::int64_t bit = 0;
    Repeats repeats = Repeats::some;
  };

  Condition compile(const Query& query, const Place& place);
  Condition compile_all(const std::vector<Query>& queries, const Place& place);
  std::optional<Condition> compile_between(const std::vector<Query>& queries, const Place& place);
  Condition compile_any(const std::vector<Query>& queries, const Place& place);
  Condition compile_none(const std::vector<Query>& queries, const Place& place);
  Condition compile_field(const query::Field& field, const Place& place);
  Condition compile_environment(const query::Field& field);
  Condition compile_text(const query::Text& text);
  std::optional<Condition> compile_creation_time(const query::Field& field);

  Condition test(const PathRef& at, const query::Equals& test);
  Condition test(const PathRef& at, const query::Compares& test);
  Condition test(const PathRef& at, const query::In& test);
  Condition test(const PathRef& at, const query::Exists& test);
  Condition test(const PathRef& at, const query::Size& test);
  Condition test(const PathRef& at, const query::Matches& test);
  Condition test(const PathRef& at, const query::Element& test);

  Condition any_of(std::span<const Condition> parts);
  Condition has(const PathRef& at, std::int64_t bits);
  Condition is_null(const PathRef& at);
  Condition strings_in(const PathRef& at, const std::vector<std::int64_t>& hashes);
  Condition numbers(const NumbersAt& at, const SqlQuery& comparison);
  Condition number_equals(const NumbersAt& at, double value);
  Condition number_compares(const NumbersAt& at, query::Order order, double value);
  Condition strings_that(const PathRef& at, const std::function<bool(std::string_view)>& wanted,
                         const std::optional<SqlQuery>& among);
  struct Values {
    std::string table;
    SqlQuery which;
    Repeats repeats = Repeats::some;
    /// No further is counted: a list need not be told apart from a longer one when it is no shorter than what
    /// is known already, and no set is made of it.
    std::int64_t most = most_counted;
  };
  Source values_source(const Values& values);
  Source list_of(const SqlQuery& which);
  void count_newest(Source& list, std::int64_t most);
  std::optional<Strings> few_strings(std::int64_t path);
  std::optional<Strings> few_strings(std::int64_t path, const SqlQuery& among);
  std::optional<Strings> few_strings(const SqlQuery& query);
  std::optional<SqlQuery> texts_with(const QueryPattern& pattern);
  std::optional<std::vector<std::int64_t>> environments_that(const query::Field& field);

  NumbersAt numbers_at(const PathRef& at);
  NumbersAt times_at(const PathRef& at);
  /// What the database knows of a path; asked once.
  struct PathInfo {
    std::optional<std::int64_t> n;
    bool has_array = false;  ///< in any document
  };
  const PathInfo& path_info(const std::string& path);
  void learn(const std::vector<std::string>& paths);
  void ask_for_paths(SqlValues values);
  std::optional<std::int64_t> find_path(const std::string& path) { return path_info(path).n; }
  /// Counts its rows, or others that tell the same documents, some of them repeatedly.
  Source measured(Source source);
  Source measured(Source source, const Measure& by);

  SqlConnection& connection_;
  const TextHash& hash_;
  TimeRange times_;
  std::int64_t shortest_ = most_counted - 1;
  /// The time of the oldest that it tells, where it is a list.
  std::optional<std::int64_t> shortest_from_;
  std::map<std::string, PathInfo> paths_;
};

/// Integers up to here are doubles exactly.
inline constexpr double exact_doubles = 9'007'199'254'740'992.0;

inline bool is_less(query::Order order) {
  return order == query::Order::less || order == query::Order::less_or_equal;
}

inline std::string_view comparison_of(query::Order order) {
  constexpr std::string_view signs[] = {"<", "<=", ">", ">="};
  return signs[static_cast<std::size_t>(order)];
}

/// Whether they are the two ends of a range of numbers or datetimes of one field.
bool are_both_ends(const Query& left, const Query& right);

/// The range of creation times outside of which nothing matches.
TimeRange times_of(const Query& query);

}  // namespace unio::sql
