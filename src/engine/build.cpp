#include "engine/build.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <map>
#include <mutex>
#include <utility>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "engine/content.hpp"
#include "engine/hash_pointers.hpp"
#include "engine/name_list.hpp"
#include "engine/tracked_files.hpp"
#include "model/manifest.hpp"
#include "model/physical_key.hpp"
#include "workspace/ignore_rules.hpp"

namespace unio {
namespace {

/// Files are hashed in groups of this many, so that memory does not grow with the tree.
constexpr std::size_t group_size = 4096;
/// A first group with so many files to read is taken for the beginning of long work.
constexpr std::uint64_t long_work = group_size / 4;

/// One local file on its way into the manifest.
struct Candidate {
  ScanState state = ScanState::unchanged;
  std::string key;
  std::string path;
  FileStamp stamp;
  Digest digest;             ///< known before, or found
  bool known = false;        ///< `digest` is that of the present entry
  std::string physical_key;  ///< of new content
};

bool is_read(ScanState state) {
  return state == ScanState::added || state == ScanState::suspect;
}

/// Sets "user_meta" in an entry's metadata, keeping what else is there; null removes it.
std::string with_user_meta(std::string_view meta, const Json& user_meta) {
  Json json = meta.empty() ? Json::object() : Json::parse(meta);
  if (!json.is_object()) json = Json::object();
  if (user_meta.is_null()) {
    json.if_object()->erase("user_meta");
  } else {
    json.set("user_meta", user_meta);
  }
  return json.if_object()->empty() ? std::string() : json.dump(JsonStyle::python);
}

/// The merge of the present manifest with what the scan finds, in tree order. Lives for one build.
class Build {
 public:
  Build(Workspace& workspace, const BuildOptions& options, const Context& context)
      : workspace_(workspace),
        options_(options),
        context_(context),
        before_(with_digests(workspace, context)),
        known_(load_index(workspace)) {}

  BuildResult run();

 private:
  void visit(const ScanItem& item);
  void add_candidate(const ScanItem& item);
  void finish_group();
  void count_ahead();
  void hash_or_refuse(Candidate& candidate);
  void hash(Candidate& candidate);
  void pass_entries_before(std::string_view key);
  void append(const Candidate& candidate);
  void append_entry(const EntryView& entry);
  std::optional<EntryView> take_entry(std::string_view key);
  void throw_if_refused() const;
  void finish_header();

