#include "model/query_conditions.hpp"

#include <fmt/format.h>

#include "model/query_amounts.hpp"
#include "model/query_build.hpp"
#include "model/query_error.hpp"

namespace unio {
namespace {

using query::Order;

/// The two ends of `a..b`.
struct Ends {
  std::string_view first;
  std::string_view last;
};

std::optional<Ends> find_range(const TermValue& value) {
  const std::string_view text = value.item.text;
  const std::size_t dots = text.find("..");
  const bool range = !value.item.quoted && !value.term.order && dots != std::string_view::npos && dots > 0 &&
                     dots + 2 < text.size();
  if (!range) return std::nullopt;
  return Ends{text.substr(0, dots), text.substr(dots + 2)};
}

Query in_period(const TermValue& value, const Period& period) {
  const QueryValue start{period.start};
  const QueryValue end{period.end};
  if (period.is_moment()) return value.is(start);
  if (!value.term.order) {
    return all_of({value.compares(Order::greater_or_equal, start), value.compares(Order::less, end)});
  }
  switch (*value.term.order) {
    case Order::less:
      return value.compares(Order::less, start);
    case Order::less_or_equal:
      return value.compares(Order::less, end);
    case Order::greater:
      return value.compares(Order::greater_or_equal, end);
    case Order::greater_or_equal:
      break;
  }
  return value.compares(Order::greater_or_equal, start);
}

std::optional<Query> find_time_range(const TermValue& value, const Ends& ends) {
  const auto first = find_period(ends.first, value.now);
  const auto last = find_period(ends.last, value.now);
  if (!first || !last) return std::nullopt;
  return all_of({value.compares(Order::greater_or_equal, {first->start}),
                 value.compares(last->is_moment() ? Order::less_or_equal : Order::less, {last->end})});
}

/// A list with so many elements or more: one at the last of their positions.
Query has_at_least(const TermValue& value, std::int64_t count) {
  if (count <= 0) return value.field(query::Exists{});
  std::vector<std::string> names = value.path.names();
  names.push_back(std::to_string(count - 1));
  return {query::Field{FieldPath(std::move(names)), query::Exists{}}};
}

Query has_fewer(const TermValue& value, std::int64_t count) {
  return all_of({value.field(query::Exists{}), none_of(has_at_least(value, count))});
}

Query any_range(const TermValue& value, const Ends& ends) {
  const auto first = find_plain_value(ends.first);
  const auto last = find_plain_value(ends.last);
  if (first && last) return value.between(*first, *last);
  Query as_text = value.between({std::string(ends.first)}, {std::string(ends.last)});
  if (auto as_time = find_time_range(value, ends)) return any_of({std::move(*as_time), std::move(as_text)});
  return as_text;
}

}  // namespace

[[noreturn]] void refuse_value(const TermValue& value, std::string_view hint) {
  refuse_query(fmt::format("{} is no value for '{}:'", shown(value.item.text), value.term.field),
               std::string(hint));
}

bool has_wildcard(const QueryTerm::Item& item) {
  return !item.quoted && item.text.find_first_of("*?") != std::string::npos;
}

Query is_text(const TermValue& value) {
  const bool anything = value.item.text == "*" && !value.item.quoted;
  if (anything && !value.term.order) return value.field(query::Exists{});
  if (has_wildcard(value.item) && !value.term.order) {
    return value.field(query::Matches{QueryPattern::glob(value.item.text)});
  }
  return value.is({value.item.text});
}

Query begins_with(const TermValue& value) {
  if (value.item.quoted || value.term.order || has_wildcard(value.item)) return is_text(value);
  return value.field(query::Matches{QueryPattern::glob(value.item.text + "*")});
}

Query is_in_namespace(const TermValue& value) {
  return value.field(query::Matches{QueryPattern::glob(value.item.text + "/*")});
}

Query ends_with(const TermValue& value) {
  const bool dot = value.item.text.starts_with('.');
  return value.field(query::Matches{QueryPattern::glob((dot ? "*" : "*.") + value.item.text)});
}

Query is_at(const TermValue& value) {
  constexpr std::string_view hint = "write 2026-03-01, today, >-10d or 2026-01-01..2026-03-31";
  if (const auto ends = find_range(value)) {
    if (const auto query = find_time_range(value, *ends)) return *query;
  }
  const auto period = find_period(value.item.text, value.now);
  if (!period) refuse_value(value, hint);
  const bool age = value.item.text.starts_with('-');
  if (age && !value.term.order)
    refuse_value(value, "write '>' before an age for what is younger, '<' for older");
  return in_period(value, *period);
}

Query has_bytes(const TermValue& value) {
  if (const auto ends = find_range(value)) {
    const auto first = find_bytes(ends->first);
    const auto last = find_bytes(ends->last);
    if (first && last) return value.between({*first}, {*last});
  }
  const auto size = find_bytes(value.item.text);
  if (!size) refuse_value(value, "write 1000, >10MB or 1kB..2GiB");
  return value.is({*size});
}

Query has_count(const TermValue& value) {
  constexpr std::int64_t most = 1'000'000'000;
  const auto plain = find_plain_value(value.item.text);
  const auto* number = plain ? plain->if_type<std::int64_t>() : nullptr;
  if (!number || *number < 0 || *number > most) refuse_value(value, "write a number, as 3, >10 or <=2");
  if (!value.term.order) return value.field(query::Size{*number});
  switch (*value.term.order) {
    case Order::less:
      return has_fewer(value, *number);
    case Order::less_or_equal:
      return has_fewer(value, *number + 1);
    case Order::greater:
      return has_at_least(value, *number + 1);
    case Order::greater_or_equal:
      break;
  }
  return has_at_least(value, *number);
}

Query is_anything(const TermValue& value) {
  if (value.item.quoted || has_wildcard(value.item)) return is_text(value);
  if (const auto ends = find_range(value)) return any_range(value, *ends);
  const auto plain = find_plain_value(value.item.text);
  if (plain && value.term.order) return value.is(*plain);
  if (plain) return value.field(query::In{{{value.item.text}, *plain}});
  if (const auto period = find_period(value.item.text, value.now)) {
    return any_of({in_period(value, *period), is_text(value)});
  }
  return is_text(value);
}

}  // namespace unio
