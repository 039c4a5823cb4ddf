#include <fmt/format.h>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/commands/common.hpp"
#include "cli/commands/selection.hpp"
#include "model/selection.hpp"

namespace unio {
namespace {

struct Options : SelectionOptions {
  std::vector<std::string> shares;
};

using Parts = std::vector<std::vector<std::size_t>>;

Share parse_share(const std::string& text) {
  const auto equals = text.find('=');
  const auto weight =
      equals == std::string::npos ? std::nullopt : find_number<double>(text.substr(equals + 1));
  if (equals == 0 || !weight) {
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is no share", text),
                "a share is NAME=NUMBER, for example train=0.7");
  }
  return {text.substr(0, equals), *weight};
}

std::vector<Share> parse_shares(const std::vector<std::string>& texts) {
  std::vector<Share> shares;
  for (const std::string& text : texts) shares.push_back(parse_share(text));
  return shares;
}

/// The package of each share, all found and allowed before the first is published.
std::vector<ResolvedRef> targets_of(Session& session, const ResolvedRef& source, const std::string& pattern,
                                    const std::vector<Share>& shares) {
  constexpr std::string_view placeholder = "{}";
  const auto at = pattern.find(placeholder);
  if (at == std::string::npos) {
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is one name for all shares", pattern),
                fmt::format("{{}} stands for the name of a share: --to {}-{{}}", pattern));
  }
  std::vector<ResolvedRef> targets;
  for (const Share& share : shares) {
    const std::string name = std::string(pattern).replace(at, placeholder.size(), share.name);
    targets.push_back(target_of(session, source, name));
  }
  return targets;
}

void print_parts(Session& session, const OpenedPackage& source, const std::vector<Share>& shares,
                 const Parts& parts) {
  Json::Array list;
  for (std::size_t part = 0; part < parts.size(); ++part) {
    const std::string& name = shares[part].name;
    if (session.json())
      list.push_back(Json::object({{"name", name}, {"keys", keys_json(source.manifest, parts[part])}}));
    for (const std::size_t i : parts[part])
      session.result(fmt::format("{}\t{}", printable(name), printable(source.manifest[i].logical_key())));
  }
  if (!session.json()) return;
  session.print_json(Json::object(
      {{"package", source.name.text()}, {"top_hash", source.top_hash}, {"shares", std::move(list)}}));
}

void publish_parts(Session& session, const OpenedPackage& source, const Parts& parts,
                   const std::vector<ResolvedRef>& targets, const SelectionOptions& options) {
  std::vector<Workspace> selections;
  for (std::size_t part = 0; part < parts.size(); ++part)
    selections.push_back(make_selection(session, source, parts[part], targets[part]));
  Json::Array packages;
  for (Workspace& selection : selections)
    packages.push_back(publish_selection(session, source, selection, options));
  if (session.json()) session.print_json(Json::object({{"packages", std::move(packages)}}));
}

CommandRun setup(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  arguments.positional("SHARE", options->shares,
                       "NAME=NUMBER: what share of the entries, for example train=0.7");
  add_source_options(arguments, *options);
  add_target_options(arguments, *options, "NAME-{}", "publish each share; {} stands for its name");
  return [options](Session& session) {
    const ResolvedRef ref = source_of(session, *options);
    const std::vector<Share> shares = parse_shares(options->shares);
    std::vector<ResolvedRef> targets;
    if (options->to) targets = targets_of(session, ref, *options->to, shares);
    const OpenedPackage source = open_package(ref, session.context());
    const Parts parts = split_entries(source.manifest, shares, options->seed_text());
    if (options->to) {
      publish_parts(session, source, parts, targets, *options);
    } else {
      print_parts(session, source, shares, parts);
    }
    return 0;
  };
}

}  // namespace

Command split_command() {
  return {.name = "split",
          .group = Command::Group::publish,
          .summary = "Divide the entries of a package by chance",
          .details =
              "Each entry is in one share, for the same seed always in the same, whatever is added to the "
              "package later.\n"
              "Without --to lines of share, tab and key are printed. With it each share becomes a package of "
              "pointers:\n"
              "no data is read or copied.",
          .examples =
              "unio split --entries team/photos:v1 train=0.7 test=0.3\n"
              "unio split --entries team/photos:v1 train=0.7 test=0.3 --seed 1 --to team/photos-{}",
          .setup = setup};
}

}  // namespace unio
