#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace unio {

// YAML as far as the metadata of artifacts goes (docs/formats/artifact.md): mappings, lists and texts. As
// Json these are objects, arrays and strings; a plain scalar is its text, whatever YAML takes it for, and
// null is null.

/// Appends `text`, which is UTF-8 without NUL, such that every YAML reader takes it for this very string.
void append_yaml_text(std::string& out, std::string_view text);

/// Reads the part of YAML that Unio itself writes, fast. Absent for everything else, which parse_yaml must
/// then judge.
std::optional<Json> find_simple_yaml(std::string_view text);

/// Reads any YAML of one document. Error corruption for what is none, for anchors and aliases, for keys that
/// are no texts, and for nesting beyond 32 levels.
Json parse_yaml(std::string_view text);

}  // namespace unio
