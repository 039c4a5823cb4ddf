#pragma once

#include <string>
#include <string_view>

namespace unio {

/// Percent-encodes a path: UTF-8 bytes other than A-Za-z0-9_.-~/ become %XX, in upper case. quilt3 writes
/// physical keys so, and S3 signs paths so.
std::string encode_url_path(std::string_view path);
/// The same, and `/` becomes %2F: for what stands between other separators.
std::string encode_url_part(std::string_view text);
/// Whether encode_url_path leaves the text as it is.
bool encodes_to_itself(std::string_view path);
/// The inverse; `%` not followed by two hex digits stays as it is, as in Python's unquote.
std::string decode_url_path(std::string_view encoded);

}  // namespace unio
