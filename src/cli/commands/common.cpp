#include "cli/commands/common.hpp"

#include <fmt/format.h>

#include <set>

#include "base/error.hpp"
#include "cli/commands/surroundings.hpp"
#include "engine/complete_manifest.hpp"
#include "engine/package_part.hpp"

namespace unio {
namespace {

constexpr std::size_t named_at_most = 5;

std::string_view reason(LeftOut::Why why) {
  switch (why) {
    case LeftOut::Why::symlink:
      return "symbolic links are not packaged";
    case LeftOut::Why::special:
      return "devices, pipes and sockets are not packaged";
    case LeftOut::Why::empty_folder:
      return "empty folders are not packaged";
    case LeftOut::Why::ignored:
      return "ignored";
    case LeftOut::Why::unreadable:
      return "it cannot be read, and a build will stop there";
  }
  return {};
}

std::string_view why_name(LeftOut::Why why) {
  switch (why) {
    case LeftOut::Why::symlink:
      return "symlink";
    case LeftOut::Why::special:
      return "special";
    case LeftOut::Why::empty_folder:
      return "empty_folder";
    case LeftOut::Why::ignored:
      return "ignored";
    case LeftOut::Why::unreadable:
      return "unreadable";
  }
  return {};
}

std::string folder_dots(const std::string& place, bool folder) {
  return folder ? place + "..." : place;
}

}  // namespace

Workspace find_workspace(const std::optional<std::string>& directory) {
  return Workspace::get(directory ? std::filesystem::path(*directory) : std::filesystem::current_path());
}

Workspace find_whole_workspace(Session& session, const std::optional<std::string>& directory) {
  Workspace workspace = find_workspace(directory);
  complete_manifest(workspace, session.context());
  return workspace;
}

void add_manifest_options(Arguments& arguments, ManifestOptions& options) {
  arguments.option("-m,--message", "TEXT", options.message, "message of the revision");
  arguments.option("--meta", "JSON", options.meta, "metadata of the package");
}

void add_publish_options(Arguments& arguments, PublishOptions& options) {
  arguments.option("-t,--tag", "TAG", options.tag, "tag to link to the revision");
  add_manifest_options(arguments, options);
  arguments.flag("--force", options.force, "move the tag even if somebody else moved it");
  arguments.flag("--force-allow-local-files", options.allow_local_files,
                 "publish although entries point at files of this machine");
  arguments.option("--based-on", "ID", options.based_on, "an artifact or a package that it was made from");
  arguments.option("--capture", "LEVEL", options.capture,
                   "what to record of the environment besides git and the container: off, safe or full");
}

PushManifestOptions push_manifest_options(Session& session, const Workspace& workspace,
                                          const PublishOptions& options) {
  return {.tag = options.tag,
          .message = options.message,
          .meta = parse_json_option(options.meta, "--meta"),
          .force = options.force ? Force::yes : Force::no,
          .allow_local_files = options.allow_local_files,
          .capture = push_capture(session, options.capture, workspace.root()),
          .based_on = parent_ids(session, options.based_on)};
}

std::optional<Json> parse_json_option(const std::optional<std::string>& text, std::string_view option) {
  if (!text) return std::nullopt;
  try {
    return Json::parse(*text);
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("read {}: {}", option, error.what()),
                R"(quote it for the shell, for example '{"label": "cat"}')");
  }
}

OpenedPackage open_reference(Session& session, const std::string& reference) {
  return open_package(session.app().resolve(reference), session.context());
}

OpenedPackage open_part_of(Session& session, const std::string& reference, std::span<const std::string> keys,
                           Depth depth) {
  return open_part(session.app().resolve(reference), keys, depth, session.context());
}

Registry open_registry(Session& session, const std::string& url) {
  return Registry(session.context().stores.get(url), session.context());
}

void note_name(Session& session, const PackageName& name) {
  if (name.readable_by_quilt3()) return;
  session.warn(fmt::format("quilt3 cannot read packages with one-segment names such as '{}'", name.text()));
}

/// Sources that overlap report what lies in both twice.
std::vector<LeftOut> each_once(std::vector<LeftOut> left_out) {
  std::set<std::string> seen;
  std::erase_if(left_out, [&](const LeftOut& item) { return !seen.insert(item.path).second; });
  return left_out;
}

