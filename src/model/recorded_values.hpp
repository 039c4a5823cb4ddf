#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace unio {

// What somebody else recorded, before it may reach pip or git: the one place that decides. Whatever is not
// known to be harmless is left out, and said.

/// A requirement that pip may be given.
struct Requirement {
  std::string name;
  /// "name==1.2" or "name @ https://host/name.whl#sha256=…": no option, no variable, no space but those.
  std::string line;
  /// The path on this machine that it is installed from, if it is.
  std::optional<std::string> path;
};

/// A line that pip is not given.
struct LeftOutRequirement {
  std::string line;
  std::string why;
};

struct Requirements {
  std::vector<Requirement> accepted;
  std::vector<LeftOutRequirement> left_out;
};

/// Takes a `pip_freeze.txt` apart. Comments are dropped. Packages of a checkout in editable mode are taken as
/// packages of that commit; folders of the machine that recorded them, options, and what was masked or asks
/// for a variable are left out.
Requirements read_requirements(std::string_view freeze);

/// The requirement "name==version", for a record that has no pip_freeze.txt; absent when it can be none.
std::optional<Requirement> find_pinned_requirement(std::string_view name, std::string_view version);

/// Whether this is the whole hash of a git commit.
bool is_git_commit(std::string_view text);

/// Whether git may be given this remote: a URL of http(s), ssh, git or file, `user@host:path`, or an absolute
/// path. Not what names a program to run (`ext::`), and nothing that could be an option.
bool is_plain_git_remote(std::string_view text);

/// "3.11" of "3.11.7"; absent when the text is no version of Python.
std::optional<std::string> find_minor_version(std::string_view python_version);

}  // namespace unio
