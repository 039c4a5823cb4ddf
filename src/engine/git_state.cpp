#include "engine/git_state.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/error.hpp"
#include "base/split.hpp"
#include "base/threads.hpp"
#include "model/secrets.hpp"

namespace unio {
namespace {

using Arguments = std::vector<std::string>;

/// What git answers; absent when it fails, and where there is none.
std::optional<ProcessResult> ask_git(Arguments arguments, const std::filesystem::path& directory,
                                     const Context& context, std::uint64_t output_limit) {
  arguments.insert(arguments.begin(), {"git", "--no-optional-locks"});
  try {
    ProcessResult result = context.processes.run(arguments, directory, {.output_limit = output_limit});
    if (result.exit_code != 0 && !result.cut_off) return std::nullopt;
    return result;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::not_found || error.code() == ErrorCode::permission_denied)
      return std::nullopt;
    throw;
  }
}

struct Setting {
  std::string name;
  std::string value;
};

/// What `git config -z --get-regexp` lists, in its order.
std::vector<Setting> settings_of(const std::optional<ProcessResult>& answer) {
  std::vector<Setting> settings;
  if (!answer) return settings;
  for (const std::string& line : split(answer->output, '\0')) {
    const auto end = line.find('\n');
    if (end != std::string::npos) settings.push_back({line.substr(0, end), line.substr(end + 1)});
  }
  return settings;
}

std::optional<std::string> find_setting(const std::vector<Setting>& settings, std::string_view name) {
  const auto found =
      std::find_if(settings.begin(), settings.end(), [&](const Setting& s) { return s.name == name; });
  return found == settings.end() ? std::nullopt : std::optional(found->value);
}

std::optional<std::string> find_first_remote(const std::vector<Setting>& settings) {
  if (auto origin = find_setting(settings, "remote.origin.url")) return origin;
  const auto first = std::find_if(settings.begin(), settings.end(), [](const Setting& setting) {
    return setting.name.starts_with("remote.") && setting.name.ends_with(".url");
  });
  return first == settings.end() ? std::nullopt : std::optional(first->value);
}

std::optional<std::string> find_remote(const std::vector<Setting>& settings,
                                       const std::optional<std::string>& branch) {
  if (branch) {
    const auto name = find_setting(settings, "branch." + *branch + ".remote");
    const auto url = name ? find_setting(settings, "remote." + *name + ".url") : std::nullopt;
    if (url) return url;
  }
  return find_first_remote(settings);
}

constexpr std::uint64_t answer_limit = std::uint64_t{64} << 20;

const Arguments& questions_of_head() {
  static const Arguments arguments{"rev-parse", "--show-toplevel", "HEAD", "--abbrev-ref", "HEAD"};
  return arguments;
}

const Arguments& questions_of_remotes() {
  static const Arguments arguments{"config", "-z", "--get-regexp",
                                   R"(^(remote\..*\.url|branch\..*\.remote)$)"};
  return arguments;
}

/// Whatever the user's settings are, a patch that `git apply` takes, and an index that stays as it is: only
/// `git status` heeds --no-optional-locks.
const Arguments& questions_of_changes() {
  static const Arguments arguments{"-c",
                                   "diff.autoRefreshIndex=false",
                                   "-c",
                                   "diff.noprefix=false",
                                   "-c",
                                   "diff.mnemonicPrefix=false",
                                   "-c",
                                   "diff.relative=false",
                                   "diff",
                                   "HEAD",
                                   "--binary",
                                   "--no-color",
                                   "--no-ext-diff",
                                   "--no-textconv",
                                   "--submodule=short"};
  return arguments;
}

const Arguments& questions_of_untracked_files() {
  static const Arguments arguments{"ls-files", "--others", "--exclude-standard", "-z", "--full-name", ":/"};
  return arguments;
}

}  // namespace

std::optional<GitState> find_git_state(const std::filesystem::path& directory,
                                       std::optional<std::uint64_t> patch_limit, const Context& context) {
  struct Question {
    const Arguments& arguments;
    std::uint64_t limit;
    std::optional<ProcessResult> answer = std::nullopt;
  };
  // The longest first, since none waits for another. That there is a patch is told by its first byte.
  std::array<Question, 4> questions{{{questions_of_changes(), patch_limit.value_or(0)},
                                     {questions_of_head(), answer_limit},
                                     {questions_of_remotes(), answer_limit},
                                     {questions_of_untracked_files(), answer_limit}}};
  const unsigned asked = static_cast<unsigned>(questions.size()) - (patch_limit ? 0U : 1U);
  parallel_for(asked, asked, context.stop, [&](std::size_t i) {
    questions[i].answer = ask_git(questions[i].arguments, directory, context, questions[i].limit);
  });
  auto& [changes, head, remotes, untracked] = questions;
  const std::vector<std::string> lines =
      head.answer ? split(head.answer->output, '\n') : std::vector<std::string>{};
  if (lines.size() != 3) return std::nullopt;

  GitState state{.commit = lines[1]};
  if (lines[2] != "HEAD") state.branch = lines[2];
  const auto remote = find_remote(settings_of(remotes.answer), state.branch);
  if (remote) state.remote = without_credentials(*remote);
  if (changes.answer) {
    state.dirty = !changes.answer->output.empty();
    if (!changes.answer->cut_off) state.patch = std::move(changes.answer->output);
  }
  if (untracked.answer) state.untracked = split(untracked.answer->output, '\0');
  std::sort(state.untracked.begin(), state.untracked.end());
  return state;
}

std::optional<GitSource> find_git_source(const std::filesystem::path& directory, const Context& context) {
  const auto head = ask_git(questions_of_head(), directory, context, answer_limit);
  const std::vector<std::string> lines = head ? split(head->output, '\n') : std::vector<std::string>{};
  if (lines.size() != 3) return std::nullopt;
  const auto remotes = ask_git(questions_of_remotes(), directory, context, answer_limit);
  return GitSource{.commit = lines[1], .top = lines[0], .remote = find_first_remote(settings_of(remotes))};
}

}  // namespace unio
