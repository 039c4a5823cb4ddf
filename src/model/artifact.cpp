#include "model/artifact.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "model/logical_key.hpp"

namespace unio {
namespace {

constexpr std::string_view id_prefix = "artifact_";
/// Where a UUID has its dashes.
constexpr std::array<std::size_t, 4> dashes{8, 13, 18, 23};
constexpr std::size_t uuid_length = 36;
constexpr std::size_t longest_segment = 255;

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool is_dash_position(std::size_t position) {
  return std::find(dashes.begin(), dashes.end(), position) != dashes.end();
}

std::string new_uuid(RandomSource& random) {
  std::string digits = random_id(random);
  digits[12] = '4';
  // The variant: the two high bits of this digit are 10.
  const bool letter = digits[16] >= 'a';
  const auto value = static_cast<unsigned>(letter ? digits[16] - 'a' + 10 : digits[16] - '0');
  digits[16] = "89ab"[value & 3];
  std::string uuid;
  for (const char c : digits) {
    if (is_dash_position(uuid.size())) uuid += '-';
    uuid += c;
  }
  return uuid;
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

void check_text(std::string_view what, std::string_view text) {
  if (is_utf8(text) && text.find('\0') == std::string_view::npos) return;
  throw Error(ErrorCode::invalid_argument, fmt::format("{} is not UTF-8, or has a NUL in it", what));
}

void check_map(std::string_view what, const Texts& texts) {
  for (const auto& [key, value] : texts) {
    check_text(fmt::format("a name in {}", what), key);
    if (key.empty() || key.size() > longest_segment) {
      throw Error(ErrorCode::invalid_argument, fmt::format("a name in {} has {} bytes; it needs 1 to {}",
                                                           what, key.size(), longest_segment));
    }
    check_text(fmt::format("'{}' in {}", key, what), value);
  }
}

const ArtifactFile* find_in(const std::vector<ArtifactFile>& files, std::string_view relpath) {
  const auto found =
      std::find_if(files.begin(), files.end(), [&](const ArtifactFile& f) { return f.relpath == relpath; });
  return found == files.end() ? nullptr : &*found;
}

/// Digits of a key that stand where `pattern` has a 0; other characters are equal.
bool matches(std::string_view text, std::string_view pattern) {
  return std::equal(text.begin(), text.end(), pattern.begin(), pattern.end(),
                    [](char c, char wanted) { return wanted == '0' ? c >= '0' && c <= '9' : c == wanted; });
}

}  // namespace

std::string* ArtifactLabels::find(std::string_view name) {
  std::string ArtifactLabels::*const texts[] = {&ArtifactLabels::dataset, &ArtifactLabels::datatype,
                                                &ArtifactLabels::description, &ArtifactLabels::project,
                                                &ArtifactLabels::ticket};
  const auto all = names();
  const auto found = std::find(all.begin(), all.end(), name);
  return found == all.end() ? nullptr : &(this->*texts[found - all.begin()]);
}

std::span<const std::string_view> ArtifactLabels::names() {
  static constexpr std::array<std::string_view, 5> all{"dataset", "datatype", "description", "project",
                                                       "ticket"};
  return all;
}

const ArtifactFile* ArtifactRecord::find_file(std::string_view relpath) const {
  return find_in(files, relpath);
}

const ArtifactFile* ArtifactRecord::find_log(std::string_view name) const {
  return find_in(logs, name);
}

std::string new_artifact_id(RandomSource& random) {
  return std::string(id_prefix) + new_uuid(random);
}

std::string new_run_id(RandomSource& random) {
  return "run_" + new_uuid(random);
}

bool is_artifact_id_prefix(std::string_view text) {
  if (!text.starts_with(id_prefix)) return false;
  text.remove_prefix(id_prefix.size());
  if (text.size() > uuid_length) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_dash_position(i) ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

bool is_artifact_id(std::string_view text) {
  return text.size() == id_prefix.size() + uuid_length && is_artifact_id_prefix(text);
}

std::string artifact_digits(std::string_view id) {
  std::string digits(id.substr(std::min(id_prefix.size(), id.size())));
  std::erase(digits, '-');
  return digits;
}

void check_user_name(std::string_view user) {
  const bool is_segment = is_logical_key(user) && is_utf8(user) && user.find('/') == std::string_view::npos;
  if (is_segment && !has_control_character(user)) return;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("the user name {} cannot be part of a path", quoted_key(user)),
              "unio config set user NAME, or set UNIO_USER");
}

void check_texts(const ArtifactRecord& record) {
  const ArtifactEnvironment& environment = record.environment;
  check_text("the run id", record.run_id);
  check_text("the host name", environment.hostname);
  check_text("the command line", environment.argv);
  check_text("the capture level", environment.capture);
  check_map("the Python packages", environment.python_packages);
  check_map("the system", environment.system);
  for (const std::string& line : environment.left_out) check_text("what was left out", line);
  if (environment.git) {
    for (const std::string* text :
         {&environment.git->branch, &environment.git->commit, &environment.git->remote})
      check_text("what git says", *text);
  }
  ArtifactLabels labels = record.labels;
  for (const std::string_view name : ArtifactLabels::names())
    check_text(fmt::format("the label '{}'", name), *labels.find(name));
  check_map("the infos", labels.infos);
  for (const std::string& id : record.based_on) {
    check_text("an id that it is based on", id);
    if (id.empty()) throw Error(ErrorCode::invalid_argument, "an id that it is based on is empty");
  }
}

std::vector<std::string> relative_to_common_folder(std::span<const std::filesystem::path> files) {
  if (files.empty()) return {};
  std::filesystem::path common = files.front().parent_path();
  for (const std::filesystem::path& file : files) {
    const std::filesystem::path folder = file.parent_path();
    std::filesystem::path shared;
    auto one = common.begin();
    auto other = folder.begin();
    for (; one != common.end() && other != folder.end() && *one == *other; ++one, ++other) shared /= *one;
    common = shared;
  }
  std::vector<std::string> relative;
  std::set<std::string, std::less<>> seen;
  for (const std::filesystem::path& file : files) {
    std::string path = file.lexically_relative(common).native();
    if (seen.insert(path).second) relative.push_back(std::move(path));
  }
  return relative;
}

namespace layout {

std::string artifact_folder(Time creation_time, std::string_view user, std::string_view artifact_id) {
  const auto day = std::chrono::floor<std::chrono::days>(creation_time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(creation_time - day);
  return fmt::format("{:04}/{:02}/{:02}/{}/{:02}{:02}{:02}_{}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), user,
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(), artifact_id);
}

bool is_artifact_folder(std::string_view key) {
  constexpr std::string_view date = "0000/00/00/", clock = "000000_";
  if (!is_logical_key(key) || !matches(key.substr(0, date.size()), date)) return false;
  key.remove_prefix(date.size());
  const std::size_t slash = key.find('/');
  if (slash == 0 || slash == std::string_view::npos) return false;
  key.remove_prefix(slash + 1);
  return matches(key.substr(0, clock.size()), clock) && is_artifact_id(key.substr(clock.size()));
}

std::string artifact_file(std::string_view folder, std::string_view relpath) {
  return fmt::format("{}/files/{}", folder, relpath);
}

std::string artifact_log(std::string_view folder, std::string_view name) {
  return fmt::format("{}/logs/{}", folder, name);
}

std::string metadata_file(std::int64_t revision) {
  return revision == 0 ? std::string(metadata_name) : fmt::format("metadata.{}.yaml", revision);
}

std::optional<std::int64_t> metadata_revision(std::string_view name) {
  if (name == metadata_name) return 0;
  constexpr std::string_view begin = "metadata.", end = ".yaml";
  if (!name.starts_with(begin) || !name.ends_with(end) || name.size() <= begin.size() + end.size())
    return std::nullopt;
  const std::string_view digits = name.substr(begin.size(), name.size() - begin.size() - end.size());
  std::int64_t revision = 0;
  const auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), revision);
  const bool is_number = error == std::errc() && rest == digits.data() + digits.size();
  return is_number && revision > 0 && metadata_file(revision) == name ? std::optional(revision)
                                                                      : std::nullopt;
}

std::string content_record(const Sha256Value& sha256) {
  const std::string hex = to_hex(sha256);
  return fmt::format(".unio/contents/{}/{}.json", std::string_view(hex).substr(0, 2), hex);
}

}  // namespace layout
}  // namespace unio
