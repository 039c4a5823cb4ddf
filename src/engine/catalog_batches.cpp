#include "engine/catalog_batches.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/progress.hpp"

namespace unio {

void CatalogBatches::wait(std::size_t most) {
  while (running_.size() > most) {
    std::future<void> first = std::move(running_.front());
    running_.pop_front();
    first.get();
  }
}

void CatalogBatches::set_indexing(Indexing indexing) {
  wait(0);
  indexing_ = indexing;
}

void CatalogBatches::put(const std::vector<CatalogDocument>& documents, const CatalogStates& states) {
  wait(0);
  put_now(documents, states);
}

void CatalogBatches::put_meanwhile(std::vector<CatalogDocument> documents) {
  wait(2);
  running_.push_back(
      std::async(std::launch::async, [this, documents = std::move(documents)] { put_now(documents, {}); }));
}

void CatalogBatches::put_now(const std::vector<CatalogDocument>& documents, const CatalogStates& states) {
  throw_if_stopped(context_.stop);
  if (documents.empty() && states.empty()) return;
  read_ += documents.size();
  context_.progress.advance(documents.size(), 0);
  try {
    changed_ += catalog_.put(documents, states, indexing_);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::invalid_argument || documents.empty()) throw;
    put_each(documents);
    changed_ += catalog_.put({}, states, indexing_);
  }
}

void CatalogBatches::put_each(const std::vector<CatalogDocument>& documents) {
  for (const CatalogDocument& document : documents) {
    try {
      changed_ += catalog_.put({&document, 1}, {}, indexing_);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::invalid_argument) throw;
      context_.progress.warn(fmt::format("'{}' is left out: {}", document.id, error.what()));
    }
  }
}

}  // namespace unio
