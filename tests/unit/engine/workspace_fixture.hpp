#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/push.hpp"
#include "unit/engine/folder_fixture.hpp"
#include "workspace/workspace.hpp"

namespace unio::test {

/// A workspace whose root is one folder source, bound to "a/b" in the registry.
class WorkspaceTest : public FolderTest {
 protected:
  BuilderState builder_state(const std::string& name = "a/b") {
    BuilderState state;
    state.ref = {local_.url(), package(name), {}};
    state.sources.push_back({.kind = Source::Kind::folder, .key = {}, .path = "."});
    return state;
  }

  /// Another workspace, as somebody else has it.
  Workspace workspace(const std::string& folder) {
    return Workspace::create(local(folder), builder_state(), random_);
  }

  std::filesystem::path root() const { return workspace_.root(); }
  void put_work(const std::string& path, std::string_view content) { put(root() / path, content); }
  BuilderState& state() { return workspace_.state(); }

  BuildResult build_here(const BuildOptions& options = {}) { return build(workspace_, options, context_); }
  PushResult push_here(const PushOptions& options = {}) {
    clock_.advance(std::chrono::seconds(1));
    return push(workspace_, options, context_);
  }

  /// A push with this tag.
  static PushOptions tagged(std::string tag) {
    PushOptions options;
    options.tag = std::move(tag);
    return options;
  }

  std::vector<std::string> manifest_keys() {
    std::vector<std::string> found;
    const Manifest& manifest = workspace_.manifest();
    for (std::size_t i = 0; i < manifest.size(); ++i) found.emplace_back(manifest[i].logical_key());
    return found;
  }
  EntryView entry_of(const std::string& key) {
    const auto index = workspace_.manifest().find(key);
    check(index.has_value(), key);
    return workspace_.manifest()[*index];
  }

  std::string pointer(const std::string& name) {
    const auto found = local_.find_pointer(package("a/b"), name);
    return found ? found->top_hash : "absent";
  }

  /// The files of the revision that a pointer names, as a reader finds them: every byte is checked.
  Files published(const std::string& name = "latest") {
    Files files;
    const Manifest manifest = local_.get_manifest(pointer(name));
    for (std::size_t i = 0; i < manifest.size(); ++i) {
      std::string& content = files[std::string(manifest[i].logical_key())];
      read_entry(local_, context_, manifest[i], [&](Bytes bytes) { content += as_text(bytes); });
    }
    return files;
  }

  /// How many publications the history of "a/b" has.
  std::size_t publications() {
    std::size_t count = 0;
    for (const Pointer& found : local_.pointers(package("a/b"))) count += is_timestamp(found.name) ? 1U : 0U;
    return count;
  }

  Workspace workspace_ = Workspace::create(local("work"), builder_state(), random_);
};

}  // namespace unio::test
