#include "catalog/sql/candidates.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "catalog/sql/compiler.hpp"
#include "catalog/sql/document_index.hpp"
#include "model/query_match.hpp"

namespace unio::sql {
namespace {

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

bool is_about_files(const Query& query) {
  const auto* field = std::get_if<query::Field>(&query.node);
  return field != nullptr && field->path.names() == std::vector<std::string>{std::string(files_field)} &&
         std::holds_alternative<query::Matches>(field->test);
}

Reads reads_of(const Query& part) {
  if (is_about_files(part)) return Reads::files;
  return fields_of(part).contains(std::string(environment_field)) ? Reads::all : Reads::body;
}

std::string_view columns(Reads reads) {
  switch (reads) {
    case Reads::none:
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

/// Whether it is known to the end.
bool is_whole(const Source& list) {
  return list.counted && list.size < most_counted;
}

/// Rows of an ordered list, by their place in it.
struct Rows {
  std::int64_t begin = 0;
  std::int64_t count = 0;
};

SqlQuery newest_of(const Source& list, TimeRange times, Rows rows) {
  return list.rows(times) +
         SqlQuery{" ORDER BY time DESC, document DESC LIMIT ? OFFSET ?", {rows.count, rows.begin}};
}

/// A condition in a form in which it is looked up, not joined.
SqlQuery looked_up(const SqlQuery& condition) {
  return SqlQuery{" AND CASE WHEN ", {}} + condition + " THEN TRUE ELSE FALSE END";
}

}  // namespace

Candidates::Candidates(SqlConnection& connection, const TextHash& hash, const Query& query)
    : connection_(connection), times_(times_of(query)) {
  Compiler compiler(connection, hash, times_);
  compiler.learn_paths(query);
  add_parts(query, parts_);
  parts_ = with_ranges(std::move(parts_));
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const auto& source = conditions_.emplace_back(compiler.compile(parts_[i])).source;
    if (!source || (driver_ && source->size >= driver()->size)) continue;
    driver_ = i;
    compiler.has_source(*source);
  }
}

Pass Candidates::pass_with(bool driven) const {
  Pass pass{.driven = driven};
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (conditions_[i].is_exact() || is_told(i, driven)) continue;
    pass.rest.push_back(parts_[i]);
    pass.reads = std::max(pass.reads, reads_of(parts_[i]));
    pass.fields.merge(fields_of(parts_[i]));
  }
  return pass;
}

bool Candidates::is_counted(const Pass& pass) const {
  return parts_.size() == 1 && pass.driven && is_told(0, true) && driver()->counted;
}

SqlQuery Candidates::rows(const Pass& pass, TimeRange times) const {
  return SqlQuery{fmt::format("SELECT {} FROM ", columns(pass.reads)), {}} + from(pass, times);
}

SqlQuery Candidates::from(const Pass& pass, TimeRange times) const {
  const SqlQuery conditions = where(times, pass.driven);
  // What is known of a document without looking at it.
  if (pass.driven && pass.reads == Reads::none && !needs_row(conditions)) {
    if (const auto lists = joined(); !lists.empty()) return from_lists(lists, times);
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

/// Whether all that the driver tells meets that part.
bool Candidates::is_told(std::size_t part, bool driven) const {
  return driven && part == *driver_ && driver()->tight;
}

/// The parts that the driver's documents, or all documents, have yet to meet.
std::vector<std::size_t> Candidates::open_parts(bool driven) const {
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < conditions_.size(); ++i) {
    if (!is_told(i, driven) && conditions_[i].upper.text != "TRUE") open.push_back(i);
  }
  return open;
}

SqlQuery Candidates::where(TimeRange times, bool driven) const {
  SqlQuery where = in_range("d.time", times);
  for (const std::size_t i : open_parts(driven)) where += SqlQuery{" AND ", {}} + conditions_[i].upper;
  return where;
}

/// The lists that are best read along with the driver's: which takes less time than to look up in them what
/// the driver tells.
std::vector<std::size_t> Candidates::joined() const {
  std::vector<std::size_t> joined = open_parts(true);
  std::erase_if(joined, [&](std::size_t part) { return !may_be_joined(conditions_[part].source); });
  return joined;
}

bool Candidates::may_be_joined(const std::optional<Source>& list) const {
  if (connection_.dialect().rows_per_lookup <= 1 || !driver()->ordered || !has_short_driver()) return false;
  if (!list || !list->ordered || !list->tight) return false;
  if (is_whole(*list)) return list->size <= most_joined();
  return list->seen <= most_joined() &&
         goes_on_for(*list, driver()->times.from) <= static_cast<double>(most_joined());
}

/// The driver's list joined with some others, and the parts that are open then.
SqlQuery Candidates::from_lists(const std::vector<std::size_t>& joined, TimeRange times) const {
  SqlQuery lists = SqlQuery{"(WITH met AS MATERIALIZED (SELECT s.document AS n, s.time FROM (", {}} +
                   driver()->rows(times) + ") s";
  for (const std::size_t i : joined) {
    lists += SqlQuery{" JOIN (", {}} + newest_of(*conditions_[i].source, times, {0, most_joined()}) +
             fmt::format(") s{0} ON s{0}.time = s.time AND s{0}.document = s.document", i);
  }
  lists += SqlQuery{" ORDER BY s.time DESC) SELECT n, time FROM met", {}} + beyond_lists(joined, times) +
           ") d WHERE " + in_range("d.time", times);
  lists.joins = Joins::in_order;
  for (const std::size_t i : open_parts(true)) {
    if (std::ranges::find(joined, i) == joined.end()) lists += looked_up(conditions_[i].upper);
  }
  return lists;
}

/// What comes after the documents that were met in lists of which each may be longer than what was read of
/// it: those from the last one on are looked up, which are few where many were met. Where none was, nothing
/// was missed among the times that were read of each list.
SqlQuery Candidates::beyond_lists(const std::vector<std::size_t>& joined, TimeRange times) const {
  SqlQuery unread{"NULL", {}}, conditions;
  for (const std::size_t i : joined) {
    const Source& list = *conditions_[i].source;
    conditions += looked_up(conditions_[i].upper);
    if (is_whole(list)) continue;
    unread += SqlQuery{", (SELECT time FROM (", {}} + newest_of(list, times, {most_joined(), 1}) + ") next)";
  }
  if (unread.values.empty()) return {"", {}};
  return SqlQuery{
             " WHERE time > (SELECT min(time) FROM met) UNION ALL "
             "SELECT n, time FROM (SELECT document AS n, time FROM (",
             {}} +
         driver()->rows(times) + ") s) d WHERE time <= COALESCE((SELECT min(time) FROM met), GREATEST(" +
         unread + "))" + conditions;
}

/// So much of each list is read.
std::int64_t Candidates::most_joined() const {
  return connection_.dialect().rows_per_lookup * driver()->size;
}

}  // namespace unio::sql
