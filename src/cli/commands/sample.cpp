#include <fmt/format.h>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/commands/common.hpp"
#include "cli/commands/selection.hpp"
#include "model/selection.hpp"

namespace unio {
namespace {

struct Options : SelectionOptions {
  std::optional<std::string> count;
  std::optional<std::string> fraction;
  std::optional<std::string> by;
};

SampleOptions sample_options(const Options& options) {
  if (options.count.has_value() == options.fraction.has_value()) {
    throw Error(ErrorCode::invalid_argument, "a sample needs either -n or --fraction",
                "-n 100 chooses 100 entries, --fraction 0.1 about a tenth of them");
  }
  SampleOptions sample{.count = {}, .fraction = {}, .seed = options.seed_text(), .by = options.by};
  if (options.count) sample.count = find_number<std::uint64_t>(*options.count);
  if (options.fraction) sample.fraction = find_number<double>(*options.fraction);
  if (options.count && !sample.count)
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is no number of entries", *options.count));
  if (options.fraction && !sample.fraction)
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is no fraction", *options.fraction));
  return sample;
}

void print_keys(Session& session, const OpenedPackage& source, const std::vector<std::size_t>& chosen) {
  if (session.json()) {
    session.print_json(Json::object({{"package", source.name.text()},
                                     {"top_hash", source.top_hash},
                                     {"keys", keys_json(source.manifest, chosen)}}));
  }
  for (const std::size_t i : chosen) session.result(printable(source.manifest[i].logical_key()));
}

CommandRun setup(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  add_source_options(arguments, *options);
  arguments.option("-n", "COUNT", options->count, "so many entries, or all where there are fewer");
  arguments.option("--fraction", "NUMBER", options->fraction, "about this share of them, from 0 to 1");
  arguments.option("--by", "FOLDER", options->by, "choose in FOLDER, from each folder in it on its own");
  add_target_options(arguments, *options, "NAME", "publish what is chosen as a package of this name");
  return [options](Session& session) {
    const ResolvedRef ref = source_of(session, *options);
    const SampleOptions sample = sample_options(*options);
    const auto target = options->to ? std::optional(target_of(session, ref, *options->to)) : std::nullopt;
    const OpenedPackage source = open_package(ref, session.context());
    const std::vector<std::size_t> chosen = sample_entries(source.manifest, sample);
    if (!target) {
      print_keys(session, source, chosen);
      return 0;
    }
    Workspace selection = make_selection(session, source, chosen, *target);
    const Json published = publish_selection(session, source, selection, *options);
    if (session.json()) session.print_json(published);
    return 0;
  };
}

}  // namespace

Command sample_command() {
  return {
      .name = "sample",
      .group = Command::Group::publish,
      .summary = "Choose some entries of a package by chance",
      .details =
          "The same seed chooses the same entries everywhere, and in a later version those that are still "
          "there.\n"
          "Without --to their keys are printed. With it they become a package of pointers: no data is read "
          "or copied.",
      .examples =
          "unio sample --entries team/photos:v1 -n 100 --by train/\n"
          "unio sample --entries team/photos:v1 --fraction 0.1 --seed 7 --to team/photos-small",
      .setup = setup};
}

}  // namespace unio
