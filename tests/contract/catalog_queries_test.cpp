#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "contract/catalog_test.hpp"
#include "model/query_match.hpp"
#include "support/random_query.hpp"

namespace unio::test {
namespace {

using CatalogQueries = CatalogTest;
INSTANTIATE_TEST_SUITE_P(All, CatalogQueries, testing::ValuesIn(catalog_factories()), catalog_name);

/// Documents and queries by chance, with the fields that the catalogue keeps in special ways.
class Chance {
 public:
  explicit Chance(std::uint32_t seed) : random_(seed) {}

  CatalogDocument document(std::size_t i) {
    Json members = random_.document();
    if (maybe(2)) members.set("file_relpaths", files());
    if (maybe(2)) members.set("files", sized_files());
    if (maybe(2)) members.set("python_packages", packages());
    return a_document("id" + std::to_string(i), static_cast<std::int64_t>(random_.below(20)), members);
  }

  Json query() {
    switch (random_.below(6)) {
      case 0:
        return Json::object({{"$and", Json::Array{special(), random_.query()}}});
      case 1:
        return Json::object({{"$or", Json::Array{special(), random_.query()}}});
      case 2:
        return Json::object({{"$nor", Json::Array{special()}}});
      case 3:
        return special();
      default:
        return random_.query();
    }
  }

  std::size_t below(std::size_t limit) { return random_.below(limit); }

 private:
  bool maybe(std::size_t of) { return random_.below(of) == 0; }

  template <class... Choices>
  std::string one_of(Choices... choices) {
    const std::string all[] = {choices...};
    return all[random_.below(sizeof...(choices))];
  }

  Json files() {
    if (maybe(8)) return random_.scalar();
    Json::Array names;
    for (std::size_t count = random_.below(4); count > 0; --count) {
      names.emplace_back(one_of("train.txt", "TEST.txt", "model.pt", "kelvin \u212A.txt", "d/\u017Fum.csv",
                                "a name of more than thirty-two bytes.txt", std::string("a\0txt", 5)));
    }
    if (maybe(8)) names.push_back(random_.scalar());
    return names;
  }

  Json sized_files() {
    Json::Array files;
    for (std::size_t count = random_.below(4); count > 0; --count) {
      files.push_back(Json::object({{"size", static_cast<std::int64_t>(random_.below(10))}}));
    }
    return files;
  }

  Json packages() {
    if (maybe(8)) return random_.scalar();
    Json versions = Json::object();
    if (maybe(2)) versions.set("pandas", one_of("2.1.3", "1.4.0"));
    if (maybe(2)) versions.set("ruamel.yaml", one_of("0.18", "0.17"));
    return versions;
  }

  Json special() {
    switch (random_.below(6)) {
      case 5:
        return on("files.size", Json::object({{one_of("$lt", "$lte", "$gt", "$gte", "$eq", "$ne"),
                                               static_cast<std::int64_t>(random_.below(10))}}));
      case 0:
        return on("file_relpaths", Json::object({{"$regex", one_of("\\.txt", "^t.*in", "(?i)SUM", "(?i)K\\.t",
                                                                   "odel|in", "a.*y-two", "^[^x]*$", "")}}));
      case 1:
        return on("file_relpaths", Json::object({{"$glob", one_of("*.txt", "*/*", "t*n.???")}}));
      case 2:
        return on(
            "creation_time",
            Json::object(
                {{one_of("$lt", "$lte", "$gt", "$gte", "$eq", "$ne"),
                  QueryValue{at_microsecond(static_cast<std::int64_t>(random_.below(20)))}.to_json()}}));
      case 3:
        return on(one_of("python_packages.pandas", "python_packages.ruamel\\.yaml"),
                  maybe(2) ? Json(one_of("2.1.3", "0.18", "9"))
                           : Json::object({{one_of("$gt", "$ne", "$lt"), one_of("2.1.3", "0.17")}}));
      default:
        return on(one_of("python_packages", "python_packages.pandas", "file_relpaths", "creation_time"),
                  Json::object({{"$exists", maybe(2)}}));
    }
  }

  static Json on(std::string path, Json test) { return Json::object({{std::move(path), std::move(test)}}); }

