#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace unio {

class Json;

/// An integer outside the range of int64, as its exact decimal digits with an optional minus.
struct BigInteger {
  std::string digits;
  bool operator==(const BigInteger&) const = default;
};

/// How to write a Json value.
enum class JsonStyle {
  compact,  ///< `{"a":1}`, non-ASCII kept
  python,   ///< `{"a": 1}`, non-ASCII kept: byte for byte what Python's json.dumps(ensure_ascii=False) gives
  canonical,  ///< keys sorted by code point, compact, ASCII only: what top hashes are made of
  pretty,     ///< indented by two, for people
};

/// A JSON value with exactly the meaning that Python's json module gives it, because Quilt's hashes depend on
/// it: integers of any length, `NaN` and `Infinity`, lone surrogates, and for a repeated key the first place
/// with the last value. Objects keep their order.
///
/// Strings are UTF-8; a lone surrogate is kept as its three generalised UTF-8 bytes and written as `\udXXX`.
class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;

  /// An object: members in the order of their first appearance. Setting and finding are fast for any number
  /// of members; erasing takes time in their number.
  class Object {
   public:
    Object() = default;
    /// Of a repeated key: the first place, the last value.
    explicit Object(std::vector<Member> members);

    const Json* find(std::string_view key) const;
    Json* find(std::string_view key);
    /// Sets the value of `key`, keeping its place when it exists.
    void set(std::string key, Json value);
    /// Sets all members of another.
    void append(Object&& other);
    bool erase(std::string_view key);

    bool empty() const { return members_.empty(); }
    std::size_t size() const { return members_.size(); }
    auto begin() const { return members_.begin(); }
    auto end() const { return members_.end(); }
    /// Equal when the same keys have equal values, in any order.
    bool operator==(const Object& other) const;

   private:
    std::size_t find_index(std::string_view key) const;
    bool index(std::size_t position);
    bool rebuild_index();

    std::vector<Member> members_;
    /// A hash table of positions in members_ plus one, 0 for free; empty while there are few members.
    std::vector<std::uint32_t> slots_;
  };

  Json() = default;  ///< null
  // Not inline: every file that moves a value about would compile them.
  Json(const Json& other);
  Json(Json&& other) noexcept;
  Json& operator=(const Json& other);
  Json& operator=(Json&& other) noexcept;
  ~Json();
  Json(std::nullptr_t) {}
  Json(bool value) : value_(value) {}
  Json(int value) : value_(std::int64_t{value}) {}
  Json(std::int64_t value) : value_(value) {}
  Json(std::uint64_t value);
  Json(double value) : value_(value) {}
  Json(BigInteger value) : value_(std::move(value)) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}

  /// An object from `{{"key", value}, …}`.
  static Json object(std::initializer_list<Member> members = {});

  /// Parses one JSON text. Error invalid_argument with the offset for anything Python's json.loads refuses,
  /// for nesting deeper than 512 and for input that is not UTF-8. Integers are limited to Python's 4300
  /// digits.
  static Json parse(std::string_view text);

  std::string dump(JsonStyle style = JsonStyle::compact) const;
  /// Appends to `out` instead of making a string.
  void dump_to(std::string& out, JsonStyle style) const;

  bool is_null() const { return std::holds_alternative<std::nullptr_t>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  /// What Python calls true: not null, false, 0, 0.0, "", [] or {}.
  bool truthy() const;

  const bool* if_bool() const { return std::get_if<bool>(&value_); }
  const std::int64_t* if_integer() const { return std::get_if<std::int64_t>(&value_); }
  const BigInteger* if_big_integer() const { return std::get_if<BigInteger>(&value_); }
  const double* if_double() const { return std::get_if<double>(&value_); }
  const std::string* if_string() const { return std::get_if<std::string>(&value_); }
  const Array* if_array() const { return std::get_if<Array>(&value_); }
  const Object* if_object() const { return std::get_if<Object>(&value_); }
  Array* if_array() { return std::get_if<Array>(&value_); }
  Object* if_object() { return std::get_if<Object>(&value_); }

  /// The member `key` of an object; null pointer when this is no object or has no such member.
  const Json* find(std::string_view key) const;

  /// Typed members of an object; Error corruption that names `key` when it is absent or of another type.
  const std::string& get_string(std::string_view key) const;
  std::int64_t get_integer(std::string_view key) const;
  /// Absent when the member is absent or null; Error corruption when it is of another type.
  std::optional<std::string> find_string(std::string_view key) const;

  /// Sets a member, making this an object if it is null.
  void set(std::string key, Json value);

  bool operator==(const Json&) const = default;

 private:
  friend class JsonParser;

  std::variant<std::nullptr_t, bool, std::int64_t, BigInteger, double, std::string, Array, Object> value_;
};

/// Appends the JSON string literal of `text` to `out`, with the quotes.
void append_json_string(std::string& out, std::string_view text, JsonStyle style);

/// Appends a double as Python's repr writes it: shortest digits that read back, always with `.` or exponent.
void append_json_double(std::string& out, double value);

}  // namespace unio
