#pragma once

#include <string>
#include <string_view>

namespace unio {

/// The name by which two spellings of a Python package's name are compared (PEP 503): lower case, and one
/// hyphen for each run of `-`, `_` and `.`.
std::string normalized_package_name(std::string_view name);

/// Whether the text is a version as PEP 440 defines it, in any of its spellings: what `==` can ask for. Other
/// versions need `===`.
bool is_python_version(std::string_view text);

}  // namespace unio
