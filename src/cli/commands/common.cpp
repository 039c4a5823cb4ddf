#include "cli/commands/common.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

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

std::optional<Json> parse_json_option(const std::optional<std::string>& text, std::string_view option) {
  if (!text) return std::nullopt;
  return in_context(fmt::format("read {}", option), [&] { return Json::parse(*text); });
}

OpenedPackage open_reference(Session& session, const std::string& reference) {
  return open_package(session.app().resolve(reference), session.context());
}

Registry open_registry(Session& session, const std::string& url) {
  return Registry(session.context().stores.get(url), session.context());
}

void note_name(Session& session, const PackageName& name) {
  if (name.readable_by_quilt3()) return;
  session.warn(fmt::format("quilt3 cannot read packages with one-segment names such as '{}'", name.text()));
}

void warn_left_out(Session& session, const std::vector<LeftOut>& left_out) {
  for (const auto why : {LeftOut::Why::symlink, LeftOut::Why::special, LeftOut::Why::empty_folder}) {
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
  for (const std::string& key : data.secrets) {
    session.warn(fmt::format("'{}' looks like a secret", printable(key)));
  }
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
  session.line(fmt::format("Pushing manifest to {}", result.manifest_url));
  if (tag) session.line(fmt::format("Linking {}:{} to manifest {}", name, *tag, short_hash(result.top_hash)));
  if (!result.has_readme) {
    session.warn("the package has no README.md; one tells others what the data is");
  }
}

Json published_json(const Workspace& workspace, const PushResult& result) {
  return Json::object({{"package", workspace.state().ref.name.text()},
                       {"registry", workspace.state().ref.registry},
                       {"top_hash", result.top_hash},
                       {"manifest", result.manifest_url},
                       {"published", result.published},
                       {"entries", static_cast<std::uint64_t>(result.entries)},
                       {"bytes", result.bytes},
                       {"data", pushed_json(result.data)}});
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
