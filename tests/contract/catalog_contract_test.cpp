#include <fmt/format.h>
#include <gmock/gmock.h>

#include "contract/catalog_test.hpp"

namespace unio::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using CatalogContract = CatalogTest;
INSTANTIATE_TEST_SUITE_P(All, CatalogContract, testing::ValuesIn(catalog_factories()), catalog_name);

TEST_P(CatalogContract, gives_back_what_was_put) {
  CatalogDocument document = a_document("a1", 5, Json::parse(R"({
      "python_packages": {"pandas": "2.1.3", "ruamel.yaml": "0.18"}, "labels": {"x": [1, 2.5, null, {"y": true}]},
      "text": "é \u0000 '\" \\", "n": 123456789012345678901234567890, "creation_time": null})"));
  document.kind = DocumentKind::package;
  document.revision = 3;
  document.based_on = {"p2", "p1"};
  EXPECT_EQ(put({document}), 1);
  EXPECT_EQ(catalog().find_document("a1"), document);
  EXPECT_EQ(catalog().find_document("a1")->document.dump(), document.document.dump()) << "in the same order";
  EXPECT_EQ(catalog().find_document("p1"), std::nullopt);
  EXPECT_EQ(catalog().find_document("a"), std::nullopt);
}

TEST_P(CatalogContract, takes_the_same_document_twice_for_one) {
  const CatalogDocument document = a_document("a1", 5, Json::parse(R"({"username": "andy"})"));
  EXPECT_EQ(put({document, document}), 1);
  EXPECT_EQ(put({document}), 0);
  EXPECT_THAT(found(R"({"username": "andy"})"), ElementsAre("a1"));
}

TEST_P(CatalogContract, keeps_the_newest_revision_whatever_the_order) {
  CatalogDocument first = a_document("a1", 5, Json::parse(R"({"l": "old", "n": 1, "m": "same"})"));
  first.based_on = {"p1"};
  CatalogDocument second = a_document("a1", 5, Json::parse(R"({"l": "new", "n": 2, "m": "same"})"));
  second.revision = 1;
  second.based_on = {"p2", "p1"};
  for (const auto& order : {std::vector{first, second}, std::vector{second, first}}) {
    empty();
    for (const CatalogDocument& document : order) put({document});
    EXPECT_EQ(catalog().find_document("a1"), second);
    EXPECT_THAT(found(R"({"l": "new"})"), ElementsAre("a1"));
    EXPECT_THAT(found(R"({"l": "old"})"), IsEmpty());
    EXPECT_THAT(found(R"({"n": {"$lt": 2}})"), IsEmpty());
    EXPECT_THAT(found(R"({"m": "same"})"), ElementsAre("a1"));
    EXPECT_EQ(catalog().find_lineage("p1", Direction::down, 9).size(), 1);
  }
}

TEST_P(CatalogContract, decides_between_two_of_one_revision_the_same_way_in_any_order) {
  const CatalogDocument one = a_document("a1", 5, Json::parse(R"({"l": "one"})"));
  const CatalogDocument two = a_document("a1", 5, Json::parse(R"({"l": "two"})"));
  put({one});
  put({two});
  const auto kept = catalog().find_document("a1");
  empty();
  put({two});
  put({one});
  EXPECT_EQ(catalog().find_document("a1"), kept);
}

TEST_P(CatalogContract, finds_ids_by_how_they_begin) {
  put({a_document("ab1", 1), a_document("ab2", 2), a_document("b", 3), a_document("a%", 4),
       a_document("a_\xff", 5)});
  EXPECT_THAT(catalog().find_ids("ab", 9), ElementsAre("ab1", "ab2"));
  EXPECT_THAT(catalog().find_ids("ab", 1), ElementsAre("ab1"));
  EXPECT_THAT(catalog().find_ids("a%", 9), ElementsAre("a%"));
  EXPECT_THAT(catalog().find_ids("a_\xff", 9), ElementsAre("a_\xff"));
  EXPECT_THAT(catalog().find_ids("", 2), ElementsAre("a%", "a_\xff"));
}

