#include "model/secret_names.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/ascii.hpp"

namespace unio {
namespace {

/// Whether a new word begins at `i` of a run of letters and digits: `clientSecret`, `APIKey`, `password2`.
bool begins_word(std::string_view name, std::size_t i) {
  const char before = name[i - 1];
  const char here = name[i];
  if (is_digit(here) != is_digit(before)) return true;
  if (!is_upper(here)) return false;
  return is_lower(before) || (is_upper(before) && i + 1 < name.size() && is_lower(name[i + 1]));
}

/// The words of a name in lower case.
std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words;
  bool inside = false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (!is_alphanumeric(name[i])) {
      inside = false;
      continue;
    }
    if (!inside || begins_word(name, i)) words.emplace_back();
    words.back() += to_lower(name[i]);
    inside = true;
  }
  return words;
}

template <std::size_t size>
bool contains(const std::array<std::string_view, size>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

/// Words behind the one that matters: `PASSWORD_PROD`, `password2`, `secret_value`.
bool qualifies(std::string_view word) {
  constexpr std::array<std::string_view, 26> qualifiers{
      "prod",   "production", "dev",          "development", "staging", "test",    "live",
      "base",   "value",      "val",          "str",         "string",  "text",    "plain",
      "raw",    "old",        "new",          "current",     "default", "primary", "secondary",
      "backup", "confirm",    "confirmation", "again",       "repeat"};
  return word.size() == 1 || is_digit(word.front()) || contains(qualifiers, word);
}

constexpr std::array<std::string_view, 12> sure_words{"password",   "passwd",    "passphrase",  "passcode",
                                                      "secret",     "apikey",    "secretkey",   "accesskey",
                                                      "privatekey", "authtoken", "accesstoken", "apitoken"};
constexpr std::array<std::string_view, 13> likely_words{
    "token", "auth", "authorization", "credential", "credentials", "creds", "cred", "pass",
    "pwd",   "pw",   "jwt",           "bearer",     "cookie"};
constexpr std::array<std::string_view, 8> weak_words{"key",       "session", "sessionid", "sig",
                                                     "signature", "salt",    "dsn",       "sas"};

/// `<word> key` and `<word> token` that are secrets whatever they look like.
constexpr std::array<std::string_view, 18> sure_keys{
    "api",    "access",  "secret",  "private", "encryption",   "signing",
    "master", "account", "storage", "shared",  "subscription", "auth",
    "deploy", "license", "ssh",     "app",     "application",  "service"};
constexpr std::array<std::string_view, 24> sure_tokens{
    "auth",  "access", "refresh", "bearer",   "api",   "session", "security", "bot",
    "oauth", "deploy", "github",  "gh",       "git",   "gitlab",  "slack",    "npm",
    "pypi",  "hf",     "hub",     "personal", "wandb", "vault",   "sas",      "user"};

/// `password` at the end of a word that nothing divides: `dbpassword`, `PGPASSWORD`.
SecretName name_of_undivided(std::string_view word) {
  const auto ends = [&](std::string_view ending) { return word.ends_with(ending); };
  if (std::any_of(sure_words.begin(), sure_words.end(), ends)) return SecretName::sure;
  return word.ends_with("token") ? SecretName::likely : SecretName::no;
}

SecretName name_of(std::string_view before, std::string_view last) {
  const auto sure = [](bool condition, SecretName otherwise) {
    return condition ? SecretName::sure : otherwise;
  };
  if (last == "key") {
    return before == "public" ? SecretName::no : sure(contains(sure_keys, before), SecretName::weak);
  }
  if (last == "token") return sure(contains(sure_tokens, before), SecretName::likely);
  if (last == "pwd") return sure(!before.empty(), SecretName::likely);
  if (last == "string") return sure(before == "connection", SecretName::no);
  if (before == "amz" || before == "goog")
    return sure(last == "signature" || last == "credential", SecretName::no);
  if (contains(likely_words, last)) return SecretName::likely;
  if (contains(weak_words, last)) return SecretName::weak;
  return name_of_undivided(last);
}

bool starts_with(std::string_view text, std::string_view lower_case) {
  if (text.size() < lower_case.size()) return false;
  return std::equal(lower_case.begin(), lower_case.end(), text.begin(),
                    [](char wanted, char c) { return to_lower(c) == wanted; });
}

/// What every name of a secret has somewhere.
constexpr std::array<std::string_view, 16> stems{"pass", "pw",   "secret", "token",     "key", "cred",
                                                 "auth", "sess", "sig",    "cookie",    "jwt", "bearer",
                                                 "sas",  "salt", "dsn",    "connection"};

constexpr std::array<bool, 256> begins_stem = [] {
  std::array<bool, 256> first{};
  for (const std::string_view stem : stems) {
    first[static_cast<unsigned char>(stem.front())] = true;
    first[static_cast<unsigned char>(stem.front() - 'a' + 'A')] = true;
  }
  return first;
}();

/// Most words have no stem and need no closer look.
bool has_secret_stem(std::string_view name) {
  for (std::size_t at = 0; at < name.size(); ++at) {
    if (!begins_stem[static_cast<unsigned char>(name[at])]) continue;
    const std::string_view rest = name.substr(at);
    const auto begins = [&](std::string_view stem) { return starts_with(rest, stem); };
    if (std::any_of(stems.begin(), stems.end(), begins)) return true;
  }
  return false;
}

}  // namespace

SecretName secret_name(std::string_view name) {
  if (!has_secret_stem(name)) return SecretName::no;
  const std::vector<std::string> words = words_of(name);
  std::size_t count = words.size();
  while (true) {
    if (count == 0) return SecretName::no;
    const SecretName found = name_of(count > 1 ? words[count - 2] : std::string_view(), words[count - 1]);
    if (found != SecretName::no || !qualifies(words[count - 1])) return found;
    --count;
  }
}

bool is_only_secret_words(std::string_view text) {
  const std::vector<std::string> words = words_of(text);
  const auto names_secret = [](const std::string& word) {
    return word == "aws" || word == "id" || word == "client" || name_of({}, word) != SecretName::no ||
           contains(sure_keys, word) || contains(sure_tokens, word);
  };
  return !words.empty() && std::all_of(words.begin(), words.end(), names_secret);
}

bool is_secret_variable(std::string_view name) {
  constexpr std::array<std::string_view, 13> stems{"key",     "token", "secret",    "passw",  "pwd",
                                                   "cred",    "auth",  "sas",       "cookie", "session",
                                                   "private", "dsn",   "connection"};
  if (name == "PWD" || name == "OLDPWD") return false;
  const std::string text = to_lower(name);
  const auto has = [&](std::string_view stem) { return text.find(stem) != std::string::npos; };
  return std::any_of(stems.begin(), stems.end(), has) || secret_name(name) != SecretName::no;
}

}  // namespace unio
