#include "model/registry_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/files.hpp"

namespace unio {
namespace {

constexpr std::string_view quilt_parts = ".quilt/";
constexpr std::string_view all_revisions = ".unio/revisions/";
constexpr std::string_view compacted_folder = ".unio/feed/compacted/";
constexpr std::size_t time_digits = 15;

std::int64_t milliseconds(Time time) {
  return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

}  // namespace

namespace layout {

std::string manifest_index(std::string_view top_hash) {
  return fmt::format("{}{}.jsonl", indexes, top_hash);
}

std::string manifest(std::string_view top_hash) {
  return fmt::format("{}{}", manifests, top_hash);
}

std::string pointers(const PackageName& name) {
  return fmt::format("{}{}/", named_packages, name.text());
}

std::string pointer(const PackageName& name, std::string_view pointer) {
  return pointers(name).append(pointer);
}

std::string object(const Digest& digest) {
  const std::string hex = digest.hex();
  return fmt::format("{}{}/{}", objects, std::string_view(hex).substr(0, 2), hex);
}

std::string revisions(std::string_view top_hash) {
  return fmt::format("{}{}/", all_revisions, top_hash);
}

std::string revision(std::string_view top_hash, std::string_view op_id) {
  return fmt::format("{}{}.json", revisions(top_hash), op_id);
}

std::string session(std::string_view id) {
  return fmt::format("{}{}.json", sessions, id);
}

std::string intent(std::string_view op_id) {
  return fmt::format("{}{}.json", intents, op_id);
}

std::string reflog(const PackageName& name, std::string_view pointer) {
  return fmt::format(".unio/reflog/{}/{}/", name.text(), pointer);
}

std::string reflog_entry(const PackageName& name, std::string_view pointer, Time when,
                         std::string_view op_id) {
  return fmt::format("{}{:015}-{}.json", reflog(name, pointer), milliseconds(when), op_id);
}

std::string feed_since(Time when) {
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(when));
  return fmt::format("{}{:04}/{:02}/{:02}/{:015}", feed, static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     milliseconds(when));
}

std::string feed_entry(Time when, std::string_view op_id) {
  return fmt::format("{}-{}.json", feed_since(when), op_id);
}

std::string compacted_feed(Time last, std::string_view id) {
  return fmt::format("{}{:015}-{}.jsonl", compacted_folder, milliseconds(last), id);
}

std::optional<Time> find_feed_time(std::string_view name) {
  if (name.size() <= time_digits + 1 || name[time_digits] != '-') return std::nullopt;
  const std::string digits(name.substr(0, time_digits));
  if (!is_timestamp(digits)) return std::nullopt;
  return Time(std::chrono::milliseconds(std::stoll(digits)));
}

std::optional<FeedKey> find_feed_key(std::string_view key) {
  FeedKey found;
  found.compacted = key.starts_with(compacted_folder);
  const std::string_view suffix = found.compacted ? ".jsonl" : ".json";
  if (!key.starts_with(feed) || !key.ends_with(suffix)) return std::nullopt;
  std::string_view name = key.substr(key.rfind('/') + 1);
  name.remove_suffix(std::min(name.size(), suffix.size()));
  const auto time = find_feed_time(name);
  if (!time) return std::nullopt;
  found.name = name;
  found.id = name.substr(time_digits + 1);
  found.time = *time;
  const bool in_its_place =
      key == (found.compacted ? compacted_feed(found.time, found.id) : feed_entry(found.time, found.id));
  return in_its_place ? std::optional(std::move(found)) : std::nullopt;
}

bool is_retained(std::string_view key) {
  for (const std::string_view part : {objects, manifests, all_revisions, canaries}) {
    if (key.starts_with(part)) return true;
  }
  if (key.starts_with(own_parts) || key.starts_with(quilt_parts)) return false;
  // Artifacts, and data under a prefix. Repositories are written through stores of their own.
  return key.find('/') != std::string_view::npos;
}

std::string repository_mark(std::string_view index_key) {
  return fmt::format("{}{}.json", repositories, to_hex(sha256(as_bytes(index_key))));
}

bool is_immutable(std::string_view key) {
  return key.starts_with(objects) || key.starts_with(manifests) || key.starts_with(indexes);
}

}  // namespace layout

bool is_timestamp(std::string_view pointer) {
  return !pointer.empty() &&
         std::all_of(pointer.begin(), pointer.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace unio
