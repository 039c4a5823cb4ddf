#pragma once

#include <charconv>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "base/json.hpp"
#include "cli/arguments.hpp"
#include "cli/session.hpp"
#include "engine/browse.hpp"
#include "engine/build.hpp"
#include "engine/push.hpp"
#include "engine/registry.hpp"

namespace unio {

// What several commands share.

/// The workspace that `directory`, or the present folder, lies in.
Workspace find_workspace(const std::optional<std::string>& directory);
/// The same with its manifest whole, for what does more than look.
Workspace find_whole_workspace(Session& session, const std::optional<std::string>& directory = std::nullopt);

/// The number that the whole text is; absent when it is none.
template <class Number>
std::optional<Number> find_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// JSON of an option such as --meta; Error invalid_argument that names the option.
std::optional<Json> parse_json_option(const std::optional<std::string>& text, std::string_view option);

/// The options of everything that makes or publishes a manifest: its message and the package's metadata.
struct ManifestOptions {
  std::optional<std::string> message;
  std::optional<std::string> meta;
};
void add_manifest_options(Arguments& arguments, ManifestOptions& options);

/// Those that publish take these too.
struct PublishOptions : ManifestOptions {
  std::optional<std::string> tag;
  bool force = false;
  bool allow_local_files = false;
  std::optional<std::string> capture;
  std::vector<std::string> based_on;
};
void add_publish_options(Arguments& arguments, PublishOptions& options);
PushManifestOptions push_manifest_options(Session& session, const Workspace& workspace,
                                          const PublishOptions& options);

/// The registry and the version of a reference.
OpenedPackage open_reference(Session& session, const std::string& reference);
/// For looking at these entries and folders only: open_part.
OpenedPackage open_part_of(Session& session, const std::string& reference, std::span<const std::string> keys,
                           Depth depth = Depth::one_level);
Registry open_registry(Session& session, const std::string& url);

/// Notes that quilt3 cannot read a package of this name, if it cannot.
void note_name(Session& session, const PackageName& name);

/// What a build left out, as warnings and as JSON.
void warn_left_out(Session& session, const std::vector<LeftOut>& left_out);
Json left_out_json(const std::vector<LeftOut>& left_out);
/// Keys that look like secrets, as warnings.
void warn_secrets(Session& session, const std::vector<std::string>& keys);

/// "Building manifest…" and the lines of what was pushed.
void print_build(Session& session, const BuildResult& build);
void print_pushed(Session& session, const PushDataResult& data);
Json pushed_json(const PushDataResult& data);
/// The lines of a published manifest and its JSON.
void print_published(Session& session, const Workspace& workspace, const PushResult& result,
                     const std::optional<std::string>& tag);
/// Warns when what was published tells nobody what it is.
void warn_no_readme(Session& session, const PushResult& result);
Json published_json(const Workspace& workspace, const PushResult& result);

/// `path` as the user would write it: relative to where he stands, unless that is longer.
std::string display_local(const std::filesystem::path& path);

Json json_texts(const std::vector<std::string>& texts);

}  // namespace unio
