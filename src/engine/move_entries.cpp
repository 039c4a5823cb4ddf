#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/error.hpp"
#include "engine/builder_changes.hpp"
#include "engine/builder_edit.hpp"

namespace unio {
namespace {

/// One `mv`: what is renamed, from its key to another one, with all that lies in it.
class Move {
 public:
  Move(Workspace& workspace, std::string_view from, std::string_view to, const Context& context)
      : workspace_(workspace), context_(context), from_(key_without_slash(from)), to_(key_without_slash(to)) {
    visit_present_keys(workspace, context, [&](std::string_view key) { present_.emplace_back(key); });
    check_names(from, to);
  }

  /// Error already_exists for the first entry in the way.
  void refuse_collisions() const {
    for_each_moved([&](const std::string& key, const std::string& target) {
      if (!replaced(target)) return;
      throw Error(ErrorCode::already_exists,
                  fmt::format("collision detected: moving \"{}\" to \"{}\", but \"{}\" already exists", key,
                              target, target),
                  fmt::format("--overwrite replaces \"{}\" with \"{}\"", target, key));
    });
  }

  std::size_t run(Overwrite overwrite) {
    std::size_t moved = 0;
    std::vector<std::string> gone;
    for_each_moved([&](const std::string&, const std::string& target) {
      moved += 1;
      if (replaced(target)) gone.push_back(target);
    });
    check_clashes();
    ManifestChange change(workspace_, context_,
                          [this, gone](std::string_view key) -> std::optional<std::string> {
                            if (is_within(key, from_)) return new_key(key);
                            if (std::binary_search(gone.begin(), gone.end(), key, TreeOrder()))
                              return std::nullopt;
                            return std::string(key);
                          });
    for (const std::string& key : gone) exclude_from_sources(workspace_.state(), key);
    move_sources(overwrite);
    change.commit();
    return moved;
  }

 private:
  void check_names(std::string_view from, std::string_view to) {
    const bool entry = present(from_);
    const bool folder = std::any_of(present_.begin(), present_.end(), [&](const std::string& key) {
      return key.size() > from_.size() && is_within(key, from_);
    });
    if (!folder && (!entry || from.ends_with('/'))) {
      throw Error(ErrorCode::not_found, fmt::format("the package has no '{}'", from),
                  "unio status shows what it is made of");
    }
    if (entry && to.ends_with('/')) to_ = join_key(to_, from_.substr(from_.rfind('/') + 1));
    if (is_within(to_, from_)) {
      throw Error(ErrorCode::invalid_argument, fmt::format("'{}' cannot be moved into itself", from_));
    }
  }

  std::string new_key(std::string_view key) const { return to_ + std::string(key.substr(from_.size())); }

  bool present(const std::string& key) const {
    return std::binary_search(present_.begin(), present_.end(), key, TreeOrder());
  }
  bool replaced(const std::string& target) const { return present(target) && !is_within(target, from_); }

  template <class Visit>
  void for_each_moved(Visit&& visit) const {
    for (const std::string& key : present_) {
      if (is_within(key, from_)) visit(key, new_key(key));
    }
  }

  void check_clashes() const {
    std::vector<std::string> after;
    for (const std::string& key : present_) after.push_back(is_within(key, from_) ? new_key(key) : key);
    std::sort(after.begin(), after.end(), TreeOrder());
    ClashCheck check;
    for (const std::string& key : after) check.add(key);
  }

  /// Local files stay where they are: sources get other keys, and one that holds more is split.
  void move_sources(Overwrite overwrite) {
    std::vector<Source> added;
    BuilderState& state = workspace_.state();
    std::erase_if(state.sources, [&](const Source& source) {
      if (!is_within(source.key, from_)) return false;
      Source moved = source;
      moved.key = new_key(source.key);
      for (std::string& excluded : moved.excluded) excluded = new_key(excluded);
      added.push_back(std::move(moved));
      return true;
    });
    for (Source& source : state.sources) {
      if (source.kind == Source::Kind::file || !is_within(from_, source.key)) continue;
      if (const auto part = split(source)) added.push_back(*part);
      source.excluded.push_back(from_);
    }
    for (Source& source : added) {
      source.overrides = source.overrides || overwrite == Overwrite::yes;
      state.sources.push_back(std::move(source));
    }
  }

  /// The part of a folder source that is moved; absent when it gives nothing there.
  std::optional<Source> split(const Source& source) const {
    const std::string_view below = std::string_view(from_).substr(source.key.size());
    Source part{.kind = source.kind,
                .key = to_,
                .path = join_key(source.path == "." ? "" : source.path, below),
                .excluded = {},
                .overrides = source.overrides};
    std::error_code ignored;
    const auto type = std::filesystem::symlink_status(workspace_.root() / part.path, ignored).type();
    if (type == std::filesystem::file_type::regular) {
      part.kind = Source::Kind::file;
      return part;
    }
    if (type != std::filesystem::file_type::directory) return std::nullopt;
    part.key += '/';
    for (const std::string& excluded : source.excluded) {
      if (is_within(excluded, from_)) part.excluded.push_back(new_key(excluded));
    }
    return part;
  }

  Workspace& workspace_;
  const Context& context_;
  std::string from_;
  std::string to_;
  std::vector<std::string> present_;
};

}  // namespace

std::size_t move_entries(Workspace& workspace, const std::string& from, const std::string& to,
                         Overwrite overwrite, const Context& context) {
  Move move(workspace, from, to, context);
  if (overwrite == Overwrite::no) move.refuse_collisions();
  return move.run(overwrite);
}

}  // namespace unio
