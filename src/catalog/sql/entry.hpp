#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "catalog/sql/document_index.hpp"
#include "catalog/sql/lookup.hpp"

namespace unio::sql {

/// A document on its way into the tables: all of its rows but for the numbers of what it shares with others.
/// Making one costs as much as writing it, and needs no database.
struct Entry {
  const CatalogDocument* document = nullptr;       ///< the caller's
  std::int64_t n = 0;                              ///< its number, once it has one
  std::string body;                                ///< packed, without its environment
  std::shared_ptr<const std::string> environment;  ///< its text; absent for none
  std::optional<std::string> files;                ///< as joined_files gives them
  ValueIndex index;
  std::vector<std::int64_t> hashes;  ///< of index.strings, in their order
  std::string shape;                 ///< a digest of what it has under which paths

  Entry() = default;
  /// But for its environment.
  Entry(const CatalogDocument& document, const TextHash& hash);
  void hash_strings(const TextHash& hash);

  /// Microseconds since 1970.
  std::int64_t time() const { return document->creation_time.time_since_epoch().count(); }
};

/// Bytes that are the same for the same text, and else differ.
std::string digest_of_text(std::string_view text);

}  // namespace unio::sql
