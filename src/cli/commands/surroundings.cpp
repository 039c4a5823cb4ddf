#include "cli/commands/surroundings.hpp"

#include "base/error.hpp"
#include "engine/catalog_documents.hpp"
#include "engine/lineage.hpp"
#include "model/artifact.hpp"

namespace unio {

CaptureOptions capture_options(Session& session, CaptureLevel level) {
  CaptureOptions options;
  options.level = level;
  if (level == CaptureLevel::off || level == CaptureLevel::references) return options;
  options.arguments = session.command_line();
  options.python = find_python(session.context());
  return options;
}

CaptureOptions push_capture(Session& session, const std::optional<std::string>& level,
                            const std::filesystem::path& directory) {
  const bool off = session.app().config().get("capture").value == name(CaptureLevel::off);
  const CaptureLevel unasked = off ? CaptureLevel::off : CaptureLevel::references;
  CaptureOptions options = capture_options(session, level ? parse_capture_level(*level) : unasked);
  options.directory = directory;
  return options;
}

namespace {

/// What is no reference is told with all that may be given.
std::string id_of_package(Session& session, const std::string& reference) {
  const auto resolved = [&] {
    try {
      return session.app().resolve(reference);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::invalid_argument) check_parent_id(reference);
      throw;
    }
  };
  return get_revision_id(resolved(), session.context());
}

}  // namespace

std::vector<std::string> parent_ids(Session& session, const std::vector<std::string>& given) {
  std::vector<std::string> ids;
  for (const std::string& text : given) {
    if (is_artifact_id_prefix(text) || is_published_id(text)) {
      check_parent_id(text);
      ids.push_back(text);
    } else {
      ids.push_back(id_of_package(session, text));
    }
  }
  return ids;
}

}  // namespace unio
