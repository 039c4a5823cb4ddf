#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace unio {

/// What stands where a secret stood. No digest of it: a short password would be guessed from one.
inline constexpr std::string_view secret_mask = "<masked>";

/// A text without its secrets, and how many places of it were masked. With none it is the given text, byte
/// for byte.
struct MaskedText {
  std::string text;
  std::size_t count = 0;
};

/// What an unquoted value is: in program text `password=given` passes a variable on, in settings it is the
/// password.
enum class TextKind { settings, code };

/// The text with `<masked>` in place of what docs/capture.md calls a secret: private keys, credentials in
/// URLs, keys by their shape, values that are assigned to a name like `password`, and words that look random.
/// Pure and thread-safe, in time linear in the text; masking what is masked already changes nothing.
///
/// A guess: it errs towards masking where a name says so, and towards leaving where only a shape does. Git
/// hashes, UUIDs, digests, paths, versions and base64 of images stay.
MaskedText mask_secrets(std::string_view text, TextKind kind = TextKind::settings);

/// The value of a label, a setting or the like, with its name for context: whole when the name asks for it.
MaskedText mask_value(std::string_view name, std::string_view value);

/// The value of an environment variable: as mask_value, and whole for many more names, because here nobody
/// looks before it is written.
MaskedText mask_variable(std::string_view name, std::string_view value);

/// A command line as one text, joined by spaces, without secrets: `--password x`, `--token=x`, `-u name:x`,
/// and what mask_secrets finds in each argument. `-p` is no password: most programs mean something else.
MaskedText mask_arguments(std::span<const std::string> arguments);

struct MaskedJson {
  Json json;
  std::size_t count = 0;
};

/// Every text in it, at any depth, its member's name (or that of the nearest member around) for context.
MaskedJson mask_json(const Json& json);

/// The URL without user name and password; the user of SSH stays, since it is part of the address. What is no
/// URL, and `user@host:path`, stays as it is.
std::string without_credentials(std::string_view url);

}  // namespace unio
