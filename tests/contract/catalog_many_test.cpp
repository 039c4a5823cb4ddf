#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <thread>

#include "base/error.hpp"
#include "contract/catalog_test.hpp"

namespace unio::test {
namespace {

using CatalogWithMany = CatalogTest;
INSTANTIATE_TEST_SUITE_P(All, CatalogWithMany, testing::ValuesIn(catalog_factories()), catalog_name);

CatalogDocument saved_by(int who, int which) {
  const std::string id = "a" + std::to_string(who) + "." + std::to_string(which);
  CatalogDocument document =
      a_document(id, which,
                 Json::object({{"username", "user" + std::to_string(who)},
                               {"python_packages", Json::object({{"pandas", "2.1.3"}})},
                               {"file_relpaths", Json::Array{"train.txt", id}}}));
  document.based_on = {"a0.0"};
  return document;
}

/// Runs `body` in a process of its own, of which only the exit code comes back.
pid_t start_process(const std::function<void()>& body) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  int result = 0;
  try {
    body();
  } catch (const std::exception& error) {
    ::write(STDERR_FILENO, error.what(), std::string_view(error.what()).size());
    result = 1;
  }
  ::_exit(result);
}

bool ended_well(pid_t process) {
  int status = 0;
  return ::waitpid(process, &status, 0) == process && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// Runs `body` in so many processes at once, each of which is told which one it is.
void run_processes(int count, const std::function<void(int who)>& body) {
  std::vector<pid_t> started;
  for (int who = 0; who < count; ++who) started.push_back(start_process([&] { body(who); }));
  for (const pid_t process : started) EXPECT_TRUE(ended_well(process));
}

TEST_P(CatalogWithMany, takes_what_64_processes_put_at_once) {
  constexpr int processes = 64, each = 3;
  // No connection of ours may be carried into them, and they begin with a catalogue that is not there yet.
  const auto fresh = GetParam().make();
  run_processes(processes, [&](int who) {
    const auto catalog = fresh->open();
    for (int which = 0; which < each; ++which) catalog->put(std::vector{saved_by(who, which)});
  });

  const auto catalog = fresh->open();
  std::set<std::string> ids;
  const FindPage page = catalog->find(query("{}"), {.limit = 1000});
  for (const CatalogDocument& document : page.documents) EXPECT_TRUE(ids.insert(document.id).second);
  EXPECT_EQ(ids.size(), processes * each);
  EXPECT_EQ(page.total, (FindTotal{processes * each, true}));
  EXPECT_EQ(catalog->find_lineage("a0.0", Direction::down, 1000).size(), processes * each);
}

TEST_P(CatalogWithMany, answers_many_threads_while_others_put) {
  constexpr int threads = 8;
  std::vector<std::jthread> running;
  for (int who = 0; who < threads; ++who) {
    running.emplace_back([&, who] {
      for (int which = 0; which < 10; ++which) {
        put({saved_by(who, which)});
        const Query mine{query::Field{FieldPath::parse("username"),
                                      query::Equals{QueryValue{"user" + std::to_string(who)}}}};
        EXPECT_EQ(found(mine).size(), static_cast<std::size_t>(which) + 1);
      }
    });
  }
  running.clear();
  EXPECT_EQ(found("{}").size(), threads * 10);
}

TEST_P(CatalogWithMany, has_everything_when_several_build_it_at_once_and_others_ask) {
  constexpr int processes = 6, documents = 20;
  const auto fresh = GetParam().make();
  run_processes(processes, [&](int) {
    const auto catalog = fresh->open();
    const auto fill = [&](Catalog& filled) {
      for (int which = 0; which < documents; ++which) {
        filled.put(std::vector{saved_by(0, which)}, {}, Indexing::later);
        catalog->find(query(R"({"username": "user0"})"), {});
      }
      filled.put({}, {}, Indexing::now);
    };
    for (int times = 0; times < 3; ++times) catalog->rebuild(fill, Present::stays);
    check(catalog->find(query("{}"), {.limit = 1000}).documents.size() == documents, "all are there");
  });
  EXPECT_EQ(fresh->open()->find(query(R"({"username": "user0"})"), {.limit = 1000}).documents.size(),
            documents);
}

TEST_P(CatalogWithMany, counts_no_further_than_ten_thousand) {
  std::vector<CatalogDocument> documents;
  for (int i = 0; i < 10'001; ++i) {
    documents.push_back(
        a_document("a" + std::to_string(i), i, Json::object({{"all", true}, {"but_one", i > 0}})));
  }
  put(documents);
  const auto total = [&](std::string_view wanted) {
    return catalog().find(query(wanted), {.time_limit = enough_time}).total;
  };
  EXPECT_EQ(total(R"({"but_one": true})"), (FindTotal{10'000, true}));
  EXPECT_EQ(total(R"({"all": true})"), (FindTotal{10'000, false}));
  EXPECT_EQ(total(R"({"all": {"$elemMatch": {"$eq": true}}})"), (FindTotal{0, true}));
}

}  // namespace
}  // namespace unio::test
