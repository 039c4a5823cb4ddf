#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "storage/object_store.hpp"

namespace unio {

/// Error invalid_argument for a page that could hold nothing.
void check_list_options(const ListOptions& options);

/// The last key that a page does not have any more; empty when it begins with the first.
inline const std::string& page_start(const ListOptions& options) {
  return options.start.empty() ? options.after : options.start;
}

/// The folder, with its delimiter, that `key` is rolled up into; absent when it is listed itself.
std::optional<std::string> rolled_up_folder(std::string_view key, const ListOptions& options);

/// Makes a page of a listing from objects that come in ascending order of their keys: rolls up folders,
/// leaves out what earlier pages had, and stops at the limit.
class PageBuilder {
 public:
  /// The options must outlive this; they are checked.
  explicit PageBuilder(const ListOptions& options) : options_(options) { check_list_options(options); }

  /// False when the page is full; the object then belongs to the next one.
  bool add(ObjectInfo object);

  ListPage finish() { return std::move(page_); }

 private:
  bool is_full() const { return page_.objects.size() + page_.folders.size() >= options_.limit; }

  const ListOptions& options_;
  ListPage page_;
  std::string last_;
};

/// The Error conflict of a Condition that does not hold.
Error condition_failed(std::string_view store_url, std::string_view key, const Condition& condition);

}  // namespace unio
