#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/context.hpp"
#include "engine/python_packages.hpp"
#include "model/secrets.hpp"

namespace unio {

/// How much of the surroundings is recorded (docs/capture.md).
enum class CaptureLevel {
  off,         ///< the user's name alone, because artifacts lie under it
  references,  ///< git's state and the container's image: what a revision of a package says by itself
  safe,        ///< all but environment variables
  full,        ///< environment variables as well
};

std::string_view name(CaptureLevel level);
/// One that users can ask for; Error invalid_argument that names them.
CaptureLevel parse_capture_level(std::string_view text);

struct CaptureOptions {
  CaptureLevel level = CaptureLevel::safe;
  /// Where the work is done: the git checkout around it is captured.
  std::filesystem::path directory = ".";
  /// The command line: sys.orig_argv, or the command's own.
  std::vector<std::string> arguments;
  /// Absent: no Python is captured.
  std::optional<PythonInstallation> python;
  /// The notebook that is running, where the caller knows it; a copy is kept as a log.
  std::optional<std::filesystem::path> notebook;
  /// A larger patch or notebook is left out, and `left_out` says so: a part of it would be of no use.
  std::uint64_t log_limit = std::uint64_t{16} << 20;
  /// So many untracked files are listed; of the rest the number is recorded.
  std::size_t untracked_limit = 10'000;
  /// Below which `/etc`, `/proc` and `/run` are read.
  std::filesystem::path system_root = "/";
};

struct CapturedPlatform {
  std::string os;            ///< "Debian GNU/Linux 12 (bookworm)"
  std::string kernel;        ///< "Linux 6.1.0"
  std::string machine;       ///< "x86_64"
  std::string cpu;           ///< the model's name; empty where the system does not tell
  unsigned cpus = 0;         ///< that this process may use
  std::uint64_t memory = 0;  ///< bytes
};

struct CapturedGit {
  std::string commit;
  std::optional<std::string> branch;
  std::optional<std::string> remote;
  bool dirty = false;
  std::size_t untracked = 0;  ///< how many untracked files there are; logs/git_untracked.txt lists them
};

struct CapturedContainer {
  std::string engine;  ///< "docker", "podman", "kubernetes", "apptainer"; empty when only the image is known
  std::optional<std::string> image;  ///< as the engine or a variable names it
};

/// A file for `logs/`.
struct CapturedLog {
  std::string name;
  std::string content;
};

/// What was captured. Nothing in it is secret as far as mask_secrets can tell: it may be hashed, written and
/// published as it is.
struct EnvironmentCapture {
  CaptureLevel level = CaptureLevel::off;
  std::string user;
  std::string host;
  std::string argv;  ///< joined by spaces, as ElliptIO writes it
  std::optional<CapturedPlatform> platform;
  std::string python_version;                          ///< empty without Python
  std::map<std::string, std::string> python_packages;  ///< name → version
  std::optional<CapturedGit> git;
  std::optional<CapturedContainer> container;
  std::string notebook;                          ///< the file's name
  std::map<std::string, std::string> variables;  ///< level full only
  /// pip_freeze.txt, git_diff.patch (when tracked files differ), git_untracked.txt (when there are some), and
  /// the notebook under its own name.
  std::vector<CapturedLog> logs;
  std::vector<std::string> left_out;  ///< one line each: what was too large or could not be read
  std::size_t masked = 0;             ///< how many places were masked, in all of the above
};

/// Captures the surroundings. Everything is masked here, before a caller can hash or write it; labels and
/// metadata that users give are masked by mask_json. What is missing (no git, no Python, an unreadable file)
/// is absent or in `left_out` and never an Error: a capture must not keep anybody from saving.
EnvironmentCapture capture_environment(const CaptureOptions& options, const Context& context);

/// A patch without secrets. Files that look like secrets by their name are left out of it. When anything was
/// masked its first lines say that it cannot be applied, and `git apply` refuses it with those words.
MaskedText mask_patch(std::string_view patch);

/// Whether this is a patch from which something was masked.
bool is_masked_patch(std::string_view patch);

}  // namespace unio
