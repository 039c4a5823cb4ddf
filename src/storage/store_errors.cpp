#include "storage/store_errors.hpp"

#include <fmt/format.h>

namespace unio {

Error no_object(std::string_view key, std::string_view url) {
  return {ErrorCode::not_found, fmt::format("no object '{}' in '{}'", key, url)};
}

Error key_exists(std::string_view key, std::string_view url) {
  return {ErrorCode::conflict, fmt::format("'{}' exists already in '{}'", key, url),
          "look at what is there, then choose another name or replace it"};
}

Error key_changed(std::string_view key, std::string_view url) {
  return {ErrorCode::conflict,
          fmt::format("'{}' in '{}' is not what it was: somebody else changed it", key, url),
          "look at what is there now and run the command again"};
}

Error key_below_object(std::string_view key, std::string_view object, std::string_view url) {
  return {ErrorCode::conflict,
          fmt::format("'{}' cannot be in '{}': '{}' is an object there and so cannot be a folder", key, url,
                      object),
          "choose a name that does not begin with another one and a slash"};
}

Error key_is_folder(std::string_view key, std::string_view url) {
  return {ErrorCode::conflict,
          fmt::format("'{}' cannot be in '{}': it is a folder with other objects there", key, url),
          "choose a name that is not the beginning of others"};
}

}  // namespace unio
