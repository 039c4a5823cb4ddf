#include "catalog/sql/search.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "catalog/sql/compiler.hpp"
#include "catalog/sql/document_index.hpp"
#include "catalog/sql/reader.hpp"
#include "model/query_match.hpp"

namespace unio::sql {
namespace {

/// What SQL cannot decide is decided here, with as little of each document as it takes.
enum class Reads : std::uint8_t { nothing, files, body, all };

struct Hit {
  std::int64_t n = 0;
  Time time{};
  std::string id = {};  ///< where it decides about the order
};

/// The parts of a query of which each must match.
void add_parts(const Query& query, std::vector<Query>& parts) {
  const auto* all = std::get_if<query::All>(&query.node);
  if (all == nullptr) {
    parts.push_back(query);
    return;
  }
  for (const Query& part : all->queries) add_parts(part, parts);
}

/// Puts the ends of each range next to each other into one part.
std::vector<Query> with_ranges(std::vector<Query> parts) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    for (std::size_t k = i + 1; k < parts.size(); ++k) {
      if (!are_both_ends(parts[i], parts[k])) continue;
      parts[i] = Query{query::All{{parts[i], parts[k]}}};
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(k));
      break;
    }
  }
  return parts;
}

bool is_about_environment(const Query& query);

bool any_about_environment(const std::vector<Query>& queries) {
  return std::ranges::any_of(queries, is_about_environment);
}

bool is_about_environment(const Query& query) {
  if (const auto* all = std::get_if<query::All>(&query.node)) return any_about_environment(all->queries);
  if (const auto* any = std::get_if<query::Any>(&query.node)) return any_about_environment(any->queries);
  if (const auto* none = std::get_if<query::None>(&query.node)) return any_about_environment(none->queries);
  const auto* field = std::get_if<query::Field>(&query.node);
  return field != nullptr && !field->path.is_element() && field->path.names().front() == environment_field;
}

bool is_about_files(const Query& query) {
  const auto* field = std::get_if<query::Field>(&query.node);
  return field != nullptr && field->path.names() == std::vector<std::string>{std::string(files_field)} &&
         std::holds_alternative<query::Matches>(field->test);
}