TEST_P(CatalogContract, follows_lineage_one_step_up_and_down) {
  CatalogDocument child = a_document("child", 7);
  child.based_on = {"parent", "nobody", "parent"};
  CatalogDocument younger = a_document("younger", 8);
  younger.based_on = {"parent", "younger"};
  put({child, a_document("parent", 3), younger});
  EXPECT_THAT(catalog().find_lineage("child", Direction::up, 9),
              ElementsAre(LineageNode{"parent", at_microsecond(3)}, LineageNode{"nobody", std::nullopt}));
  EXPECT_THAT(
      catalog().find_lineage("parent", Direction::down, 9),
      ElementsAre(LineageNode{"younger", at_microsecond(8)}, LineageNode{"child", at_microsecond(7)}));
  EXPECT_THAT(catalog().find_lineage("parent", Direction::down, 1),
              ElementsAre(LineageNode{"younger", at_microsecond(8)}));
  EXPECT_THAT(catalog().find_lineage("nobody", Direction::down, 9),
              ElementsAre(LineageNode{"child", at_microsecond(7)}));
  EXPECT_THAT(catalog().find_lineage("nobody", Direction::up, 9), IsEmpty());
  EXPECT_THAT(catalog().find_lineage("unknown", Direction::up, 9), IsEmpty());
  EXPECT_THAT(found("{}"), ElementsAre("younger", "child", "parent")) << "an unknown parent is no document";
}

TEST_P(CatalogContract, keeps_states_with_the_documents_they_stand_for) {
  EXPECT_EQ(catalog().find_state("feed"), std::nullopt);
  catalog().put({}, {{"feed", "1"}, {"salt", "mine"}});
  catalog().put(std::vector{a_document("a", 1)}, {{"feed", std::string("2\0", 2)}});
  EXPECT_EQ(catalog().find_state("feed"), std::string("2\0", 2));
  EXPECT_EQ(catalog().find_state("salt"), "mine");
  EXPECT_UNIO_ERROR(catalog().put(std::vector{a_document("", 1)}, {{"feed", "3"}}), invalid_argument);
  EXPECT_EQ(catalog().find_state("feed"), std::string("2\0", 2));
}

CatalogDocument of_file(const std::string& id, const std::string& file, std::uint64_t revision = 0) {
  CatalogDocument document =
      a_document(id, 1, Json::object({{"file_relpaths", Json::Array{Json(file)}}, {"size", 7}}));
  document.revision = revision;
  document.based_on = {"p"};
  return document;
}

TEST_P(CatalogContract, finds_what_waits_to_be_indexed_by_id_and_lineage_and_then_by_everything) {
  EXPECT_EQ(catalog().put(std::vector{of_file("a", "train.txt")}, {}, Indexing::later), 1);
  EXPECT_EQ(catalog().put(std::vector{of_file("b", "test.txt")}, {}, Indexing::later), 1);
  EXPECT_EQ(catalog().find_document("a"), of_file("a", "train.txt"));
  EXPECT_EQ(catalog().find_lineage("p", Direction::down, 9).size(), 2);
  under_test().open()->put({}, {{"feed", "1"}}, Indexing::now);
  EXPECT_THAT(found(R"({"file_relpaths": "train.txt"})"), ElementsAre("a"));
  EXPECT_THAT(found(R"({"file_relpaths": {"$regex": "est.t"}})"), ElementsAre("b"));
  EXPECT_THAT(found(R"({"size": {"$gt": 6}})"), ElementsAre("a", "b"));
}

