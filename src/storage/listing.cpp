#include "storage/listing.hpp"

#include <fmt/format.h>

namespace unio {

void check_list_options(const ListOptions& options) {
  if (options.limit == 0)
    throw Error(ErrorCode::invalid_argument, "a page of a listing holds one key at least");
}

std::optional<std::string> rolled_up_folder(std::string_view key, const ListOptions& options) {
  if (options.delimiter.empty()) return std::nullopt;
  const std::size_t end = key.find(options.delimiter, options.prefix.size());
  if (end == std::string_view::npos) return std::nullopt;
  return std::string(key.substr(0, end + options.delimiter.size()));
}

bool PageBuilder::add(ObjectInfo object) {
  // `start` is the last object or folder of the page before.
  if (const std::string& start = page_start(options_); !start.empty() && object.key <= start) return true;
  const bool start_is_folder = !options_.delimiter.empty() && options_.start.ends_with(options_.delimiter);
  if (start_is_folder && object.key.starts_with(options_.start)) return true;
  if (auto folder = rolled_up_folder(object.key, options_)) {
    if (!page_.folders.empty() && page_.folders.back() == *folder) return true;
    if (is_full()) {
      page_.next = last_;
      return false;
    }
    last_ = *folder;
    page_.folders.push_back(*std::move(folder));
    return true;
  }
  if (is_full()) {
    page_.next = last_;
    return false;
  }
  last_ = object.key;
  page_.objects.push_back(std::move(object));
  return true;
}

Error condition_failed(std::string_view store_url, std::string_view key, const Condition& condition) {
  const std::string_view why =
      condition.kind == Condition::Kind::absent ? "there is one already" : "it is not as it was known";
  return Error(ErrorCode::conflict,
               fmt::format("object '{}' in '{}' was not written: {}", key, store_url, why));
}

}  // namespace unio
