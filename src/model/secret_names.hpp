#pragma once

#include <string_view>

namespace unio {

/// How sure a name makes that its value is a secret.
enum class SecretName {
  no,
  weak,    ///< `key`, `session`: only with a value that looks random
  likely,  ///< `token`, `auth`: with a value that may be a key
  sure,    ///< `password`, `api_key`: with any value
};

/// What a name (of a variable, setting, label or flag, in any spelling: `DB_PASSWORD`, `clientSecret`,
/// `--api-key`, `API key`) says of its value. Its last words decide: `token_url` and `secret_name` name no
/// secret.
SecretName secret_name(std::string_view name);

/// Whether the text consists only of words that name secrets, as in `password="password"`.
bool is_only_secret_words(std::string_view text);

/// Whether a variable of the environment of this name may hold a secret; wider than secret_name.
bool is_secret_variable(std::string_view name);

}  // namespace unio
