#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engine/context.hpp"
#include "model/manifest.hpp"
#include "workspace/scan.hpp"
#include "workspace/workspace.hpp"

namespace unio {

// What the changes to a builder share; the operations are in builder_edit.hpp.

/// The keys that the builder would have if it were built now, in tree order: the manifest's, with what a scan
/// found. Told of one item of the scan after the other.
class PresentKeys {
 public:
  using Visit = std::function<void(std::string_view key)>;

  /// Borrows both.
  PresentKeys(Workspace& workspace, const Visit& visit);

  void add(const ScanItem& item);
  void finish();

 private:
  void pass_entries_before(std::string_view key);

  const BuilderState& state_;
  Manifest manifest_;
  std::size_t next_ = 0;
  const Visit& visit_;
};

/// The same from a scan of its own.
void visit_present_keys(Workspace& workspace, const Context& context, const PresentKeys::Visit& visit);

/// Refuses a file where a folder is needed, told of all keys in tree order: Error already_exists that names
/// both.
class ClashCheck {
 public:
  void add(std::string_view key);

 private:
  std::string last_;
};

/// What becomes of the key of an entry, or of a folder (with a slash); absent: it is dropped.
using NewKey = std::function<std::optional<std::string>(std::string_view key)>;

/// A new manifest for a builder, made from the one it has. Commit stores it; the stat index follows, so that
/// no file has to be read again.
class ManifestChange {
 public:
  /// Borrows the workspace and the context.
  ManifestChange(Workspace& workspace, const Context& context, NewKey new_key);

  /// For what is added besides.
  ManifestBuilder& manifest() { return after_; }

  void commit();

 private:
  void publish_index(const StatIndex& before);

  Workspace& workspace_;
  const Context& context_;
  NewKey new_key_;
  ManifestBuilder after_;
};

/// The builder is no longer what was built and published.
void note_change(BuilderState& state);

/// Takes a key, and everything in it, out of all sources.
void exclude_from_sources(BuilderState& state, std::string_view key);

/// "a/b" for "a/b/": keys as users write them, without the slash that marks a folder. Error invalid_argument
/// for what is no key.
std::string key_without_slash(std::string_view key);

}  // namespace unio
