#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace unio {

/// The rules of logical keys: the paths of entries inside a package. This is the one place that decides
/// whether a name from outside may become a path of ours; manifests, commands, installs and archives all ask
/// here.
///
/// A key is non-empty UTF-8 (or holds lone surrogates as JSON carried them), at most 4096 bytes, of
/// `/`-separated segments of at most 255 bytes. No segment is empty, "." or ".."; there is no NUL, and no
/// slash at either end. A backslash is allowed, as quilt3 does, because no supported platform reads it as a
/// separator.

/// Throws invalid_argument that quotes the key and says which rule it breaks.
void check_logical_key(std::string_view key);

/// Whether check_logical_key would pass.
bool is_logical_key(std::string_view key);

/// Tree order: keys compared segment by segment, each by bytes (= code points), so that everything in a
/// folder is together: "a/z" < "a-b" < "a.txt". Top hashes and manifests use this order.
std::strong_ordering compare_tree_order(std::string_view left, std::string_view right);

struct TreeOrder {
  using is_transparent = void;
  bool operator()(std::string_view left, std::string_view right) const {
    return compare_tree_order(left, right) < 0;
  }
};

/// Whether `key` is `folder` (with or without a slash at its end) or lies in it. The empty folder is the
/// root.
bool is_within(std::string_view key, std::string_view folder);

/// "a/b" for ("a/", "b"), ("a", "b"); "b" for ("", "b").
std::string join_key(std::string_view folder, std::string_view rest);

/// The key for a message: in quotes, with escapes for what no terminal should see, and cut when it is long.
std::string quoted_key(std::string_view key);

}  // namespace unio
