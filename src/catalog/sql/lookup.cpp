#include "catalog/sql/lookup.hpp"

#include <algorithm>
#include <cstring>

#include "base/digest.hpp"
#include "base/random.hpp"

namespace unio::sql {
namespace {

/// Beside the states of callers, which have a letter in front.
constexpr std::string_view salt_name = "salt";

}  // namespace

std::optional<TextHash> TextHash::find(SqlConnection& connection) {
  std::optional<TextHash> found;
  const SqlLookup lookup{{"SELECT value FROM states WHERE name = ?", {bytes(salt_name)}},
                         [&](const SqlRow& row) { found = TextHash(std::string(row.bytes(0))); }};
  connection.run_together({&lookup, 1});
  return found;
}

TextHash TextHash::make(SqlConnection& connection) {
  if (auto found = find(connection)) return *std::move(found);
  SystemRandom random;
  const std::string salt = random_id(random);
  connection.run({"INSERT INTO states(name, value) VALUES (?, ?)", {bytes(salt_name), bytes(salt)}});
  return TextHash(salt);
}

std::int64_t TextHash::operator()(std::string_view text) const {
  thread_local Sha256 hash;
  hash.update(salt_);
  hash.update(text);
  const Sha256Value digest = hash.finish();
  std::int64_t number = 0;
  std::memcpy(&number, digest.data(), sizeof number);
  return number;
}

std::string placeholders(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += i == 0 ? "?" : ", ?";
  return text;
}

SqlQuery& operator+=(SqlQuery& left, const SqlQuery& right) {
  left.text += right.text;
  left.values.insert(left.values.end(), right.values.begin(), right.values.end());
  left.joins = std::max(left.joins, right.joins);
  return left;
}

SqlQuery operator+(SqlQuery left, const SqlQuery& right) {
  return std::move(left += right);
}

SqlQuery operator+(SqlQuery left, std::string_view text) {
  left.text += text;
  return left;
}

}  // namespace unio::sql
