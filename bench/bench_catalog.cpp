// Measures a catalogue with artifacts that are made from a seed.
//
//   bench_catalog fill FILE|URL COUNT        puts them; prints how long that took
//   bench_catalog ask FILE|URL COUNT TIMES [QUESTION]
//                                            asks each question so often; prints a line of JSON for each
//   bench_catalog scan FILE COUNT TIMES      the same range by json_extract over a plain table of documents
//
// Times are milliseconds. The plain table is made when FILE is absent, and uses nothing but SQLite.

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "artifact_corpus.hpp"
#include "catalog/postgres/postgres_catalog.hpp"
#include "catalog/sqlite/sqlite_catalog.hpp"
#include "system_error.hpp"

namespace unio::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t batch = 1000;

struct Question {
  std::string name;
  std::function<std::size_t(std::size_t)> ask;  ///< tells how many it found
};

Query mongo(const std::string& json) {
  return parse_query(Json::parse(json));
}

std::vector<Question> questions(Catalog& catalog, std::size_t count) {
  const auto find = [&catalog](const std::string& json, std::size_t limit) {
    const FindPage page = catalog.find(mongo(json), {.limit = limit, .time_limit = std::chrono::seconds(60)});
    return page.documents.size();
  };
  const std::string recently = format_time(ArtifactCorpus::time(count - count / 4));
  return {
      {"seed",
       [=](std::size_t i) {
         return find(fmt::format(R"({{"username": "user{}", "labels.datatype": "datatype{}",
              "creation_time": {{"$gte": {{"$date": "{}"}}}}, "file_relpaths": {{"$regex": "\\.txt"}}}})",
                                 i % ArtifactCorpus::users, i % 20, recently),
                     50);
       }},
      {"label",
       [=](std::size_t i) { return find(fmt::format(R"({{"labels.dataset": "dataset{}"}})", i % 300), 50); }},
      {"common label",
       [=](std::size_t i) {
         return find(fmt::format(R"({{"labels.datatype": "datatype{}"}})", i % 20), 50);
       }},
      {"range",
       [=](std::size_t i) {
         return find(
             fmt::format(R"({{"labels.accuracy": {{"$gt": 0.{:02}, "$lt": 0.{:02}5}}}})", i % 100, i % 100),
             50);
       }},
      {"wide range",
       [=](std::size_t i) {
         return find(fmt::format(R"({{"labels.accuracy": {{"$gt": 0.{}}}}})", i % 9), 50);
       }},
      {"lineage",
       [=, &catalog](std::size_t i) {
         return catalog
             .find_lineage(ArtifactCorpus::id(i * 7919 % count), i % 2 == 0 ? Direction::up : Direction::down,
                           50)
             .size();
       }},
      {"based on",
       [=, &catalog](std::size_t i) {
         return catalog
             .find(mongo(fmt::format(R"({{"based_on": "{}"}})", ArtifactCorpus::id(i * 7919 % count))),
                   {.limit = 50})
             .documents.size();
       }},
      {"package",
       [=](std::size_t i) {
         return find(
             fmt::format(R"({{"python_packages.package7": "2.{}.{}"}})", i % 50 * 7 % 12, (i % 50 + 7) % 7),
             50);
       }},
      {"regex 0.001 %",
       [=](std::size_t) { return find(R"({"file_relpaths": {"$regex": "need.e\\.bin"}})", 50); }},
      {"regex 1 %",
       [=](std::size_t) { return find(R"({"file_relpaths": {"$regex": "^model\\.ckp"}})", 50); }},
      {"regex 100 %",
       [=](std::size_t) { return find(R"({"file_relpaths": {"$regex": "tr.*\\.txt$"}})", 50); }},
  };
}

