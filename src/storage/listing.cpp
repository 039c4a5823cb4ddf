#include "storage/listing.hpp"

#include <fmt/format.h>

namespace unio {

PageBuilder::PageBuilder(const ListOptions& options) : options_(options) {
  if (options.limit == 0) throw Error(ErrorCode::invalid_argument, "a page of a listing holds one key at least");
}

bool PageBuilder::add(ObjectInfo object) {
  // `start` is the last object or folder of the page before.
  if (!options_.start.empty() && object.key <= options_.start) return true;
  const bool start_is_folder = !options_.delimiter.empty() && options_.start.ends_with(options_.delimiter);
  if (start_is_folder && object.key.starts_with(options_.start)) return true;
  std::size_t end = std::string::npos;
  if (!options_.delimiter.empty()) end = object.key.find(options_.delimiter, options_.prefix.size());
  if (end != std::string::npos) {
    std::string folder = object.key.substr(0, end + options_.delimiter.size());
    if (!page_.folders.empty() && page_.folders.back() == folder) return true;
    if (is_full()) {
      page_.next = last_;
      return false;
    }
    last_ = folder;
    page_.folders.push_back(std::move(folder));
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
  return Error(ErrorCode::conflict, fmt::format("object '{}' in '{}' was not written: {}", key, store_url, why));
}

}  // namespace unio
