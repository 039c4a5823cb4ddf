#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include "base/json.hpp"

namespace unio::test {

/// Makes documents and queries by chance, of so few names and values that they often have to do with each
/// other. The same seed gives the same sequence everywhere. For comparing what searches.
class RandomQueries {
 public:
  struct Options {
    bool positions = true;  ///< paths such as `a.0`
    bool texts = true;      ///< `$text`
  };

  explicit RandomQueries(std::uint32_t seed) : RandomQueries(seed, Options()) {}
  RandomQueries(std::uint32_t seed, Options options) : random_(seed), options_(options) {}

  /// An object of the fields that queries ask for.
  Json document() {
    Json result = Json::object();
    for (std::size_t count = below(6); count > 0; --count) result.set(name(), value(3));
    if (below(2) == 0) result.set("labels", Json::object({{"datatype", text()}, {"n", scalar()}}));
    if (below(3) == 0) result.set("tags", texts());
    return result;
  }

  /// A query in MongoDB's language that parse_query takes.
  Json query() { return query(3, true); }

  std::size_t below(std::size_t limit) { return random_() % limit; }

  /// One that comparisons tell apart, or just not: at the edges of types and numbers.
  Json scalar() {
    switch (below(12)) {
      case 0:
        return nullptr;
      case 1:
        return below(2) == 0;
      case 2:
        return edge_number();
      case 3:
        return static_cast<double>(below(6)) / 2;
      case 4:
        return Json::object({{"$date", day()}});
      case 5:
      case 6:
      case 7:
        return static_cast<std::int64_t>(below(4)) - 1;
      default:
        return text();
    }
  }

 private:
  template <std::size_t count>
  std::string one_of(const std::string_view (&choices)[count]) {
    return std::string(choices[below(count)]);
  }

  std::string name() { return one_of({"a", "b", "c", "0"}); }
  std::string text() { return one_of({"", "a", "A", "ab", "b", "abc.txt", "1", "é", "x\ny", "a*b"}); }
  std::string day() {
    return one_of({"2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000001Z", "2026-02-01T02:00:00+02:00"});
  }

  Json edge_number() {
    constexpr std::int64_t beyond_doubles = (std::int64_t{1} << 53) + 1;
    switch (below(6)) {
      case 0:
        return beyond_doubles;
      case 1:
        return static_cast<double>(beyond_doubles - 1);
      case 2:
        return INT64_MAX;
      case 3:
        return 9223372036854775808.0;
      case 4:
        return BigInteger{"18446744073709551616"};
      default:
        return -0.0;
    }
  }

  Json texts() {
    Json::Array array;
    for (std::size_t count = below(4); count > 0; --count) array.emplace_back(text());
    return array;
  }

  Json value(int depth) {
    const std::size_t kind = depth == 0 ? 9 : below(10);
    if (kind < 3) {
      Json::Array array;
      for (std::size_t count = below(4); count > 0; --count) array.push_back(value(depth - 1));
      return array;
    }
    if (kind >= 6) return scalar();
    Json object = Json::object();
    for (std::size_t count = below(4); count > 0; --count) object.set(name(), value(depth - 1));
    return object;
  }

  std::string path() {
    if (below(8) == 0) return one_of({"labels.datatype", "labels.n", "tags", "labels"});
    std::string result = one_of({"a", "b", "c"});
    for (std::size_t more = below(3); more > 0; --more) {
      const bool position = options_.positions && below(4) == 0;
      result += "." + (position ? one_of({"0", "1"}) : one_of({"a", "b", "c"}));
    }
    return result;
  }

  /// A literal, sometimes an array or object.
  Json literal() { return below(6) == 0 ? value(2) : scalar(); }

  Json literals() {
    Json::Array array;
    for (std::size_t count = below(4); count > 0; --count) array.push_back(literal());
    return array;
  }

  Json queries(int depth, bool outermost) {
    Json::Array array;
    for (std::size_t count = 1 + below(3); count > 0; --count) array.push_back(query(depth - 1, outermost));
    return array;
  }

  Json query(int depth, bool outermost) {
    Json result = Json::object();
    for (std::size_t count = below(8) == 0 ? 0 : 1 + below(2); count > 0; --count) {
      const std::size_t kind = below(8);
      if (kind == 0 && depth > 0) {
        result.set(one_of({"$and", "$or", "$nor"}), queries(depth, outermost));
      } else if (kind == 1 && outermost && options_.texts) {
        result.set("$text", one_of({"a", "AB", "b", "É", "txt"}));
      } else if (kind == 2) {
        result.set(path(), literal());
      } else {
        result.set(path(), operators(depth));
      }
    }
    return result;
  }

  Json operators(int depth) {
    Json result = Json::object();
    for (std::size_t count = 1 + below(2); count > 0; --count) set_operator(result, depth);
    return result;
  }

  void set_operator(Json& to, int depth) {
    const std::size_t kind = below(depth > 0 ? 14 : 11);
    if (kind < 4) {
      to.set(one_of({"$gt", "$gte", "$lt", "$lte"}), scalar());
    } else if (kind < 6) {
      to.set(one_of({"$eq", "$ne"}), literal());
    } else if (kind < 8) {
      to.set(one_of({"$in", "$nin", "$all"}), literals());
    } else if (kind == 8) {
      to.set("$exists", below(2) == 0);
    } else if (kind == 9) {
      to.set("$size", static_cast<std::int64_t>(below(4)));
    } else if (kind == 10) {
      set_pattern(to);
    } else if (kind == 11) {
      to.set("$not", operators(depth - 1));
    } else {
      to.set("$elemMatch", below(2) == 0 ? operators(depth - 1) : query(depth - 1, false));
    }
  }

  void set_pattern(Json& to) {
    if (below(2) == 0) {
      to.set("$glob", one_of({"*", "a*", "*.txt", "?", "[!a]*", "*a*"}));
      return;
    }
    to.set("$regex", one_of({"a", "^a", "\\.txt$", "^$", "a|b", "x.y", "^y"}));
    if (below(2) == 0) to.set("$options", one_of({"i", "m", "s", "ims", ""}));
  }

  std::mt19937 random_;
  Options options_;
};

}  // namespace unio::test
