#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "catalog/catalog.hpp"
#include "model/artifact.hpp"

namespace unio::bench {

/// A seeded corpus of artifacts, 5 files and 6 labels each, in 50 environments of 150 packages: the same for
/// the same count.
class ArtifactCorpus {
 public:
  static constexpr std::size_t users = 100;

  explicit ArtifactCorpus(std::size_t count) : count_(count) {
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

  /// The same as what a store has of it, without the label that is a number.
  ArtifactRecord record(std::size_t i) const {
    const Json json = document(i).document;
    const Json& labels = *json.find("labels");
    ArtifactRecord made{.artifact_id = id(i), .run_id = json.get_string("run_id"), .creation_time = time(i)};
    made.environment.username = json.get_string("username");
    made.environment.hostname = json.get_string("hostname");
    made.environment.argv = json.get_string("argv");
    for (const auto& [name, version] : *json.find("python_packages")->if_object())
      made.environment.python_packages.emplace(name, *version.if_string());
    const Json& git = *json.find("git");
    made.environment.git = ArtifactGit{git.get_string("branch"), git.get_string("commit"), {}, false};
    made.environment.capture = "safe";
    for (const std::string_view name : ArtifactLabels::names()) {
      if (auto* text = made.labels.find(name)) *text = labels.find_string(name).value_or("");
    }
    for (const Json& parent : *json.find("based_on")->if_array())
      made.based_on.push_back(*parent.if_string());
    made.local_root = "/home/" + made.environment.username;
    made.remote_root = json.get_string("remote_root");
    for (const Json& file : *json.find("files")->if_array()) {
      const std::string name = file.get_string("relpath");
      made.files.push_back(
          {name, sha256(as_bytes(fmt::format("{}/{}", i, name))), name.size(), std::nullopt});
    }
    std::ranges::sort(made.files, {}, &ArtifactFile::relpath);
    return made;
  }

 private:
  static constexpr std::size_t environments = 50, packages = 150;
  static constexpr std::int64_t first_time = 1'700'000'000'000'000, between = 20'000'000;  // microseconds

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

}  // namespace unio::bench