  Workspace& workspace_;
  const BuildOptions& options_;
  const Context& context_;
  Manifest before_;
  StatIndex known_;
  std::size_t next_before_ = 0;
  ManifestBuilder after_;
  StatIndexWriter index_;
  std::vector<Candidate> group_;
  std::uint64_t total_items_ = 0;  ///< met so far that are read
  std::uint64_t total_bytes_ = 0;
  bool counted_ = false;  ///< whether `count_ahead` had its chance
  std::vector<std::string> missing_;
  std::vector<std::string> unreadable_;
  BuildResult result_;
};

void Build::visit(const ScanItem& item) {
  switch (item.state) {
    case ScanState::unchanged:
    case ScanState::suspect:
    case ScanState::added:
      return add_candidate(item);
    case ScanState::missing: {
      const Source& source = workspace_.state().sources[item.source];
      if (source.kind == Source::Kind::folder) {
        add_candidate(item);  // the entry goes when its turn in the merge comes
      } else {
        missing_.emplace_back(item.key);
      }
      return;
    }
    case ScanState::unreadable:
      unreadable_.push_back(fmt::format("{}: {}", item.path, item.message));
      return;
    case ScanState::symlink:
    case ScanState::special:
    case ScanState::empty_folder:
    case ScanState::ignored:
      result_.left_out.push_back(
          {why_left_out(item.state).value_or(LeftOut::Why::ignored), std::string(item.path)});
      return;
    case ScanState::unknown:
      return;
  }
}

void Build::add_candidate(const ScanItem& item) {
  Candidate candidate;
  candidate.state = item.state;
  candidate.key = item.key;
  if (is_read(item.state)) {
    candidate.path = item.path;
    total_items_ += 1;
    total_bytes_ += item.stamp.size;
  }
  candidate.stamp = item.stamp;
  candidate.digest = item.digest;
  candidate.known = item.state != ScanState::added;
  group_.push_back(std::move(candidate));
  if (group_.size() < group_size) return;
  count_ahead();
  finish_group();
}

/// Walks everything once more when there is much to read, so that progress knows its end. Next to reading
/// that many files it costs nothing.
void Build::count_ahead() {
  if (std::exchange(counted_, true) || total_items_ < long_work) return;
  std::uint64_t items = 0, bytes = 0;
  scan_sources(workspace_, known_, scan_options(context_), [&](const ScanItem& item) {
    if (!is_read(item.state)) return;
    items += 1;
    bytes += item.stamp.size;
  });
  context_.progress.expect(items, bytes);
}

/// A file that may not be read is named together with all others of its kind.
void Build::hash_or_refuse(Candidate& candidate) {
  if (!is_read(candidate.state)) return;
  try {
    hash(candidate);
  } catch (const Error& error) {
    const bool own = ::access(candidate.path.c_str(), R_OK) != 0;
    if (error.code() != ErrorCode::permission_denied || !own) throw;
    candidate.state = ScanState::unreadable;
  }
}

void Build::hash(Candidate& candidate) {
  const auto known = candidate.known ? std::optional(candidate.digest) : std::nullopt;
  if (options_.ingest != nullptr && (!known || known->type == DigestType::sha2_256_chunked)) {
    Ingest::Taken taken = options_.ingest->take(candidate.path, candidate.stamp, known);
    candidate.digest = taken.digest;
    candidate.physical_key = std::move(taken.physical_key);
  } else {
    const DigestType type = known ? known->type : DigestType::sha2_256_chunked;
    Digest digest = hash_local_file(context_, candidate.path, candidate.stamp, type);
    if (known && digest != *known && type != DigestType::sha2_256_chunked) {
      digest = hash_local_file(context_, candidate.path, candidate.stamp, DigestType::sha2_256_chunked);
    }
    candidate.digest = digest;
  }
  if (candidate.physical_key.empty()) candidate.physical_key = PhysicalKey::of_file(candidate.path).url();
  context_.progress.advance(1, 0);
}

void Build::finish_group() {
  // An error elsewhere already decides the outcome; hashing on would only delay it.
  if (missing_.empty() && unreadable_.empty()) {
    const bool reads =
        std::any_of(group_.begin(), group_.end(), [](const Candidate& c) { return is_read(c.state); });
    if (reads) {
      parallel_for(group_.size(), context_.threads, context_.stop,
                   [&](std::size_t i) { hash_or_refuse(group_[i]); });
    }
    for (const Candidate& candidate : group_) append(candidate);
  }
  group_.clear();
}

void Build::append_entry(const EntryView& entry) {
  const auto meta = workspace_.state().pending_meta.find(entry.logical_key());
  if (meta == workspace_.state().pending_meta.end()) return after_.add(entry);
  Entry changed = entry.entry();
  changed.meta = with_user_meta(changed.meta, meta->second);
  after_.add(changed);
}

/// Entries that no source speaks of are pointers; they stay as they are.
void Build::pass_entries_before(std::string_view key) {
  while (next_before_ < before_.size()) {
    const EntryView entry = before_[next_before_];
    if (compare_tree_order(entry.logical_key(), key) >= 0) return;
    append_entry(entry);
    ++next_before_;
  }
}

std::optional<EntryView> Build::take_entry(std::string_view key) {
  pass_entries_before(key);
  if (next_before_ == before_.size() || before_[next_before_].logical_key() != key) return std::nullopt;
  return before_[next_before_++];
}

void Build::append(const Candidate& candidate) {
  if (candidate.state == ScanState::unreadable) {
    unreadable_.push_back(candidate.path);
    return;
  }
  const std::optional<EntryView> present = take_entry(candidate.key);
  if (candidate.state == ScanState::missing) {
    if (present) result_.removed.push_back(candidate.key);
    return;
  }
  const bool same =
      present && (candidate.state == ScanState::unchanged || present->digest() == candidate.digest);
  if (candidate.state != ScanState::unchanged) ++result_.hashed;
  if (same) {
    append_entry(*present);
  } else {
    Entry entry{candidate.key, candidate.physical_key, candidate.stamp.size, candidate.digest, {}};
    if (present) entry.meta = present->entry().meta;
    const auto meta = workspace_.state().pending_meta.find(candidate.key);
    if (meta != workspace_.state().pending_meta.end()) entry.meta = with_user_meta(entry.meta, meta->second);
    after_.add(entry);
    if (looks_like_secret(candidate.key)) result_.secrets.push_back(candidate.key);
  }
  index_.add({candidate.key, candidate.stamp, candidate.digest, true});
}

void Build::throw_if_refused() const {
  if (!missing_.empty()) {
    throw Error(ErrorCode::failed_precondition,
                fmt::format("{} of the package {} missing here: {}",
                            missing_.size() == 1 ? "1 file" : fmt::format("{} files", missing_.size()),
                            missing_.size() == 1 ? "is" : "are", list_of_names(missing_)),
                "unio rm KEY drops a file from the package, unio sync brings it back");
  }
  if (!unreadable_.empty()) {
    throw Error(ErrorCode::permission_denied, fmt::format("cannot read {}", list_of_names(unreadable_)),
                "make it readable, or name it in .unioignore");
  }
}

void Build::finish_header() {
  const BuilderState& state = workspace_.state();
  Json::Object header = before_.header();
  if (header.find("version") == nullptr) header.set("version", "v0");
  const auto message = options_.message ? options_.message : state.message;
  header.set("message", message ? Json(*message) : Json());
  const auto meta = options_.meta ? options_.meta : state.package_meta;
  if (meta) header.set("user_meta", *meta);
  after_.set_header(std::move(header));
  for (const auto& [key, value] : before_.folder_meta()) after_.set_folder_meta(key, value);
  for (const auto& [key, value] : state.pending_meta) {
    if (key.ends_with('/')) after_.set_folder_meta(key, value);
  }
}

BuildResult Build::run() {
  const std::int64_t now_ns = filesystem_time_ns(workspace_.state_folder(), context_.random);
  {
    const ProgressPhase phase(context_.progress, options_.ingest != nullptr ? "pushing" : "hashing");
    scan_sources(workspace_, known_, scan_options(context_), [&](const ScanItem& item) { visit(item); });
    context_.progress.expect(total_items_, total_bytes_);
    finish_group();
    throw_if_refused();
    if (options_.ingest != nullptr) options_.ingest->commit();
  }
  while (next_before_ < before_.size()) append_entry(before_[next_before_++]);

  BuilderState& state = workspace_.state();
  finish_header();
  Manifest manifest = after_.finish();
  const bool asked = options_.message || options_.meta || state.message || state.package_meta;
  // Without a new message a manifest that is otherwise the same keeps the message it has.
  const bool same = !workspace_.manifest_hash().empty() && !asked && diff(before_, manifest).empty() &&
                    before_.folder_meta() == manifest.folder_meta();
  result_.top_hash = same ? workspace_.manifest_hash() : manifest.top_hash();
  result_.changed = result_.top_hash != workspace_.manifest_hash();
  result_.entries = manifest.size();
  result_.bytes = manifest.total_bytes();

  if (!result_.changed && before_.folder_meta() != manifest.folder_meta()) {
    context_.progress.warn(
        "metadata of folders alone makes no new revision, since it is no part of the top hash: "
        "where this one is published, it stays as it is");
  }
  state.published = state.published && !result_.changed;
  state.built = true;
  state.pending_meta.clear();
  state.package_meta.reset();
  state.message.reset();
  // Each takes a while where there are many files. An index without its manifest only trusts no file.
  auto index = std::async(std::launch::async, [&] {
    index_.publish(workspace_.index_path(), {result_.top_hash, now_ns}, context_.random);
  });
  if (same) {
    workspace_.save(context_.random);
  } else {
    workspace_.save(manifest, context_.random);
  }
  index.get();
  return std::move(result_);
}

}  // namespace

std::optional<LeftOut::Why> why_left_out(ScanState state) {
  switch (state) {
    case ScanState::symlink:
      return LeftOut::Why::symlink;
    case ScanState::special:
      return LeftOut::Why::special;
    case ScanState::empty_folder:
      return LeftOut::Why::empty_folder;
    case ScanState::unreadable:
      return LeftOut::Why::unreadable;
    default:
      return std::nullopt;
  }
}

BuildResult build(Workspace& workspace, const BuildOptions& options, const Context& context) {
  return Build(workspace, options, context).run();
}

}  // namespace unio
