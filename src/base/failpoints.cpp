#include "base/failpoints.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>

#include "base/error.hpp"

namespace unio {

enum class FailAction { kill, error, pause };

/// One armed failpoint: what happens on which pass.
struct Failpoints::Armed {
  FailAction action = FailAction::kill;
  std::optional<std::uint64_t> only_pass;
  std::string release_file;
  std::atomic<std::uint64_t> passes = 0;
};

namespace {

constexpr std::array failpoint_table{
    FailpointInfo{"push.after_session", "the push has announced itself; nothing else is written"},
    FailpointInfo{"push.after_objects", "all data is in the registry; no manifest yet"},
    FailpointInfo{"push.after_manifest", "the manifest is in the registry; nothing points at it"},
    FailpointInfo{"push.after_revision", "the revision record is written; no intent yet"},
    FailpointInfo{"push.after_intent", "the intent is written; no pointer has moved"},
    FailpointInfo{"push.after_latest", "`latest` has moved; the history does not know it"},
    FailpointInfo{"push.after_timestamp", "the history has the revision; the tag has not moved"},
    FailpointInfo{"push.after_tag", "all pointers have moved; the feed does not know it"},
    FailpointInfo{"push.after_feed", "all is written; the intent stands"},
    FailpointInfo{"workspace.after_state", "the workspace knows that it is published"},
    FailpointInfo{"install.after_fetch", "a round of files is fetched under temporary names"},
    FailpointInfo{"install.after_files", "all files are in place; the folder is not bound yet"},
    FailpointInfo{"install.after_state", "the folder is bound to its package"},
    FailpointInfo{"sync.after_trash", "changed and unknown files are in the trash; nothing is restored"},
    FailpointInfo{"sync.after_files", "the files match; the index does not know it"},
    FailpointInfo{"tag.after_intent", "the intent is written; the tag has not moved"},
    FailpointInfo{"tag.after_move", "the tag has moved; its reflog does not know it"},
    FailpointInfo{"rollback.after_intent", "the intent is written; `latest` has not moved"},
    FailpointInfo{"rollback.after_move", "`latest` has moved; its reflog does not know it"},
    FailpointInfo{"save.after_files", "the artifact's files are in place; no metadata speaks of them"},
    FailpointInfo{"save.after_logs", "so are its logs"},
    FailpointInfo{"save.after_metadata", "the artifact exists; the feed does not know it"},
    FailpointInfo{"save.after_feed", "the artifact is found; its content is not known to later saves"},
    FailpointInfo{"save.after_contents", "all is written; the session stands"},
    FailpointInfo{"repo.after_values",
                  "all values are stored; the index of the repository does not name them"},
    FailpointInfo{"repo.after_announcement", "the registry knows that the index is about to change"},
    FailpointInfo{"repo.after_index", "the index of the repository names them"},
    FailpointInfo{"repo.after_feed", "the registry's feed lists them"},
};

Error bad_failpoint(std::string_view text, std::string_view why) {
  return Error(ErrorCode::invalid_argument, fmt::format("UNIO_FAIL '{}': {}", text, why),
               "unio --list-failpoints shows the names; actions are kill, error and pause");
}

FailAction parse_action(std::string_view setting, std::string_view text) {
  if (text == "kill") return FailAction::kill;
  if (text == "error") return FailAction::error;
  if (text == "pause") return FailAction::pause;
  throw bad_failpoint(setting, "no such action");
}

std::uint64_t parse_pass(std::string_view setting, std::string_view text) {
  std::uint64_t pass = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pass);
  if (error != std::errc() || end != text.data() + text.size() || pass == 0)
    throw bad_failpoint(setting, "no number of a pass");
  return pass;
}

void wait_for_file(const std::string& path) {
  while (!std::filesystem::exists(path)) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

}  // namespace

std::span<const FailpointInfo> Failpoints::all() {
  return failpoint_table;
}

Failpoints Failpoints::from_environment(const Environment& environment) {
  Failpoints failpoints;
  const std::string text = environment.find("UNIO_FAIL").value_or("");
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find(',', start), text.size());
    const std::string_view setting = std::string_view(text).substr(start, end - start);
    start = end + 1;
    const auto colon = setting.find(':');
    if (colon == std::string_view::npos) throw bad_failpoint(setting, "no action");
    const std::string_view place = setting.substr(0, colon);
    const auto at = place.find('@');
    const std::string_view name = place.substr(0, at);
    const bool known = std::any_of(failpoint_table.begin(), failpoint_table.end(),
                                   [&](const FailpointInfo& info) { return info.name == name; });
    if (!known) throw bad_failpoint(setting, "no such failpoint");
    auto armed = std::make_shared<Armed>();
    armed->action = parse_action(setting, setting.substr(colon + 1));
    if (at != std::string_view::npos) armed->only_pass = parse_pass(setting, place.substr(at + 1));
    armed->release_file = environment.find("UNIO_FAIL_RELEASE").value_or("");
    if (armed->action == FailAction::pause && armed->release_file.empty()) {
      throw bad_failpoint(setting, "UNIO_FAIL_RELEASE names no file");
    }
    failpoints.armed_.insert_or_assign(std::string(name), std::move(armed));
  }
  return failpoints;
}

void Failpoints::pass(std::string_view name) const {
  if (armed_.empty()) return;
  const auto found = armed_.find(name);
  if (found == armed_.end()) return;
  Armed& armed = *found->second;
  const std::uint64_t pass = ++armed.passes;
  if (armed.only_pass && *armed.only_pass != pass) return;
  switch (armed.action) {
    case FailAction::kill:
      ::raise(SIGKILL);
      break;
    case FailAction::error:
      throw Error(ErrorCode::unavailable, fmt::format("failpoint '{}'", name));
    case FailAction::pause:
      wait_for_file(armed.release_file);
      break;
  }
}

}  // namespace unio
