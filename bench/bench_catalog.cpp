// Measures a catalogue: fills it with artifacts made from a seed, then asks each question often and prints
// how long the answers took. Usage: bench_catalog FILE|URL COUNT [ASKED]
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <random>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "catalog/postgres/postgres_catalog.hpp"
#include "catalog/sqlite/sqlite_catalog.hpp"

namespace {

using namespace unio;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t environments = 50, packages = 150, users = 100, batch = 1000;
constexpr std::int64_t first_time = 1'700'000'000'000'000, between = 20'000'000;  // microseconds

class Corpus {
 public:
  explicit Corpus(std::size_t count) : count_(count) {
    for (std::size_t i = 0; i < environments; ++i) {
      Json::Object versions;
      for (std::size_t k = 0; k < packages; ++k) {
        versions.set(fmt::format("package{}", k), fmt::format("{}.{}.{}", k % 5, (i * k) % 12, (i + k) % 7));
      }
      environments_.emplace_back(std::move(versions));
    }
  }

  static std::string id(std::size_t i) {
    const std::string hex = to_hex(sha256(as_bytes(fmt::format("artifact {}", i))));
    return fmt::format("artifact_{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                       hex.substr(16, 4), hex.substr(20, 12));
  }
  static Time time(std::size_t i) {
    return Time(std::chrono::microseconds(first_time + static_cast<std::int64_t>(i) * between +
                                          static_cast<std::int64_t>(i * 7919 % 1'000'003)));
  }

  CatalogDocument document(std::size_t i) const {
    std::mt19937_64 random(i);
    const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
    CatalogDocument made{.id = id(i), .creation_time = time(i)};
    if (i > 0) made.based_on.push_back(id(i - 1 - below(std::min<std::size_t>(i, 1000))));
    const std::string user = fmt::format("user{}", below(users));
    Json::Array names, files;
    for (const std::string& name : file_names(i, below(100))) {
      names.emplace_back(name);
      files.push_back(Json::object({{"relpath", name},
                                    {"sha256", to_hex(sha256(as_bytes(fmt::format("{}/{}", i, name))))},
                                    {"size", static_cast<std::int64_t>(below(1 << 30))}}));
    }
    Json::Array based_on(made.based_on.begin(), made.based_on.end());
    made.document = Json::object(
        {{"kind", "artifact"},
         {"artifact_id", made.id},
         {"run_id", "run_" + to_hex(sha256(as_bytes(fmt::format("run {}", i / 4)))).substr(0, 32)},
         {"username", user},
         {"hostname", fmt::format("host{}", below(200))},
         {"argv", fmt::format("python train.py --epochs {} --seed {}", below(100), below(10))},
         {"creation_time", Json::object({{"$date", format_time(made.creation_time)}})},
         {"python_version", fmt::format("3.{}.{}", 9 + below(4), below(10))},
         {"python_packages", environments_[below(environments)]},
         {"git",
          Json::object({{"commit", to_hex(sha256(as_bytes(fmt::format("commit {}", i / 20)))).substr(0, 40)},
                        {"branch", "main"}})},
         {"remote_root", fmt::format("s3://bucket/prefix/{}/{}", user, made.id)},
         {"file_relpaths", std::move(names)},
         {"files", std::move(files)},
         {"based_on", std::move(based_on)},
         {"labels",
          Json::object({{"ticket", fmt::format("AB-{}", below(5000))},
                        {"project", fmt::format("project{}", below(40))},
                        {"datatype", fmt::format("datatype{}", below(20))},
                        {"dataset", fmt::format("dataset{}", below(300))},
                        {"description", fmt::format("run of {} with variant {}", user, below(1000))},
                        {"accuracy", static_cast<double>(below(100'000)) / 100'000}})},
         {"version", 1}});
    return made;
  }

 private:
  /// Every artifact has a *.txt, one of a hundred a model.ckpt, and ten of all a needle.
  std::vector<std::string> file_names(std::size_t i, std::size_t of_hundred) const {
    const bool is_needle = i % std::max<std::size_t>(count_ / 10, 1) == 7;
    return {"train.txt", "metrics.json", of_hundred == 0 ? "model.ckpt" : "model.pt",
            fmt::format("shard-{:05}.parquet", i % 2000),
            is_needle ? "needle.bin" : fmt::format("report_{}.html", i % 50'000)};
  }

  std::size_t count_;
  std::vector<Json> environments_;
};

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
  const std::string recently = format_time(Corpus::time(count - count / 4));
  return {
      {"seed",
       [=](std::size_t i) {
         return find(fmt::format(R"({{"username": "user{}", "labels.datatype": "datatype{}",
              "creation_time": {{"$gte": {{"$date": "{}"}}}}, "file_relpaths": {{"$regex": "\\.txt"}}}})",
                                 i % users, i % 20, recently),
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
             .find_lineage(Corpus::id(i * 7919 % count), i % 2 == 0 ? Direction::up : Direction::down, 50)
             .size();
       }},
      {"based on",
       [=, &catalog](std::size_t i) {
         return catalog
             .find(mongo(fmt::format(R"({{"based_on": "{}"}})", Corpus::id(i * 7919 % count))), {.limit = 50})
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
  fmt::print("{:16} p50 {:9.2f} ms   p95 {:9.2f} ms   {:8.1f} found\n", question.name, took[took.size() / 2],
             took[took.size() * 95 / 100], static_cast<double>(found) / static_cast<double>(times));
  std::fflush(stdout);
}

void fill(Catalog& catalog, std::size_t count) {
  const Corpus corpus(count);
  for (std::size_t begin = 0; begin < count; begin += batch) {
    std::vector<CatalogDocument> documents;
    for (std::size_t i = begin; i < std::min(count, begin + batch); ++i)
      documents.push_back(corpus.document(i));
    catalog.put(documents);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::string where = argv[1];
  const std::size_t count = std::strtoull(argv[2], nullptr, 10);
  const std::size_t times = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 100;
  const auto catalog =
      where.starts_with("postgresql:") ? open_postgres_catalog(where) : open_sqlite_catalog(where);
  if (!catalog->find_document(Corpus::id(count - 1))) {
    const auto begin = SteadyClock::now();
    fill(*catalog, count);
    catalog->compact();
    fmt::print("filled in {:.1f} s\n", milliseconds(SteadyClock::now() - begin) / 1000);
  }
  for (const Question& question : questions(*catalog, count)) ask(question, times);
  struct rusage usage {};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print("peak memory {} MiB\n", usage.ru_maxrss / 1024);
  return 0;
}
