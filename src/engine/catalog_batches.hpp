#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <future>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.hpp"
#include "engine/catalog_documents.hpp"
#include "engine/feed.hpp"

namespace unio {

// What updating a catalogue and building it anew share.

/// The catalogue's state that says how far the feed was read.
inline constexpr std::string_view feed_state = "feed";
/// The state that says which registry the catalogue is of.
inline constexpr std::string_view registry_state = "registry";
/// The state that is there when the catalogue may hold documents of deleted revisions.
inline constexpr std::string_view deleted_state = "deleted";

/// So many artifacts, or revisions, are read and put together.
inline constexpr std::size_t artifacts_at_once = 1000;
inline constexpr std::size_t revisions_at_once = 500;

/// Puts documents into a catalogue; one that it refuses is left out with a warning. Counts what was read and
/// changed. For one thread.
class CatalogBatches {
 public:
  CatalogBatches(Catalog& catalog, const Context& context) : catalog_(catalog), context_(context) {}

  /// For those to come; at first `now`.
  void set_indexing(Indexing indexing);
  void put(const std::vector<CatalogDocument>& documents, const CatalogStates& states = {});
  /// Begins to put them while the caller reads what comes next. Of three batches under way one is written and
  /// the others are made ready, so that there is work while many values go into their tables. A later call
  /// throws what it threw.
  void put_meanwhile(std::vector<CatalogDocument> documents);
  std::size_t read() const { return read_; }
  std::size_t changed() const { return changed_; }

 private:
  /// Until so many are under way at most.
  void wait(std::size_t most);
  void put_each(const std::vector<CatalogDocument>& documents);

  void put_now(const std::vector<CatalogDocument>& documents, const CatalogStates& states);

  Catalog& catalog_;
  const Context& context_;
  Indexing indexing_ = Indexing::now;
  std::atomic<std::size_t> read_ = 0;
  std::atomic<std::size_t> changed_ = 0;
  std::deque<std::future<void>> running_;
};

/// Fills the catalogue from the whole store, and sets the position in the feed from which to go on.
void fill_catalog(const Registry& registry, CatalogBatches& batches, const Context& context);

}  // namespace unio
