#pragma once

#include <string_view>

#include "base/error.hpp"

namespace unio {

/// The errors that every store gives in the same words, naming key and store.
Error no_object(std::string_view key, std::string_view url);
/// Condition::absent did not hold.
Error key_exists(std::string_view key, std::string_view url);
/// Condition::matches did not hold.
Error key_changed(std::string_view key, std::string_view url);
/// `key` would need `object` to be a folder.
Error key_below_object(std::string_view key, std::string_view object, std::string_view url);
/// Other keys begin with `key` and a slash.
Error key_is_folder(std::string_view key, std::string_view url);

}  // namespace unio
