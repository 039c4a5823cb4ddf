#include "engine/catalog_batches.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/progress.hpp"

namespace unio {

void CatalogBatches::put(const std::vector<CatalogDocument>& documents, const CatalogStates& states) {
  if (running_.valid()) running_.get();
  put_now(documents, states);
}

void CatalogBatches::put_meanwhile(std::vector<CatalogDocument> documents) {
  if (running_.valid()) running_.get();
  running_ =
      std::async(std::launch::async, [this, documents = std::move(documents)] { put_now(documents, {}); });
}

void CatalogBatches::put_now(const std::vector<CatalogDocument>& documents, const CatalogStates& states) {
  throw_if_stopped(context_.stop);
  if (documents.empty() && states.empty()) return;
  read_ += documents.size();
  context_.progress.advance(documents.size(), 0);
  try {
    changed_ += catalog_.put(documents, states);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::invalid_argument || documents.empty()) throw;
    put_each(documents);
    changed_ += catalog_.put({}, states);
  }
}

void CatalogBatches::put_each(const std::vector<CatalogDocument>& documents) {
  for (const CatalogDocument& document : documents) {
    try {
      changed_ += catalog_.put({&document, 1});
    } catch (const Error& error) {
      if (error.code() != ErrorCode::invalid_argument) throw;
      context_.progress.warn(fmt::format("'{}' is left out: {}", document.id, error.what()));
    }
  }
}

}  // namespace unio
