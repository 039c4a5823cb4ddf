#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "catalog/sql/connection.hpp"

namespace unio::sql {

/// How text becomes a number in the index: by a hash that nobody outside can foresee, so that no two texts
/// can be made to have the same. A value; thread-safe.
class TextHash {
 public:
  /// Longer texts are found by their hash alone.
  static constexpr std::size_t longest_kept = 32;

  explicit TextHash(std::string salt) : salt_(std::move(salt)) {}
  /// As the database has it; makes the salt of an empty one. Within a transaction that writes.
  static TextHash make(SqlConnection& connection);
  static std::optional<TextHash> find(SqlConnection& connection);

  std::int64_t operator()(std::string_view text) const;
  bool operator==(const TextHash&) const = default;

 private:
  std::string salt_;
};

inline SqlValue bytes(std::string_view text) {
  return SqlBytes{std::string(text)};
}

/// "?, ?, ?" for so many values.
std::string placeholders(std::size_t count);

/// `left` and then `right`, which may be used twice.
SqlQuery& operator+=(SqlQuery& left, const SqlQuery& right);
SqlQuery operator+(SqlQuery left, const SqlQuery& right);
SqlQuery operator+(SqlQuery left, std::string_view text);

}  // namespace unio::sql