double milliseconds(SteadyClock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

void ask(const Question& question, std::size_t times) {
  std::vector<double> took;
  std::size_t found = 0;
  for (std::size_t i = 0; i < times; ++i) {
    const auto begin = SteadyClock::now();
    found += question.ask(i);
    took.push_back(milliseconds(SteadyClock::now() - begin));
  }
  std::ranges::sort(took);
  fmt::print("{}\n", Json::object({{"question", question.name},
                                   {"p50", took[took.size() / 2]},
                                   {"p95", took[took.size() * 95 / 100]},
                                   {"found", static_cast<std::int64_t>(found / times)}})
                         .dump());
  std::fflush(stdout);
}

void fill(Catalog& catalog, std::size_t count) {
  const ArtifactCorpus corpus(count);
  const auto end = [count](std::size_t begin) { return std::min(count, begin + batch); };
  for (std::size_t begin = 0; begin < count; begin += batch) {
    std::vector<CatalogDocument> documents;
    for (std::size_t i = begin; i < end(begin); ++i) documents.push_back(corpus.document(i));
    catalog.put(documents, {}, end(begin) == count ? Indexing::now : Indexing::later);
  }
}

std::unique_ptr<Catalog> open(const std::string& where) {
  return where.starts_with("postgresql:") ? open_postgres_catalog(where) : open_sqlite_catalog(where);
}

/// A database without any of our tables.
class PlainTable {
 public:
  explicit PlainTable(const std::string& file) {
    check(sqlite3_initialize(), "start");
    check(sqlite3_open(file.c_str(), &database_), "open");
    run("PRAGMA cache_size = -32768");
  }
  ~PlainTable() { sqlite3_close(database_); }
  PlainTable(const PlainTable&) = delete;
  PlainTable& operator=(const PlainTable&) = delete;

  /// Documents are kept without their packages, which are most of their text.
  void fill(std::size_t count) {
    run("CREATE TABLE plain(n INTEGER PRIMARY KEY, time INTEGER NOT NULL, body TEXT NOT NULL); BEGIN");
    sqlite3_stmt* insert = prepare("INSERT INTO plain VALUES (?, ?, ?)");
    const ArtifactCorpus corpus(count);
    for (std::size_t i = 0; i < count; ++i) {
      CatalogDocument document = corpus.document(i);
      document.document.if_object()->erase("python_packages");
      const std::string body = document.document.dump();
      sqlite3_bind_int64(insert, 1, static_cast<std::int64_t>(i));
      sqlite3_bind_int64(insert, 2, document.creation_time.time_since_epoch().count());
      sqlite3_bind_text(insert, 3, body.data(), static_cast<int>(body.size()), SQLITE_STATIC);
      sqlite3_step(insert);
      check(sqlite3_reset(insert), "fill");
    }
    sqlite3_finalize(insert);
    run("COMMIT");
  }

  std::size_t find_range(double from, double to) {
    sqlite3_stmt* query = prepare(
        "SELECT n, body FROM plain WHERE json_extract(body, '$.labels.accuracy') > ? AND "
        "json_extract(body, '$.labels.accuracy') < ? ORDER BY time DESC LIMIT 50");
    sqlite3_bind_double(query, 1, from);
    sqlite3_bind_double(query, 2, to);
    std::size_t found = 0;
    while (sqlite3_step(query) == SQLITE_ROW) ++found;
    check(sqlite3_finalize(query), "query");
    return found;
  }

 private:
  void run(const char* text) { check(sqlite3_exec(database_, text, nullptr, nullptr, nullptr), text); }
  sqlite3_stmt* prepare(const char* text) {
    sqlite3_stmt* statement = nullptr;
    check(sqlite3_prepare_v2(database_, text, -1, &statement, nullptr), text);
    return statement;
  }
  void check(int result, const char* what) const {
    if (result != SQLITE_OK) throw std::runtime_error(fmt::format("{}: {}", what, sqlite3_errmsg(database_)));
  }

  sqlite3* database_ = nullptr;
};

void scan(const std::string& file, std::size_t count, std::size_t times) {
  const bool is_new = !std::filesystem::exists(file);
  PlainTable table(file);
  if (is_new) table.fill(count);
  ask({"range",
       [&](std::size_t i) {
         const double from = static_cast<double>(i % 100) / 100;
         return table.find_range(from, from + 0.005);
       }},
      times);
}

void main_of(const std::vector<std::string>& words) {
  const std::size_t count = words.size() < 3 ? 0 : std::stoul(words[2]);
  if (words.size() == 3 && words[0] == "fill") {
    const auto catalog = open(words[1]);
    const auto begin = SteadyClock::now();
    catalog->rebuild([&](Catalog& filled) { fill(filled, count); }, Present::goes);
    catalog->compact();
    fmt::print("{:.1f} s\n", milliseconds(SteadyClock::now() - begin) / 1000);
  } else if ((words.size() == 4 || words.size() == 5) && words[0] == "ask") {
    const auto catalog = open(words[1]);
    for (const Question& question : questions(*catalog, count)) {
      if (words.size() == 4 || words[4] == question.name) ask(question, std::stoul(words[3]));
    }
  } else if (words.size() == 4 && words[0] == "scan") {
    scan(words[1], count, std::stoul(words[3]));
  } else {
    throw std::invalid_argument("bench_catalog fill WHERE COUNT, or ask|scan WHERE COUNT TIMES [QUESTION]");
  }
}

}  // namespace
}  // namespace unio::bench

int main(int argc, char** argv) {
  return unio::bench::run([&] { unio::bench::main_of({argv + 1, argv + argc}); });
}
