#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

namespace unio {

/// The way to a field: the names of the members to go through, from outside to inside. Its text joins them
/// with dots; a backslash before a dot or a backslash makes it part of the name, as in
/// `python_packages.ruamel\.yaml`.
///
/// Names are UTF-8, are not empty, hold no NUL and do not begin with `$`; see QueryLimits for how many and
/// how long. A name of digits is also a position in an array, as in MongoDB.
class FieldPath {
 public:
  /// No names: the element that `$elemMatch` looks at.
  FieldPath() = default;

  /// Error invalid_argument for a name that is none.
  explicit FieldPath(std::vector<std::string> names);
  static FieldPath parse(std::string_view text);

  const std::vector<std::string>& names() const { return names_; }
  bool is_element() const { return names_.empty(); }
  std::string text() const;

  auto operator<=>(const FieldPath&) const = default;

 private:
  std::vector<std::string> names_;
};

/// Whether the name is also a position in an array: only digits, no zero before others.
bool is_position(std::string_view name);

}  // namespace unio
