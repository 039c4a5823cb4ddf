#include <fmt/format.h>

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "engine/registry.hpp"
#include "engine/repository.hpp"
#include "model/json_list.hpp"
#include "model/logical_key.hpp"
#include "model/value_path.hpp"

namespace unio {
namespace {

constexpr std::uint64_t longest_text = std::uint64_t{64} << 20;

std::string read_text(const Repository& repository, const ValueVersion& version) {
  std::string content;
  repository.read_value(version, [&](Bytes bytes) {
    content += as_text(bytes);
    if (content.size() > longest_text)
      throw Error(
          ErrorCode::invalid_argument,
          fmt::format("version {} of {} is too large to compare", version.version, quoted_key(version.name)),
          "get both with unio repo get -o");
  });
  return content;
}

bool is_text(const std::string& content) {
  return is_utf8(content) && content.find('\0') == std::string::npos;
}

std::string write_side(const std::filesystem::path& folder, std::string_view side,
                       const std::string& content) {
  const std::filesystem::path path = folder / side;
  File::create_new(path).write(as_bytes(content));
  return path.native();
}

/// Streams a value, checked, to the same place below another repository.
void copy_value(const Repository& source, const ValueVersion& version, const Repository& target) {
  const std::string key = value_key(version.name, version.file_name);
  const auto staged =
      target.store().staging()->stage({.key = key, .size = version.size.value_or(longest_text)});
  source.read_value(version, [&](Bytes bytes) { staged->append(bytes); });
  staged->publish(key, Condition::absent());
}

}  // namespace

RepositoryIndex export_release(const Repository& source, const Release& release, const Repository& target) {
  const Context& context = source.context();
  if (target.find_index())
    throw Error(ErrorCode::already_exists, fmt::format("there is a repository '{}'", target.index_url()),
                "name another folder");
  std::unique_ptr<RepositoryListing> listing = target.prepare_for_writing();
  const RepositoryIndex index = source.get_index();
  std::vector<std::string_view> entries;
  ProgressPhase phase(context.progress, "copying", release.versions.size());
  for (const auto& [name, number] : release.versions) {
    throw_if_stopped(context.stop);
    const auto position = index.find(name, number);
    if (!position)
      throw Error(ErrorCode::corruption, fmt::format("release {}: {} has no version {}",
                                                     quoted_key(release.tag), quoted_key(name), number));
    const ValueVersion& version = index.versions()[*position];
    copy_value(source, version, target);
    entries.push_back(version.text);
    phase.advance(1, version.size.value_or(0));
  }
  const std::string content = join_json_list(entries);
  if (listing && !listing->announce()) listing.reset();
  target.store().write(target.index_key(), as_bytes(content), Condition::absent());
  if (listing) listing->list({});
  return RepositoryIndex::parse(content);
}

std::optional<std::string> diff_versions(const Repository& repository, const ValueVersion& before,
                                         const ValueVersion& after, const std::filesystem::path& scratch) {
  const std::string left = read_text(repository, before);
  const std::string right = read_text(repository, after);
  if (left == right) return "";
  if (!is_text(left) || !is_text(right)) return std::nullopt;
  const auto label = [](const ValueVersion& version) {
    return fmt::format("--label={} v{}", version.name, version.version);
  };
  const ProcessResult result = repository.context().processes.run(
      {"diff", "-u", label(before), label(after), write_side(scratch, "before", left),
       write_side(scratch, "after", right)},
      scratch);
  if (result.exit_code > 1)
    throw Error(ErrorCode::internal,
                fmt::format("diff ended with {}: {}", result.exit_code, result.error_output));
  return result.output;
}

}  // namespace unio
