#pragma once

#include <string>

#include "base/environment.hpp"
#include "base/process.hpp"

namespace unio {

// The variables of programs that work on a place of their own, whatever the user's shell is set to.

/// For git: those that name another repository are left out, it asks nobody for a password, and follows no
/// remote that names a program to run. How it gets there (SSH, proxies, helpers) stays the user's.
Environment environment_for_git(const Environment& environment);

/// For the Python of a virtual environment and its pip: what leads them to other packages, or to another
/// place to install them, is left out. Which index pip asks stays the user's.
Environment environment_for_pip(const Environment& environment);

/// What a program that failed says: the last line that names an error, else the last one; without secrets.
std::string complaint(const ProcessResult& result);

}  // namespace unio
