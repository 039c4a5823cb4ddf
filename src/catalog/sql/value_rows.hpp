#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace unio::sql {

/// A row of string_values or of number_values: a document has a value under a path.
template <class T>
struct ValueRow {
  std::int64_t path = 0;
  T value{};
  std::int64_t time = 0;
  std::int64_t document = 0;

  /// The order of the tables: of equal values the newest first.
  friend bool operator<(const ValueRow& left, const ValueRow& right) {
    return std::tie(left.path, left.value, right.time, left.document) <
           std::tie(right.path, right.value, left.time, right.document);
  }
};

/// A text that documents have among their values.
struct TextRow {
  std::int64_t hash = 0;
  bool is_kept = false;      ///< it goes into `strings`
  bool is_searched = false;  ///< people look for pieces of it
  std::string text;
};

/// Rows on their way into the tables of values, of many documents.
struct ValueRows {
  std::vector<ValueRow<std::int64_t>> strings;
  std::vector<ValueRow<double>> numbers;
  std::vector<TextRow> texts;

  bool empty() const { return strings.empty() && numbers.empty() && texts.empty(); }
  /// In the tables' order, so that each page of them is touched once; and each text once.
  void sort();
  void sort_texts();
  void append(ValueRows more);

  /// As bytes for the table `waiting`: three lists, each with its length in front. Numbers have 8 bytes, the
  /// lowest first; a row of values is path, value, time, document; a text is its hash, 1 when it is kept plus
  /// 2 when it is searched, its length, and itself.
  std::string encode() const;
  /// Error corruption for anything else than what encode gave.
  static ValueRows decode(std::string_view bytes);
};

}  // namespace unio::sql
