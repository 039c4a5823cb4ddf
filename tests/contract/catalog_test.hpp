#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "contract/catalog_factories.hpp"
#include "support/expect_error.hpp"

namespace unio::test {

inline Time at_microsecond(std::int64_t count) {
  return Time(std::chrono::microseconds(count));
}

/// A document with these members, and what every document has.
inline CatalogDocument a_document(std::string id, std::int64_t microsecond, Json members = Json::object()) {
  CatalogDocument document{.id = std::move(id), .creation_time = at_microsecond(microsecond)};
  members.set("creation_time", QueryValue{document.creation_time}.to_json());
  document.document = std::move(members);
  return document;
}

inline Query query(std::string_view json) {
  return parse_query(Json::parse(json));
}

/// For a search on any machine, under any sanitizer, where a test is not about its time limit.
constexpr std::chrono::minutes enough_time{2};

/// A test on a fresh catalogue of each kind.
class CatalogTest : public testing::TestWithParam<CatalogFactory> {
 protected:
  void SetUp() override {
    if (!GetParam().why_not.empty()) GTEST_SKIP() << GetParam().why_not;
    under_test_ = GetParam().make();
    catalog_ = under_test_->open();
  }

  Catalog& catalog() { return *catalog_; }
  CatalogUnderTest& under_test() { return *under_test_; }

  std::size_t put(const std::vector<CatalogDocument>& documents) { return catalog().put(documents); }
  void empty() {
    catalog().rebuild([](Catalog&) {}, Present::goes);
  }

  std::vector<std::string> found(const Query& wanted, std::size_t limit = 1000) {
    std::vector<std::string> ids;
    const FindPage page = catalog().find(wanted, {.limit = limit, .time_limit = enough_time});
    for (const CatalogDocument& document : page.documents) ids.push_back(document.id);
    return ids;
  }
  std::vector<std::string> found(std::string_view json) { return found(query(json)); }

 private:
  std::unique_ptr<CatalogUnderTest> under_test_;
  std::unique_ptr<Catalog> catalog_;
};

inline std::string catalog_name(const testing::TestParamInfo<CatalogFactory>& info) {
  return info.param.name;
}

}  // namespace unio::test