TEST_P(CatalogContract, indexes_what_waits_together_with_what_comes) {
  catalog().put(std::vector{of_file("a", "train.txt")}, {}, Indexing::later);
  put({of_file("b", "train.txt")});
  EXPECT_THAT(found(R"({"file_relpaths": "train.txt"})"), ElementsAre("a", "b"));
  EXPECT_THAT(found(R"({"file_relpaths": {"$regex": "rain"}})"), ElementsAre("a", "b"));
}

TEST_P(CatalogContract, replaces_what_waits_by_a_newer_revision) {
  catalog().put(std::vector{of_file("a", "old.txt")}, {}, Indexing::later);
  EXPECT_EQ(catalog().put(std::vector{of_file("a", "new.txt", 1)}, {}, Indexing::later), 1);
  EXPECT_EQ(catalog().put(std::vector{of_file("a", "old.txt")}, {}, Indexing::later), 0);
  catalog().put({}, {}, Indexing::now);
  EXPECT_THAT(found(R"({"file_relpaths": "old.txt"})"), IsEmpty());
  EXPECT_THAT(found(R"({"file_relpaths": {"$regex": "new"}})"), ElementsAre("a"));
  EXPECT_THAT(found(R"({"size": 7})"), ElementsAre("a"));
}

TEST_P(CatalogContract, shares_packages_among_documents_that_are_found_with_them) {
  const auto packages = std::make_shared<const Json>(Json::object({{"pandas", "2.1.3"}}));
  CatalogDocument a = a_document("a", 1),
                  b = a_document("b", 1, Json::object({{"python_packages", nullptr}}));
  a.shared_packages = b.shared_packages = packages;
  EXPECT_EQ(put({a, b}), 2);
  EXPECT_EQ(put({a, b}), 0) << "nothing is newer";
  EXPECT_THAT(found(R"({"python_packages.pandas": "2.1.3"})"), ElementsAre("a", "b"));
  EXPECT_EQ(*catalog().find_document("b")->document.find("python_packages"), *packages);
}

TEST_P(CatalogContract, forgets_everything_when_it_is_built_anew_from_nothing) {
  CatalogDocument document = a_document("a", 1, Json::parse(R"({"file_relpaths": ["abcdef"]})"));
  document.based_on = {"p"};
  catalog().put(std::vector{document}, {{"feed", "1"}});
  catalog().put(std::vector{of_file("b", "waits.txt")}, {}, Indexing::later);
  empty();
  EXPECT_EQ(catalog().find_document("a"), std::nullopt);
  EXPECT_EQ(catalog().find_state("feed"), std::nullopt);
  EXPECT_THAT(catalog().find_lineage("p", Direction::down, 9), IsEmpty());
  EXPECT_THAT(found(R"({"file_relpaths": {"$regex": "abcdef"}})"), IsEmpty());
  put({document});
  EXPECT_THAT(found(R"({"file_relpaths": {"$regex": "abcdef"}})"), ElementsAre("a"));
  EXPECT_THAT(found(R"({"file_relpaths": "waits.txt"})"), IsEmpty());
}

TEST_P(CatalogContract, has_what_it_was_built_anew_from) {
  catalog().put(std::vector{a_document("old", 1)}, {{"feed", "1"}, {"old", "1"}});
  const auto fill = [](Catalog& filled) {
    filled.put(std::vector{of_file("a", "first.txt")}, {}, Indexing::later);
    filled.put(std::vector{of_file("b", "second.txt")}, {}, Indexing::later);
    EXPECT_UNIO_ERROR(filled.put(std::vector{a_document("", 1)}), invalid_argument);
    filled.put({}, {{"feed", "2"}}, Indexing::now);
  };
  catalog().rebuild(fill, Present::goes);
  EXPECT_THAT(found("{}"), ElementsAre("a", "b"));
  EXPECT_THAT(found(R"({"file_relpaths": {"$regex": "second"}})"), ElementsAre("b"));
  EXPECT_EQ(catalog().find_state("feed"), "2");
  EXPECT_EQ(catalog().find_state("old"), std::nullopt);
  EXPECT_EQ(put({a_document("c", 3)}), 1);
  EXPECT_EQ(under_test().open()->find_ids("", 9), (std::vector<std::string>{"a", "b", "c"}));
}

