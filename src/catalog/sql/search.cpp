#include "catalog/sql/search.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "catalog/sql/candidates.hpp"
#include "catalog/sql/document_index.hpp"
#include "catalog/sql/reader.hpp"
#include "model/query_match.hpp"

namespace unio::sql {
namespace {

struct Hit {
  std::int64_t n = 0;
  Time time{};
  std::string id = {};  ///< where it decides about the order
};

class Search {
 public:
  Search(SqlConnection& connection, const TextHash& hash, const Query& query)
      : connection_(connection), candidates_(connection, hash, query) {}

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
    TimeRange times = candidates_.times();
    if (options.after) times.to = std::min(times.to, microseconds(options.after->time));
    // A list that is neither short nor in order would have to be sorted before the first is known: then most
    // documents match, and going through all of them finds a page soon.
    const Source* driver = candidates_.driver();
    const bool is_short = candidates_.has_short_driver();
    const Pass pass = candidates_.pass_with(is_short || (driver != nullptr && driver->ordered));
    // Counting would go through the same candidates once more, of which this needs a part.
    const bool counts = options.counting == Counting::yes && !options.after && is_short &&
                        pass.reads <= Reads::files && !candidates_.is_counted(pass);
    std::vector<Hit> hits;
    std::size_t later = 0;  // of them, that are not of the time where the page before ended
    const auto take = [&](const SqlRow& row) {
      const Time time{std::chrono::microseconds(row.integer(1))};
      if (!counts && later > options.limit && hits.back().time != time) return More::no;
      if (!passes(pass, row)) return More::yes;
      hits.push_back({row.integer(0), time});
      if (!options.after || time != options.after->time) ++later;
      return More::yes;
    };
    const SqlQuery wanted = candidates_.rows(pass, times) + " ORDER BY d.time DESC";
    if (counts && pass.reads == Reads::none) {
      connection_.query(wanted, take);  // not many, and small
    } else {
      connection_.stream(wanted, take);
    }
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

  void count_matches(std::int64_t& count) {
    const Source* driver = candidates_.driver();
    const Pass pass = candidates_.pass_with(driver != nullptr);
    if (candidates_.is_counted(pass)) {
      count = driver->size;
      return;
    }
    if (pass.rest.empty()) {
      count = connection_
                  .find_integer(SqlQuery{"SELECT count(*) FROM (SELECT 1 FROM ", {}} +
                                candidates_.from(pass, candidates_.times()) + " LIMIT ?) matching" +
                                SqlQuery{"", {most_counted}})
                  .value_or(0);
      return;
    }
    connection_.stream(candidates_.rows(pass, candidates_.times()), [&](const SqlRow& row) {
      if (passes(pass, row)) ++count;
      return count == most_counted ? More::no : More::yes;
    });
  }

  bool passes(const Pass& pass, const SqlRow& row) const {
    if (pass.rest.empty()) return true;
    const QueryValue document = value_of(row, pass);
    return std::ranges::all_of(pass.rest, [&](const Query& part) { return matches(part, document); });
  }

  QueryValue value_of(const SqlRow& row, const Pass& pass) const {
    if (pass.reads >= Reads::body) {
      const bool whole = pass.reads == Reads::all && !row.is_null(3);
      return document_of_fields(restored_document(row.bytes(2), whole ? row.bytes(3) : ""), pass.fields);
    }
    if (!row.is_null(2)) return document_of_files(row.bytes(2));
    // Rare: names that cannot be told apart, or something else than names.
    return QueryValue::of_document(read_document(connection_, row.integer(0))->document);
  }

  SqlConnection& connection_;
  Candidates candidates_;
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
