#include "cli/commands/surroundings.hpp"

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

std::vector<std::string> parent_ids(Session& session, const std::vector<std::string>& given) {
  std::vector<std::string> ids;
  for (const std::string& text : given) ids.push_back(session.app().parent_id(text, session.context()));
  return ids;
}

}  // namespace unio
