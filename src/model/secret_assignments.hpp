#pragma once

#include <string_view>
#include <vector>

#include "model/secret_shapes.hpp"
#include "model/secrets.hpp"

namespace unio {

/// The values that a text gives to names of secrets, without their quotes: `password = "x"`, `"apiKey": "x"`,
/// `TOKEN=x`, `--password x`, `?sig=x`, `("PASSWORD", "x")`, `<password>x</password>`, `PASSWORD 'x'`, and
/// `name: PASSWORD` with `value: x` in the next line. At any depth of escaped quotes.
std::vector<TextRange> find_assigned_secrets(std::string_view text, TextKind kind);

}  // namespace unio
