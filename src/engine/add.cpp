#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "base/error.hpp"
#include "engine/builder_changes.hpp"
#include "engine/builder_edit.hpp"
#include "engine/content.hpp"
#include "engine/tracked_files.hpp"
#include "workspace/ignore_rules.hpp"

namespace unio {
namespace {

using std::filesystem::path;

/// A local file or folder that the user named, checked.
struct LocalSource {
  path absolute;
  bool folder = false;
};

LocalSource get_local_source(const path& directory, const std::string& text) {
  if (text.find("://") != std::string::npos) {
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is no local file", text),
                "unio add KEY s3://bucket/prefix/ adds what is in a bucket");
  }
  LocalSource source{.absolute = std::filesystem::absolute(directory / text).lexically_normal()};
  if (!source.absolute.has_filename()) source.absolute = source.absolute.parent_path();
  std::error_code error;
  const auto status = std::filesystem::status(source.absolute, error);
  if (!std::filesystem::exists(status)) {
    if (status.type() == std::filesystem::file_type::not_found) error.assign(ENOENT, std::generic_category());
    throw error_from_errno(error.value(), fmt::format("add '{}'", text));
  }
  source.folder = std::filesystem::is_directory(status);
  // The folder that a link names is what the user means; what is below is never followed.
  if (source.folder) return source;
  if (std::filesystem::is_symlink(std::filesystem::symlink_status(source.absolute, error))) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("'{}' is a symbolic link, and links are not packaged", text),
                "add the file that it names");
  }
  if (!std::filesystem::is_regular_file(status)) {
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is neither a file nor a folder", text));
  }
  return source;
}

/// The path below the workspace's root; absent when it lies elsewhere. "." is the root.
std::optional<std::string> path_below_root(const Workspace& workspace, const path& absolute) {
  const std::string relative = absolute.lexically_relative(workspace.root()).native();
  if (relative.empty() || relative == ".." || relative.starts_with("../")) return std::nullopt;
  if (is_within(relative, ".unio")) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("'{}' is the workspace's own state", absolute.native()));
  }
  return relative;
}

std::string key_of(const std::optional<std::string>& wanted, const std::optional<std::string>& below_root,
                   const std::string& text, bool folder) {
  if (!wanted && !below_root) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("'{}' lies outside the workspace, so it needs a key", text),
                fmt::format("unio add KEY {}", text));
  }
  const std::string key = wanted.value_or(below_root.value_or(""));
  if (folder && (key.empty() || key == "." || key == "./")) return {};
  return key_without_slash(key) + (folder ? "/" : "");
}

Source make_source(const Workspace& workspace, const path& directory, const std::string& text,
                   const std::optional<std::string>& wanted_key) {
  const LocalSource local = get_local_source(directory, text);
  const auto below_root = path_below_root(workspace, local.absolute);
  const bool keep_absolute = !below_root && path(text).is_absolute();
  Source source;
  source.kind = local.folder ? Source::Kind::folder : Source::Kind::file;
  source.key = key_of(wanted_key, below_root, text, local.folder);
  source.path = keep_absolute
                    ? local.absolute.native()
                    : below_root.value_or(local.absolute.lexically_relative(workspace.root()).native());
  return source;
}

/// Puts a source among the others. One for the same key and place is the same source; an overriding one for
/// the same key makes the others useless.
std::size_t put_source(std::vector<Source>& sources, Source source) {
  std::erase_if(sources, [&](const Source& other) {
    const bool same_place = other.key == source.key && other.path == source.path;
    const bool both_files = other.kind == Source::Kind::file && source.kind == Source::Kind::file;
    return same_place || (source.overrides && both_files && other.key == source.key);
  });
  sources.push_back(std::move(source));
  return sources.size() - 1;
}

/// Looks at what a new source brings, before it is kept.
class AddedSource {
 public:
  AddedSource(Workspace& workspace, std::size_t index, Overwrite overwrite, AddResult& result)
      : manifest_(workspace.manifest()),
        state_(workspace.state()),
        index_(index),
        overwrite_(overwrite),
        result_(result) {}

  void add(const ScanItem& item) {
    if (item.source != index_) return;
    if (item.state == ScanState::added || item.state == ScanState::unchanged ||
        item.state == ScanState::suspect) {
      if (item.state == ScanState::added) refuse_pointer(item);
      result_.files += 1;
      result_.bytes += item.stamp.size;
      if (looks_like_secret(item.key)) result_.secrets.emplace_back(item.key);
    } else if (const auto why = why_left_out(item.state)) {
      result_.left_out.push_back({*why, std::string(item.path)});
    }
  }

 private:
  /// An entry that no local file feeds is what another package, or an earlier push, brought here.
  void refuse_pointer(const ScanItem& item) const {
    if (overwrite_ == Overwrite::yes) return;
    const auto present = manifest_.find(item.key);
    if (!present) return;
    throw Error(ErrorCode::already_exists,
                fmt::format("'{}' comes from '{}' and from '{}'", item.key, item.path,
                            manifest_[*present].physical_key()),
                "unio rm takes what is there out, unio add --overwrite decides for the new one");
  }

  Manifest manifest_;
  const BuilderState& state_;
  std::size_t index_;
  Overwrite overwrite_;
  AddResult& result_;
};

void keep(Workspace& workspace, const BuilderState& before, const Context& context) {
  if (workspace.state().sources == before.sources && workspace.state().pending_meta == before.pending_meta)
    return;
  note_change(workspace.state());
  workspace.save(context.random);
}

}  // namespace

AddResult add(Workspace& workspace, const path& directory, const AddRequest& request,
              const Context& context) {
  const BuilderState before = workspace.state();
  Source source = make_source(workspace, directory, request.source, request.key);
  source.overrides = request.overwrite == Overwrite::yes;
  AddResult result{.key = source.key,
                   .source = display_path(source),
                   .folder = source.kind == Source::Kind::folder,
                   .secrets = {},
                   .left_out = {}};
  const StatIndex index = load_index(workspace);
  const std::size_t position = put_source(workspace.state().sources, std::move(source));

  AddedSource added(workspace, position, request.overwrite, result);
  ClashCheck clashes;
  const PresentKeys::Visit check = [&](std::string_view key) { clashes.add(key); };
  PresentKeys keys(workspace, check);
  scan_sources(workspace, index, scan_options(context), [&](const ScanItem& item) {
    added.add(item);
    keys.add(item);
  });
  keys.finish();
  keep(workspace, before, context);
  return result;
}

void set_entry(Workspace& workspace, const path& directory, const std::string& key,
               const std::string& source_path, const std::optional<Json>& meta, const Context& context) {
  const BuilderState before = workspace.state();
  Source source = make_source(workspace, directory, source_path, key);
  if (source.kind != Source::Kind::file) {
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is a folder", source_path),
                fmt::format("unio add {} {} --overwrite adds what is in it", key, source_path));
  }
  source.overrides = true;
  const std::string plain = source.key;
  put_source(workspace.state().sources, std::move(source));
  if (meta) workspace.state().pending_meta.insert_or_assign(plain, *meta);
  ClashCheck clashes;
  visit_present_keys(workspace, context, [&](std::string_view present) { clashes.add(present); });
  keep(workspace, before, context);
}

}  // namespace unio