  RandomQueries random_;
};

std::vector<std::string> expected(const Query& wanted, std::vector<CatalogDocument> documents) {
  std::erase_if(documents, [&](const CatalogDocument& document) {
    return !matches(wanted, QueryValue::of_document(document.document));
  });
  std::ranges::sort(documents, [](const CatalogDocument& left, const CatalogDocument& right) {
    if (left.creation_time != right.creation_time) return left.creation_time > right.creation_time;
    return left.id < right.id;
  });
  std::vector<std::string> ids;
  for (const CatalogDocument& document : documents) ids.push_back(document.id);
  return ids;
}

std::vector<std::string> all_found(Catalog& catalog, const Query& wanted, std::size_t page_size) {
  std::vector<std::string> ids;
  FindOptions options{.limit = page_size, .time_limit = enough_time};
  std::optional<FindTotal> total;
  do {
    const FindPage page = catalog.find(wanted, options);
    for (const CatalogDocument& document : page.documents) ids.push_back(document.id);
    if (!total) total = page.total;
    options.after = page.next;
  } while (options.after);
  EXPECT_EQ(total, (FindTotal{ids.size(), true}));
  return ids;
}

TEST_P(CatalogQueries, are_answered_as_the_matcher_in_memory_does) {
  const char* full = std::getenv("UNIO_FULL");
  const bool is_full = full != nullptr && std::string_view(full) == "1";
  const std::uint32_t corpora = is_full ? 1000 : 20;
  for (std::uint32_t seed = 0; seed < corpora; ++seed) {
    Chance chance(seed);
    std::vector<CatalogDocument> documents;
    for (std::size_t i = 0; i < 40; ++i) documents.push_back(chance.document(i));
    empty();
    // Some wait before they are indexed.
    for (const CatalogDocument& document : documents) {
      if (chance.below(3) == 0) catalog().put({&document, 1}, {}, Indexing::later);
    }
    put(documents);
    // Some change afterwards.
    for (std::size_t i = 0; i < 5; ++i) {
      const std::size_t which = chance.below(documents.size());
      CatalogDocument changed = chance.document(which);
      changed.revision = documents[which].revision + 1;
      documents[which] = changed;
      put({changed});
    }
    for (int i = 0; i < 100; ++i) {
      const Json text = chance.query();
      const Query wanted = parse_query(text);
      ASSERT_EQ(all_found(catalog(), wanted, 5 + chance.below(45)), expected(wanted, documents))
          << "seed " << seed << ", query " << text.dump();
    }
  }
}

/// A few documents with one text are met with shorter and longer lists of others: dense, sparse, in bursts,
/// and longer than their newest documents tell; the last of these has first none of user7's, and then few.
TEST_P(CatalogQueries, with_several_texts_are_answered_whatever_the_numbers_of_each) {
  std::vector<CatalogDocument> documents;
  for (int i = 0; i < 1500; ++i) {
    const bool is_late = i >= 1400, is_in_burst = i >= 300 && i < 700;
    Json members =
        Json::object({{"who", "user" + std::to_string(i % 50)},
                      {"fifth", i % 5 == 0 ? "yes" : "no"},
                      {"half", i % 2 == 0 ? "yes" : "no"},
                      {"late", is_late ? "yes" : "no"},
                      {"burst", is_in_burst || (is_late && i % 9 == 0) ? "yes" : "no"},
                      {"denser", i < 750 || i % 10 == 0 ? "yes" : "no"},
                      {"misses", i % 10 == 0 || (i < 700 && (i % 50 != 7 || i < 100)) ? "yes" : "no"},
                      {"file_relpaths", Json::Array{"train.txt", "n" + std::to_string(i % 7)}}});
    documents.push_back(a_document("id" + std::to_string(i), i / 3, std::move(members)));
  }
  put(documents);
  for (const std::string other :
       {R"("fifth": "yes")", R"("fifth": "no")", R"("half": "yes")", R"("late": "yes")", R"("late": "no")",
        R"("burst": "yes")", R"("burst": "no")", R"("denser": "yes")", R"("misses": "yes")",
        R"("half": "yes", "denser": "yes", "misses": "yes")",
        R"("fifth": "yes", "half": "yes", "late": "no")",
        R"("burst": "yes", "file_relpaths": {"$regex": "train"})", R"("half": "yes", "late": {"$ne": "yes"})",
        R"("half": "yes", "creation_time": {"$gt": {"$date": "1970-01-01T00:00:00.0001Z"}})"}) {
    for (const char* who : {"user0", "user5", "user7"}) {
      const Query before = query(fmt::format(R"({{"who": "{}", {}}})", who, other));
      const Query after = query(fmt::format(R"({{{}, "who": "{}"}})", other, who));
      EXPECT_EQ(all_found(catalog(), before, 4), expected(before, documents)) << who << ", " << other;
      EXPECT_EQ(all_found(catalog(), after, 100), expected(after, documents)) << other << ", " << who;
    }
  }
}

/// More different names than the catalogue would look through one by one.
TEST_P(CatalogQueries, about_pieces_of_many_names_are_answered_as_the_matcher_does) {
  std::vector<CatalogDocument> documents;
  for (int i = 0; i < 1500; ++i) {
    const std::string number = std::to_string(i);
    const char* folders[] = {"d/", "a folder whose name takes more than thirty-two bytes/", "\u212A/",
                             "\u0130/"};
    Json members =
        Json::object({{"file_relpaths", Json::Array{folders[i % 4] + ("Report" + number + ".html"), "x"}},
                      {"labels", Json::object({{"text", "run \"" + number + "\" of all"}})}});
    documents.push_back(a_document("id" + number, i / 3, members));
  }
  put(documents);
  for (const char* wanted :
       {R"({"file_relpaths": {"$regex": "Report12"}})",
        R"({"file_relpaths": {"$regex": "(?i)rEpOrT.*7\\.html$"}})",
        R"({"file_relpaths": {"$regex": "(?i)^k/"}})", R"({"file_relpaths": {"$regex": "(?i)k/REPORT1"}})",
        R"({"file_relpaths": {"$regex": "report"}})", R"({"file_relpaths": {"$regex": "[0-9]99\\."}})",
        R"({"file_relpaths": {"$glob": "*Report?4*"}})", R"({"$text": "RUN \"12"})",
        R"({"$text": "thirty-two"})", R"({"$nor": [{"file_relpaths": {"$regex": "Report1"}}]})",
        R"({"$or": [{"labels.text": {"$regex": "\"77"}}, {"file_relpaths": {"$regex": "t88"}}]})",
        R"({"file_relpaths": {"$elemMatch": {"$regex": "rt55"}}, "labels.text": {"$regex": "5\""}})"}) {
    EXPECT_EQ(all_found(catalog(), query(wanted), 700), expected(query(wanted), documents)) << wanted;
  }
}

}  // namespace
}  // namespace unio::test