void warn_left_out(Session& session, const std::vector<LeftOut>& all) {
  const std::vector<LeftOut> left_out = each_once(all);
  for (const auto why :
       {LeftOut::Why::symlink, LeftOut::Why::special, LeftOut::Why::empty_folder, LeftOut::Why::unreadable}) {
    std::size_t count = 0;
    for (const LeftOut& item : left_out) {
      if (item.why == why && ++count <= named_at_most) {
        session.warn(fmt::format("left out '{}': {}", printable(display_local(item.path)), reason(why)));
      }
    }
    if (count > named_at_most)
      session.warn(fmt::format("left out {} more: {}", count - named_at_most, reason(why)));
  }
}

Json left_out_json(const std::vector<LeftOut>& left_out) {
  Json::Array list;
  for (const LeftOut& item : each_once(left_out)) {
    list.push_back(Json::object({{"path", item.path}, {"why", why_name(item.why)}}));
  }
  return list;
}

void warn_secrets(Session& session, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    session.warn(fmt::format("'{}' looks like a secret; `unio rm` takes it out", printable(key)));
  }
}

void print_build(Session& session, const BuildResult& build) {
  session.line("Building manifest...");
  session.line(fmt::format("Tophash: {}", build.top_hash));
}

void print_pushed(Session& session, const PushDataResult& data) {
  for (const PushedGroup& group : data.groups) {
    const std::string_view verb = group.action == PushedGroup::Action::pushed ? "Pushing" : "Copying";
    std::string line = fmt::format("{} {} to {}", verb, printable(group.from),
                                   printable(folder_dots(group.to, group.folder)));
    if (group.already_there == group.files) {
      line += " (data exists, skipping)";
    } else if (group.already_there > 0) {
      line += fmt::format(" ({} of {} exist)", group.already_there, human_count(group.files, "file"));
    }
    session.line(line);
  }
  for (const std::string& key : data.displaced) {
    session.warn(
        fmt::format("other data stands under the prefix for '{}'; it went to a content-addressed object",
                    printable(key)));
  }
  warn_secrets(session, data.secrets);
}

Json pushed_json(const PushDataResult& data) {
  Json::Array groups;
  for (const PushedGroup& group : data.groups) {
    groups.push_back(
        Json::object({{"action", group.action == PushedGroup::Action::pushed ? "pushed" : "copied"},
                      {"from", group.from},
                      {"to", group.to},
                      {"files", group.files},
                      {"bytes", group.bytes},
                      {"already_there", group.already_there}}));
  }
  return groups;
}

void print_published(Session& session, const Workspace& workspace, const PushResult& result,
                     const std::optional<std::string>& tag) {
  const std::string& name = workspace.state().ref.name.text();
  if (!result.published) {
    session.line(fmt::format("Nothing to push: {} is published as {}", name, short_hash(result.top_hash)));
    return;
  }
  if (!result.only_tagged) session.line(fmt::format("Pushing manifest to {}", result.manifest_url));
  if (tag) session.line(fmt::format("Linking {}:{} to manifest {}", name, *tag, short_hash(result.top_hash)));
}

void warn_no_readme(Session& session, const PushResult& result) {
  if (result.has_readme || !result.published || result.only_tagged) return;
  session.warn("the package has no README.md; one tells others what the data is");
}

Json published_json(const Workspace& workspace, const PushResult& result) {
  return Json::object({{"package", workspace.state().ref.name.text()},
                       {"registry", workspace.state().ref.registry},
                       {"top_hash", result.top_hash},
                       {"manifest", result.manifest_url},
                       {"published", result.published},
                       {"entries", static_cast<std::uint64_t>(result.entries)},
                       {"bytes", result.bytes},
                       {"new_objects", result.stored_objects},
                       {"data", pushed_json(result.data)},
                       {"displaced", json_texts(result.data.displaced)},
                       {"removed", json_texts(result.build.removed)},
                       {"left_out", left_out_json(result.build.left_out)},
                       {"secrets", json_texts(result.data.secrets)}});
}

std::string display_local(const std::filesystem::path& path) {
  if (path.is_relative()) return path.native();
  const std::string relative = path.lexically_relative(std::filesystem::current_path()).native();
  if (relative == "." || relative == ".." || relative.starts_with("../")) {
    return relative.size() < path.native().size() ? relative : path.native();
  }
  return "./" + relative;
}

Json json_texts(const std::vector<std::string>& texts) {
  return Json::Array(texts.begin(), texts.end());
}

}  // namespace unio