TEST_P(CatalogContract, answers_the_same_when_it_was_compacted) {
  put({a_document("a", 1, Json::parse(R"({"file_relpaths": ["train.txt"]})"))});
  catalog().compact();
  EXPECT_THAT(found(R"({"file_relpaths": {"$regex": "ain.txt"}})"), ElementsAre("a"));
  EXPECT_EQ(put({a_document("b", 2)}), 1);
}

TEST_P(CatalogContract, pages_through_all_that_match_once_newest_first) {
  std::vector<CatalogDocument> documents;
  for (int i = 0; i < 40; ++i) {
    // Many at one moment.
    documents.push_back(
        a_document("a" + std::to_string(100 + i), i / 15,
                   Json::object({{"even", i % 2 == 0}, {"l", i % 4 == 0 ? "four" : "other"}})));
  }
  put(documents);
  for (const char* wanted :
       {"{}", R"({"even": true})", R"({"l": "four"})", R"({"l": {"$regex": "^fo"}})",
        R"({"l": "other", "even": false})", R"({"l": "other", "even": {"$ne": false}})"}) {
    const std::vector<std::string> all = found(wanted);
    std::vector<std::string> paged;
    FindOptions options{.limit = 3};
    do {
      const FindPage page = catalog().find(query(wanted), options);
      for (const CatalogDocument& document : page.documents) paged.push_back(document.id);
      EXPECT_EQ(page.total, (FindTotal{all.size(), true}));
      options.after = page.next;
    } while (options.after);
    EXPECT_EQ(paged, all) << wanted;
  }
  EXPECT_EQ(found("{}").size(), 40);
  EXPECT_EQ(found("{}").front(), "a130");
}

TEST_P(CatalogContract, finds_a_document_once_however_many_of_its_values_match) {
  const auto of_sizes = [](std::string id, std::int64_t time, const std::vector<int>& sizes) {
    Json::Array files, names, numbers;
    for (const int size : sizes) {
      files.push_back(Json::object({{"size", size}, {"seen", QueryValue{at_microsecond(size)}.to_json()}}));
      names.emplace_back("file " + std::to_string(size));
      numbers.emplace_back(size);
    }
    return a_document(std::move(id), time,
                      Json::object({{"files", files}, {"names", names}, {"sizes", numbers}}));
  };
  put({of_sizes("a", 1, {1, 2, 3}), of_sizes("b", 2, {2, 3, 4}), of_sizes("c", 3, {9})});
  const std::vector<std::string> both{"b", "a"};
  for (const std::string_view json :
       {R"({"files.size": {"$gt": 1, "$lt": 9}})", R"({"sizes": {"$lte": 4}})",
        R"({"sizes": {"$in": [2, 3]}})", R"({"names": {"$in": ["file 2", "file 3"]}})",
        R"({"names": {"$regex": "file [2-4]"}})",
        R"({"files.seen": {"$lt": {"$date": "1970-01-01T00:00:00.000005Z"}}})",
        R"({"files": {"$elemMatch": {"size": {"$gte": 1, "$lte": 4}}}})"}) {
    const FindPage page = catalog().find(query(json), {});
    std::vector<std::string> ids;
    for (const CatalogDocument& document : page.documents) ids.push_back(document.id);
    EXPECT_EQ(ids, both) << json;
    EXPECT_EQ(page.total, (FindTotal{2, true})) << json;
    EXPECT_EQ(found(query(json), 1), std::vector<std::string>{"b"}) << json;
  }
}

TEST_P(CatalogContract, counts_only_when_asked) {
  put({a_document("a", 1)});
  EXPECT_EQ(catalog().find(query("{}"), {.counting = Counting::no}).total, std::nullopt);
  EXPECT_UNIO_ERROR(catalog().find(query("{}"), {.limit = 0}), invalid_argument);
}

