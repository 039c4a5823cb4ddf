#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "cli/arguments.hpp"
#include "cli/session.hpp"
#include "engine/push.hpp"
#include "engine/registry.hpp"

namespace unio {

// What `sample` and `split` share: a package that is chosen from, and the packages of pointers that what was
// chosen becomes with --to.

struct SelectionOptions {
  std::optional<std::string> entries;
  std::optional<std::string> seed;
  std::optional<std::string> to;
  std::optional<std::string> tag;
  std::optional<std::string> message;
  bool force = false;

  /// The seed that Python's `sample` and `split` have by default too.
  std::string seed_text() const { return seed.value_or("0"); }
};
void add_source_options(Arguments& arguments, SelectionOptions& options);
/// `to` says what may be written after --to, `help` what it does.
void add_target_options(Arguments& arguments, SelectionOptions& options, std::string to, std::string help);

/// The package that --entries names. Error invalid_argument when it is missing, or what belongs to --to is
/// given without it.
ResolvedRef source_of(Session& session, const SelectionOptions& options);
/// The package that is to be published. Error invalid_argument for a version, and for the source itself.
ResolvedRef target_of(Session& session, const ResolvedRef& source, const std::string& to);

/// A builder of pointers to the entries at these ascending indexes, to be published as `target`. Error
/// failed_precondition when the target's readers could not read them.
Workspace make_selection(Session& session, const OpenedPackage& source,
                         const std::vector<std::size_t>& indexes, const ResolvedRef& target);
/// Publishes it, prints its lines and returns its JSON.
Json publish_selection(Session& session, const OpenedPackage& source, Workspace& selection,
                       const SelectionOptions& options);

/// The keys of the entries at these indexes.
Json keys_json(const Manifest& manifest, const std::vector<std::size_t>& indexes);

}  // namespace unio