class Search {
 public:
  Search(SqlConnection& connection, const TextHash& hash, const Query& query)
      : connection_(connection), times_(times_of(query)) {
    Compiler compiler(connection, hash, times_);
    add_parts(query, parts_);
    parts_ = with_ranges(std::move(parts_));
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const auto& source = conditions_.emplace_back(compiler.compile(parts_[i])).source;
      if (!source || (driver_ && source->size >= driver()->size)) continue;
      driver_ = i;
      compiler.has_source_of(source->size);
    }
  }

  FindPage page(const FindOptions& options) {
    std::vector<Hit> hits = newest(options);
    FindPage page;
    const bool goes_on = hits.size() > options.limit;
    if (goes_on) hits.resize(options.limit);
    std::vector<std::int64_t> numbers;
    for (const Hit& hit : hits) numbers.push_back(hit.n);
    auto documents = read_documents(connection_, numbers);
    for (const Hit& hit : hits) page.documents.push_back(std::move(documents.at(hit.n)));
    if (goes_on) page.next = FindPosition{hits.back().time, page.documents.back().id};
    return page;
  }

  /// After the page.
  FindTotal total() {
    std::int64_t count = counted_.value_or(0);
    bool in_time = true;
    try {
      if (!counted_) count_matches(count);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::deadline_exceeded) throw;
      in_time = false;
    }
    const std::int64_t most = most_counted - 1;
    return {static_cast<std::uint64_t>(std::min(count, most)), in_time && count <= most};
  }

 private:
  static std::int64_t microseconds(Time time) { return time.time_since_epoch().count(); }

  /// At least so many of the matches that come next as a page and one more has, in order.
  std::vector<Hit> newest(const FindOptions& options) {
    TimeRange times = times_;
    if (options.after) times.to = std::min(times.to, microseconds(options.after->time));
    // A list that is neither short nor in order would have to be sorted before the first is known: then most
    // documents match, and going through all of them finds a page soon.
    const bool is_short = driver() != nullptr && driver()->size < most_counted;
    const Pass pass = pass_with(is_short || (driver() != nullptr && driver()->ordered));
    // Counting would go through the same candidates once more, of which this needs a part.
    const bool counts = options.counting == Counting::yes && !options.after && is_short &&
                        pass.reads <= Reads::files && !is_counted(pass);
    std::vector<Hit> hits;
    std::size_t later = 0;  // of them, that are not of the time where the page before ended
    connection_.stream(candidates(pass, times) + " ORDER BY d.time DESC", [&](const SqlRow& row) {
      const Time time{std::chrono::microseconds(row.integer(1))};
      if (!counts && later > options.limit && hits.back().time != time) return More::no;
      if (!passes(pass, row)) return More::yes;
      hits.push_back({row.integer(0), time});
      if (!options.after || time != options.after->time) ++later;
      return More::yes;
    });
    if (counts) {
      counted_ = static_cast<std::int64_t>(hits.size());
      cut(hits, options.limit);
    }
    const bool share_times = std::ranges::adjacent_find(hits, {}, &Hit::time) != hits.end();
    if (share_times || options.after) name(hits);
    if (options.after) {
      std::erase_if(hits, [&](const Hit& hit) {
        return hit.time == options.after->time && hit.id <= options.after->id;
      });
    }
    std::ranges::sort(hits, [](const Hit& left, const Hit& right) {
      return left.time != right.time ? left.time > right.time : left.id < right.id;
    });
    return hits;
  }

  /// Leaves the page and one more, and those of the time of the last, among which the ids decide.
  static void cut(std::vector<Hit>& hits, std::size_t limit) {
    if (hits.size() <= limit) return;
    const auto last = hits.begin() + static_cast<std::ptrdiff_t>(limit);
    hits.erase(std::find_if(last, hits.end(), [&](const Hit& hit) { return hit.time != last->time; }),
               hits.end());
  }

  void name(std::vector<Hit>& hits) {
    std::vector<SqlValues> numbers;
    for (const Hit& hit : hits) numbers.push_back({hit.n});
    connection_.run_many("SELECT id FROM nodes WHERE n = ?", numbers,
                         [&](std::size_t index, const SqlRow& row) { hits[index].id = row.bytes(0); });
  }

  /// One way through the candidates.
  struct Pass {
    bool driven = false;      ///< from the source that tells the fewest, else through all documents
    std::vector<Query> rest;  ///< what is decided here
    Reads reads = Reads::nothing;
  };

  Pass pass_with(bool driven) const {
    Pass pass{.driven = driven};
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      if (conditions_[i].is_exact() || is_told(i, driven)) continue;
      pass.rest.push_back(parts_[i]);
      pass.reads = std::max(pass.reads, reads_of(parts_[i]));
    }
    return pass;
  }

  static Reads reads_of(const Query& part) {
    if (is_about_files(part)) return Reads::files;
    return is_about_environment(part) ? Reads::all : Reads::body;
  }

  const Source* driver() const { return driver_ ? &*conditions_[*driver_].source : nullptr; }
  /// Whether all that the driver tells meets that part.
  bool is_told(std::size_t part, bool driven) const { return driven && part == *driver_ && driver()->tight; }

  /// The conditions that candidates of the source have yet to meet.
  SqlQuery where(TimeRange times, bool driven) const {
    SqlQuery where{"d.time >= ? AND d.time <= ?", {times.from, times.to}};
    for (std::size_t i = 0; i < conditions_.size(); ++i) {
      if (is_told(i, driven) || conditions_[i].upper.text == "TRUE") continue;
      where += SqlQuery{" AND ", {}} + conditions_[i].upper;
    }
    return where;
  }

  SqlQuery from(const Pass& pass, TimeRange times) const {
    const SqlQuery conditions = where(times, pass.driven);
    // What is known of a document without looking at it.
    if (pass.driven && pass.reads == Reads::nothing && !needs_row(conditions)) {
      return SqlQuery{"(SELECT document AS n, time FROM (", {}} + driver()->rows(times) + ") s) d WHERE " +
             conditions;
    }
    SqlQuery from;
    if (pass.driven) from = SqlQuery{"(", {}} + driver()->rows(times) + ") s CROSS JOIN ";
    from.text += "documents d";
    if (pass.reads >= Reads::body) from.text += " CROSS JOIN bodies b";
    if (pass.reads == Reads::all) from.text += " LEFT JOIN environments e ON e.n = d.environment";
    from.text += " WHERE ";
    if (pass.driven) from.text += "d.n = s.document AND ";
    if (pass.reads >= Reads::body) from.text += "b.n = d.n AND ";
    return from + conditions;
  }

  static std::string_view columns(Reads reads) {
    switch (reads) {
      case Reads::nothing:
        return "d.n, d.time";
      case Reads::files:
        return "d.n, d.time, d.files";
      case Reads::body:
        return "d.n, d.time, b.body";
      case Reads::all:
        return "d.n, d.time, b.body, e.body";
    }
    return {};
  }

  SqlQuery candidates(const Pass& pass, TimeRange times) const {
    return SqlQuery{fmt::format("SELECT {} FROM ", columns(pass.reads)), {}} + from(pass, times);
  }

  /// Whether how many the driver tells is how many match.
  bool is_counted(const Pass& pass) const {
    return parts_.size() == 1 && pass.driven && is_told(0, true) && driver()->counted;
  }

  void count_matches(std::int64_t& count) {
    const Pass pass = pass_with(driver() != nullptr);
    if (is_counted(pass)) {
      count = driver()->size;
      return;
    }
    if (pass.rest.empty()) {
      count = connection_
                  .find_integer(SqlQuery{"SELECT count(*) FROM (SELECT 1 FROM ", {}} + from(pass, times_) +
                                " LIMIT ?) matching" + SqlQuery{"", {most_counted}})
                  .value_or(0);
      return;
    }
    connection_.stream(candidates(pass, times_), [&](const SqlRow& row) {
      if (passes(pass, row)) ++count;
      return count == most_counted ? More::no : More::yes;
    });
  }

  bool passes(const Pass& pass, const SqlRow& row) const {
    if (pass.rest.empty()) return true;
    const QueryValue document = value_of(row, pass.reads);
    return std::ranges::all_of(pass.rest, [&](const Query& part) { return matches(part, document); });
  }

  QueryValue value_of(const SqlRow& row, Reads reads) const {
    if (reads >= Reads::body) {
      const bool whole = reads == Reads::all && !row.is_null(3);
      return QueryValue::of_document(restored_document(row.bytes(2), whole ? row.bytes(3) : ""));
    }
    if (!row.is_null(2)) return document_of_files(row.bytes(2));
    // Rare: names that cannot be told apart, or something else than names.
    return QueryValue::of_document(read_document(connection_, row.integer(0))->document);
  }

  SqlConnection& connection_;
  TimeRange times_;
  std::vector<Query> parts_;
  std::vector<Condition> conditions_;
  std::optional<std::size_t> driver_;
  std::optional<std::int64_t> counted_;  ///< all that match, where the page has met them
};

}  // namespace

FindPage search(SqlConnection& connection, const Query& query, const FindOptions& options) {
  if (options.limit == 0 || options.limit > FindOptions::most) {
    throw Error(ErrorCode::invalid_argument, fmt::format("a page has 1 to {} documents", FindOptions::most));
  }

  const auto hash = TextHash::find(connection);
  FindPage page;
  if (hash) {
    Search search(connection, *hash, query);
    page = search.page(options);
    if (options.counting == Counting::yes) {
      const bool is_all = !options.after && !page.next && page.documents.size() <= FindTotal::most;
      page.total = is_all ? FindTotal{page.documents.size(), true} : search.total();
    }
  } else if (options.counting == Counting::yes) {
    page.total = FindTotal{};  // nothing was ever put
  }
  return page;
}

}  // namespace unio::sql
