#include "model/metadata_reader.hpp"

#include "model/yaml_text.hpp"

namespace unio {
namespace {

constexpr std::string_view head = "\npython_packages:\n";
constexpr std::string_view field = "python_packages";
/// Beyond so many different environments nothing more is kept.
constexpr std::size_t most_kept = 1000;

/// Where the lines below a key end: those that are indented.
std::size_t end_of_lines(std::string_view yaml, std::size_t begin) {
  while (begin < yaml.size() && yaml[begin] == ' ') {
    const std::size_t end = yaml.find('\n', begin);
    begin = end == std::string_view::npos ? yaml.size() : end + 1;
  }
  return begin;
}

/// The members by their names; null where one is no text, which is for ArtifactRecord::parse to judge.
std::shared_ptr<const Json> sorted_texts(const Json& mapping) {
  const Json::Object* members = mapping.if_object();
  if (members == nullptr) return nullptr;
  std::map<std::string_view, const Json*> by_name;
  for (const auto& [name, value] : *members) {
    if (value.if_string() == nullptr) return nullptr;
    by_name.emplace(name, &value);
  }
  Json::Object sorted;
  for (const auto& [name, value] : by_name) sorted.set(std::string(name), *value);
  return std::make_shared<const Json>(std::move(sorted));
}

}  // namespace

MetadataReader::Reading MetadataReader::read(std::string_view yaml) {
  if (auto reading = read_shared(yaml)) return *std::move(reading);
  ArtifactRecord record = ArtifactRecord::parse(yaml);
  Json document = record.document();
  return {std::move(record), std::move(document), nullptr};
}

/// Each line is a key or an item where metadata is simple, so that those of one key can be taken away. Absent
/// where that is not so.
std::optional<MetadataReader::Reading> MetadataReader::read_shared(std::string_view yaml) {
  const std::size_t at = yaml.find(head);
  if (at == std::string_view::npos || yaml.find(head, at + 1) != std::string_view::npos) return std::nullopt;
  const std::size_t begin = at + head.size(), end = end_of_lines(yaml, begin);
  const auto packages = packages_of(yaml.substr(begin, end - begin));
  if (!packages) return std::nullopt;
  std::string rest(yaml.substr(0, at + 1));
  rest += yaml.substr(end);
  auto record = ArtifactRecord::parse_simply(rest);
  if (!record || !record->environment.python_packages.empty()) return std::nullopt;
  Json document = record->document();
  return Reading{*std::move(record), std::move(document), packages};
}

std::shared_ptr<const Json> MetadataReader::packages_of(std::string_view lines) {
  {
    auto known = packages_.lock();
    if (const auto found = known->find(lines); found != known->end()) return found->second;
  }
  // As part of metadata that has nothing else.
  const auto simple = find_simple_yaml(std::string(head.substr(1)).append(lines));
  std::shared_ptr<const Json> packages;
  if (simple) packages = sorted_texts(*simple->find(field));
  auto known = packages_.lock();
  if (known->size() < most_kept) known->emplace(lines, packages);
  return packages;
}

}  // namespace unio