TEST_P(CatalogContract, finds_nothing_in_an_empty_catalogue) {
  const FindPage page = catalog().find(query(R"({"a": 1})"), {});
  EXPECT_THAT(page.documents, IsEmpty());
  EXPECT_EQ(page.next, std::nullopt);
  EXPECT_EQ(page.total, (FindTotal{0, true}));
}

TEST_P(CatalogContract, refuses_documents_that_it_could_not_tell_the_age_of) {
  CatalogDocument document = a_document("a", 1);
  document.document.if_object()->erase("creation_time");
  EXPECT_UNIO_ERROR(put({document}), invalid_argument);
  document.document.set("creation_time", QueryValue{at_microsecond(2)}.to_json());
  EXPECT_UNIO_ERROR(put({document}), invalid_argument);
  document.document = Json(1);
  EXPECT_UNIO_ERROR(put({a_document("b", 1), document}), invalid_argument);
  EXPECT_EQ(catalog().find_document("b"), std::nullopt) << "nothing of a refused put is there";
}

TEST_P(CatalogContract, takes_odd_text_for_what_it_is) {
  const std::vector<std::string> odd = {"'; DROP TABLE documents; --",
                                        "\"",
                                        "%",
                                        "_",
                                        "?",
                                        "$1",
                                        std::string("a\0b", 3),
                                        "\\",
                                        "é",
                                        "e\u0301",
                                        "\U0001F41A",
                                        "\xed\xa0\x80",  // a lone surrogate
                                        std::string(4096, 'x'),
                                        "../../etc/passwd",
                                        "NULL",
                                        ""};
  std::vector<CatalogDocument> documents;
  for (std::size_t i = 0; i < odd.size(); ++i) {
    Json members = Json::object({{"value", odd[i]}, {"file_relpaths", Json::Array{odd[i]}}});
    if (!odd[i].empty()) members.set(odd[i], Json("named"));
    documents.push_back(a_document("id " + odd[i], static_cast<std::int64_t>(i), members));
  }
  put(documents);
  for (std::size_t i = 0; i < odd.size(); ++i) {
    const std::string id = "id " + odd[i];
    EXPECT_EQ(catalog().find_document(id), documents[i]);
    const Query wanted{query::Field{FieldPath::parse("value"), query::Equals{QueryValue{odd[i]}}}};
    EXPECT_THAT(found(wanted), ElementsAre(id));
  }
}

TEST_P(CatalogContract, takes_queries_with_as_many_and_as_long_paths_as_there_may_be) {
  put({a_document("a", 1, Json::parse(R"({"p": "v"})")), a_document("b", 2)});
  Json::Array either{Json::object({{"p", "v"}})};
  for (std::size_t i = 0; i + 10 < QueryLimits::nodes; ++i) {
    std::string path = fmt::format("p{}", i);
    for (std::size_t k = 1; k < QueryLimits::names; ++k) path += fmt::format(".n{}", k);
    either.push_back(Json::object({{path, "v"}}));
  }
  EXPECT_THAT(found(parse_query(Json::object({{"$or", std::move(either)}}))), ElementsAre("a"));
}

TEST_P(CatalogContract, gives_up_when_there_is_no_time) {
  put({a_document("a", 1)});
  EXPECT_UNIO_ERROR(
      catalog().find(query(R"({"a": {"$size": 2}})"), {.time_limit = std::chrono::milliseconds(-1)}),
      deadline_exceeded);
  EXPECT_THAT(found("{}"), ElementsAre("a")) << "later calls have their own time";
}

TEST_P(CatalogContract, shows_each_opened_catalogue_what_another_put) {
  const auto other = under_test().open();
  put({a_document("a", 1)});
  EXPECT_TRUE(other->find_document("a").has_value());
}

}  // namespace
}  // namespace unio::test
