#include "model/secret_shapes.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "base/ascii.hpp"

namespace unio {
namespace {

/// What the part of a key behind its prefix is made of.
enum class KeyAlphabet : std::uint8_t { hex, upper, letters_and_digits, word, base64, dotted };

constexpr bool belongs(char c, KeyAlphabet alphabet) {
  switch (alphabet) {
    case KeyAlphabet::hex:
      return is_hex_digit(c);
    case KeyAlphabet::upper:
      return is_upper(c) || is_digit(c);
    case KeyAlphabet::letters_and_digits:
      return is_alphanumeric(c);
    case KeyAlphabet::word:
      return is_alphanumeric(c) || c == '_' || c == '-';
    case KeyAlphabet::base64:
      return is_alphanumeric(c) || c == '_' || c == '-' || c == '+' || c == '/' || c == '=';
    case KeyAlphabet::dotted:
      break;
  }
  return is_alphanumeric(c) || c == '_' || c == '-' || c == '.' || c == '~' || c == '=';
}

struct KeyShape {
  std::string_view prefix;
  KeyAlphabet alphabet;
  std::size_t shortest;  ///< of what follows the prefix
  std::size_t longest;
  std::size_t digits;  ///< so many at least: a word of a language has none
};

constexpr std::size_t any = 4096;
constexpr std::size_t longest_token = 16384;

/// The keys of services that can be told by their shape, as their makers document them.
constexpr std::array<KeyShape, 72> key_shapes{{
    {"AKIA", KeyAlphabet::upper, 16, 16, 0},                // AWS access key
    {"ASIA", KeyAlphabet::upper, 16, 16, 0},                // AWS, temporary
    {"ABIA", KeyAlphabet::upper, 16, 16, 0},                // AWS, bearer
    {"ACCA", KeyAlphabet::upper, 16, 16, 0},                // AWS, context
    {"ABSK", KeyAlphabet::base64, 100, 280, 1},             // AWS Bedrock
    {"AIza", KeyAlphabet::word, 35, 35, 0},                 // Google API key
    {"ya29.", KeyAlphabet::dotted, 20, any, 0},             // Google OAuth
    {"GOCSPX-", KeyAlphabet::word, 20, 60, 0},              // Google client secret
    {"1//0", KeyAlphabet::word, 30, any, 1},                // Google refresh token
    {"ghp_", KeyAlphabet::letters_and_digits, 30, any, 0},  // GitHub
    {"gho_", KeyAlphabet::letters_and_digits, 30, any, 0},  // GitHub
    {"ghu_", KeyAlphabet::letters_and_digits, 30, any, 0},  // GitHub
    {"ghs_", KeyAlphabet::letters_and_digits, 30, any, 0},  // GitHub
    {"ghr_", KeyAlphabet::letters_and_digits, 30, any, 0},  // GitHub
    {"github_pat_", KeyAlphabet::word, 40, any, 0},         // GitHub
    {"glpat-", KeyAlphabet::dotted, 20, any, 0},            // GitLab
    {"gldt-", KeyAlphabet::word, 20, any, 0},               // GitLab deploy token
    {"glrt-", KeyAlphabet::dotted, 20, any, 0},             // GitLab runner
    {"glcbt-", KeyAlphabet::word, 20, any, 0},              // GitLab job
    {"glptt-", KeyAlphabet::word, 20, any, 0},              // GitLab trigger
    {"glft-", KeyAlphabet::word, 20, any, 0},               // GitLab feed
    {"glimt-", KeyAlphabet::word, 20, any, 0},              // GitLab mail
    {"glagent-", KeyAlphabet::word, 20, any, 0},            // GitLab Kubernetes
    {"gloas-", KeyAlphabet::word, 20, any, 0},              // GitLab OAuth
    {"glsoat-", KeyAlphabet::word, 20, any, 0},             // GitLab SCIM
    {"xoxb-", KeyAlphabet::word, 10, any, 1},               // Slack
    {"xoxp-", KeyAlphabet::word, 10, any, 1},               // Slack
    {"xoxa-", KeyAlphabet::word, 10, any, 1},               // Slack
    {"xoxr-", KeyAlphabet::word, 10, any, 1},               // Slack
    {"xoxs-", KeyAlphabet::word, 10, any, 1},               // Slack
    {"xoxo-", KeyAlphabet::word, 10, any, 1},               // Slack
    {"xoxe-", KeyAlphabet::word, 10, any, 1},               // Slack
    {"xoxe.", KeyAlphabet::dotted, 10, any, 1},             // Slack
    {"xapp-", KeyAlphabet::word, 10, any, 1},               // Slack
    {"hooks.slack.com/services/", KeyAlphabet::base64, 20, any, 0},
    {"discord.com/api/webhooks/", KeyAlphabet::base64, 40, any, 1},
    {"sk-", KeyAlphabet::word, 20, any, 2},                     // OpenAI, Anthropic and others
    {"sk_live_", KeyAlphabet::letters_and_digits, 10, any, 0},  // Stripe
    {"sk_test_", KeyAlphabet::letters_and_digits, 10, any, 0},  // Stripe
    {"rk_live_", KeyAlphabet::letters_and_digits, 10, any, 0},  // Stripe
    {"rk_test_", KeyAlphabet::letters_and_digits, 10, any, 0},  // Stripe
    {"whsec_", KeyAlphabet::base64, 20, any, 0},                // Stripe
    {"sq0atp-", KeyAlphabet::word, 20, any, 0},                 // Square
    {"sq0csp-", KeyAlphabet::word, 20, any, 0},                 // Square
    {"hf_", KeyAlphabet::letters_and_digits, 30, any, 0},       // Hugging Face
    {"api_org_", KeyAlphabet::letters_and_digits, 30, any, 0},  // Hugging Face
    {"gsk_", KeyAlphabet::letters_and_digits, 40, any, 0},      // Groq
    {"xai-", KeyAlphabet::letters_and_digits, 40, any, 0},      // xAI
    {"pplx-", KeyAlphabet::letters_and_digits, 40, any, 0},     // Perplexity
    {"nvapi-", KeyAlphabet::word, 40, any, 0},                  // NVIDIA
    {"r8_", KeyAlphabet::letters_and_digits, 30, any, 1},       // Replicate
    {"npm_", KeyAlphabet::letters_and_digits, 30, any, 0},      // npm
    {"pypi-", KeyAlphabet::word, 50, any, 1},                   // PyPI
    {"rubygems_", KeyAlphabet::hex, 40, any, 0},                // RubyGems
    {"dop_v1_", KeyAlphabet::hex, 40, any, 0},                  // DigitalOcean
    {"doo_v1_", KeyAlphabet::hex, 40, any, 0},                  // DigitalOcean
    {"dor_v1_", KeyAlphabet::hex, 40, any, 0},                  // DigitalOcean
    {"dapi", KeyAlphabet::hex, 32, 40, 1},                      // Databricks
    {"shpat_", KeyAlphabet::hex, 30, any, 0},                   // Shopify
    {"shpss_", KeyAlphabet::hex, 30, any, 0},                   // Shopify
    {"SG.", KeyAlphabet::dotted, 40, any, 1},                   // SendGrid
    {"SK", KeyAlphabet::hex, 32, 32, 1},                        // Twilio
    {"key-", KeyAlphabet::hex, 32, 32, 1},                      // Mailgun
    {"lin_api_", KeyAlphabet::letters_and_digits, 30, any, 0},  // Linear
    {"ntn_", KeyAlphabet::letters_and_digits, 40, any, 1},      // Notion
    {"PMAK-", KeyAlphabet::word, 40, any, 1},                   // Postman
    {"glsa_", KeyAlphabet::word, 30, any, 1},                   // Grafana
    {"glc_", KeyAlphabet::base64, 32, any, 1},                  // Grafana
    {"hvs.", KeyAlphabet::word, 24, any, 1},                    // Vault
    {"hvb.", KeyAlphabet::word, 24, any, 1},                    // Vault
    {"pul-", KeyAlphabet::hex, 40, 40, 1},                      // Pulumi
    {"AGE-SECRET-KEY-1", KeyAlphabet::upper, 50, 60, 0},        // age
}};

/// Whether the letter at `at` belongs to an escape: the `n` of `\\n`, as JSON and program text write a line's
/// end.
bool is_escape(std::string_view text, std::size_t at) {
  return at > 0 && text[at - 1] == '\\' && (text[at] == 'n' || text[at] == 't' || text[at] == 'r');
}

/// Whether a word may begin here: not inside another one.
bool begins_key(std::string_view text, std::size_t at) {
  if (at == 0 || is_escape(text, at - 1)) return true;
  const char before = text[at - 1];
  const bool hyphen = before == '-' && at > 1 && is_alphanumeric(text[at - 2]);
  return !is_alphanumeric(before) && before != '_' && !hyphen;
}

/// The key that begins at `at` and has this shape; empty when there is none.
TextRange match_shape(std::string_view text, std::size_t at, const KeyShape& shape) {
  if (!text.substr(at).starts_with(shape.prefix)) return {};
  const std::size_t begin = at + shape.prefix.size();
  std::size_t end = begin;
  std::size_t digits = 0;
  while (end < text.size() && end - begin <= shape.longest && belongs(text[end], shape.alphabet)) {
    if (is_digit(text[end++])) ++digits;
  }
  const std::size_t size = end - begin;
  const bool ends = end == text.size() || !is_alphanumeric(text[end]);
  if (size < shape.shortest || size > shape.longest || digits < shape.digits || !ends) return {};
  return {at, end};
}

/// header.payload.signature, the first two being the base64 of `{"…`.
TextRange match_json_web_token(std::string_view text, std::size_t at) {
  if (!text.substr(at).starts_with("eyJ")) return {};
  std::size_t end = at;
  while (end < text.size() && end - at < longest_token && belongs(text[end], KeyAlphabet::dotted)) ++end;
  const std::string_view token = text.substr(at, end - at);
  const auto payload = token.find(".eyJ");
  if (payload == std::string_view::npos || payload < 10) return {};
  return {at, end};
}

TextRange match_key(std::string_view text, std::size_t at) {
  if (const TextRange token = match_json_web_token(text, at); token.end != 0) return token;
  for (const KeyShape& shape : key_shapes) {
    if (shape.prefix.front() != text[at]) continue;
    if (const TextRange key = match_shape(text, at, shape); key.end != 0) return key;
  }
  return {};
}

constexpr std::array<bool, 256> first_characters = [] {
  std::array<bool, 256> first{};
  for (const KeyShape& shape : key_shapes) first[static_cast<unsigned char>(shape.prefix.front())] = true;
  first['e'] = true;
  return first;
}();

/// Whether a name of a digest stands in the text: `sha256`, `md5`.
bool names_digest(std::string_view text) {
  const std::string words = to_lower(text);
  for (const std::string_view name : {"sha1", "sha2", "sha3", "sha5", "sha-", "md5", "blake", "base64"}) {
    if (words.find(name) != std::string::npos) return true;
  }
  return false;
}

std::string_view last_of(std::string_view text, std::size_t count) {
  return text.substr(text.size() - std::min(text.size(), count));
}

constexpr std::array<bool, 256> is_key_character = [] {
  std::array<bool, 256> is{};
  for (std::size_t c = 0; c < 256; ++c) {
    const auto character = static_cast<char>(c);
    is[c] = belongs(character, KeyAlphabet::base64) || belongs(character, KeyAlphabet::dotted);
  }
  return is;
}();

/// The words in the run of a key's characters at [begin, end).
void find_shaped_keys(std::string_view text, TextRange run, std::vector<TextRange>& found) {
  for (std::size_t at = run.begin; at < run.end; ++at) {
    if (!first_characters[static_cast<unsigned char>(text[at])] || !begins_key(text, at)) continue;
    const TextRange key = match_key(text, at);
    if (key.end == 0 || names_digest(last_of(text.substr(0, at), 7))) continue;
    found.push_back(key);
    at = key.end - 1;
  }
}

/// `Authorization: Bearer …`: what follows the word that names the scheme.
void find_http_credentials(std::string_view text, const KeyShape& scheme, std::vector<TextRange>& found) {
  for (auto at = text.find(scheme.prefix); at != std::string_view::npos;
       at = text.find(scheme.prefix, at + 1)) {
    const TextRange match = match_shape(text, at, scheme);
    if (match.end != 0) found.push_back({at + scheme.prefix.size(), match.end});
  }
}

/// The end of the run of characters of this kind from `at` on.
template <class Kind>
std::size_t end_of(std::string_view text, std::size_t at, Kind kind) {
  while (at < text.size() && kind(text[at])) ++at;
  return at;
}

bool is_base64(char c) {
  return is_alphanumeric(c) || c == '+' || c == '/' || c == '_' || c == '-';
}

/// Whether the digest of something stands here: `sha256:…`, `sha512-…`, or as long and padded as digests in
/// base64 are.
bool is_digest(std::string_view before, std::string_view word, std::size_t padding) {
  constexpr std::size_t near = 12;
  constexpr std::array<std::array<std::size_t, 2>, 4> sizes{{{22, 2}, {27, 1}, {43, 1}, {64, 0}}};
  if (names_digest(word.substr(0, 6))) return true;
  if (names_digest(last_of(before, near))) return true;
  return std::find(sizes.begin(), sizes.end(), std::array{word.size(), padding}) != sizes.end();
}

/// Whether only the end of a line, of a text or in a JSON text, stands between two words.
bool is_line_end(std::string_view between) {
  if (between.size() > 40 || between.find_first_not_of(" \t\r\n\\nr\"',+-=") != std::string_view::npos)
    return false;
  return between.find('\n') != std::string_view::npos || between.find("\\n") != std::string_view::npos;
}

constexpr std::size_t shortest_random = 20;
/// Longer words are data (images, digests, compressed text) more often than keys.
constexpr std::size_t longest_random = 59;

/// How the characters of a word follow each other.
struct Mixture {
  std::size_t upper = 0;
  std::size_t lower = 0;
  std::size_t other = 0;       ///< neither letters nor digits
  std::size_t digit_runs = 0;  ///< numbers
  std::size_t pairs = 0;       ///< of letters and digits side by side
  std::size_t changes = 0;     ///< pairs of two classes
  std::size_t in_words = 0;    ///< small letters, three or more in a row
};

Mixture mixture_of(std::string_view word) {
  enum class Class { other, upper, lower, digit };
  Mixture mixture;
  Class last = Class::other;
  std::size_t lower_run = 0;
  for (const char c : word) {
    const Class here = is_upper(c)   ? Class::upper
                       : is_lower(c) ? Class::lower
                       : is_digit(c) ? Class::digit
                                     : Class::other;
    if (here == Class::upper) ++mixture.upper;
    if (here == Class::lower) ++mixture.lower;
    if (here == Class::other) ++mixture.other;
    if (here == Class::digit && last != Class::digit) ++mixture.digit_runs;
    if (here != Class::other && last != Class::other) ++mixture.pairs;
    if (here != Class::other && last != Class::other && here != last) ++mixture.changes;
    lower_run = here == Class::lower ? lower_run + 1 : 0;
    if (lower_run >= 3) mixture.in_words += lower_run == 3 ? 3 : 1;
    last = here;
  }
  return mixture;
}

/// Whether most of the word is hexadecimal digits between hyphens, as in a UUID with something before it.
bool is_mostly_hex(std::string_view word) {
  std::size_t hex = 0;
  for (std::size_t begin = 0; begin < word.size();) {
    const std::size_t end = std::min(word.find_first_of("-_", begin), word.size());
    const std::string_view part = word.substr(begin, end - begin);
    if (std::all_of(part.begin(), part.end(), is_hex_digit)) hex += part.size() + 1;
    begin = end + 1;
  }
  return hex * 10 >= word.size() * 6;
}

/// Tells keys from data: a word is looked at with what came before it.
class RandomWords {
 public:
  explicit RandomWords(std::string_view text) : text_(text) {}

  /// The words in the run of a key's characters at [begin, end).
  void find(TextRange run, std::vector<TextRange>& found) {
    for (std::size_t at = run.begin; at < run.end; ++at) {
      if (!is_base64(text_[at])) continue;
      const std::size_t begin = is_escape(text_, at) ? at + 1 : at;
      const std::size_t end = end_of(text_, begin, is_base64);
      std::size_t padded = end;
      while (padded < run.end && text_[padded] == '=' && padded - end < 2) ++padded;
      if (is_key({begin, end}, padded - end)) found.push_back({begin, padded});
      at = padded;
    }
  }

 private:
  bool is_key(TextRange range, std::size_t padding) {
    const std::string_view word = text_.substr(range.begin, range.end - range.begin);
    if (block_end_ != 0 && is_line_end(text_.substr(block_end_, range.begin - block_end_))) return false;
    if (word.size() > longest_random && !is_mostly_hex(word) && begins_line(range.begin))
      block_end_ = range.end + padding;
    if (word.size() > longest_random || !looks_random(word, shortest_random)) return false;
    return !is_digest(text_.substr(0, range.begin), word, padding);
  }

  /// Whether the word may be a line of data: with nothing but a quote or a patch's mark before it.
  bool begins_line(std::size_t begin) const {
    const bool marked =
        begin == 0 || std::string_view("\n \t\"'+-").find(text_[begin - 1]) != std::string_view::npos;
    return (marked || is_escape(text_, begin - 1)) && !names_digest(text_.substr(begin, 6));
  }

  std::string_view text_;
  std::size_t block_end_ = 0;  ///< of the last word that was too long for a key
};

constexpr KeyShape bearer{"Bearer ", KeyAlphabet::dotted, 16, any, 1};
constexpr KeyShape basic{"Basic ", KeyAlphabet::base64, 12, any, 1};

}  // namespace

bool looks_random(std::string_view word, std::size_t shortest) {
  if (word.size() < shortest || is_mostly_hex(word)) return false;
  const Mixture mixture = mixture_of(word);
  const bool all_classes = mixture.upper >= 2 && mixture.lower >= 2 && mixture.digit_runs >= 2;
  if (!all_classes || mixture.other * 4 > word.size()) return false;
  // Of letters and digits at random 62 of 100 differ in class from the one before, of camelCase 25 to 50; 16
  // of 100 stand in a row of three or more small letters, of camelCase more than half. Short words vary more.
  const std::size_t least_changes = word.size() < 32 ? 50 : 42;
  return mixture.changes * 100 >= mixture.pairs * least_changes && mixture.in_words * 100 <= word.size() * 40;
}

std::vector<TextRange> find_keys(std::string_view text) {
  constexpr std::size_t shortest_key = 14;
  std::vector<TextRange> found;
  find_http_credentials(text, bearer, found);
  find_http_credentials(text, basic, found);
  RandomWords random(text);
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!is_key_character[static_cast<unsigned char>(text[at])]) continue;
    TextRange run{at, at};
    while (run.end < text.size() && is_key_character[static_cast<unsigned char>(text[run.end])]) ++run.end;
    at = run.end;
    if (run.end - run.begin < shortest_key) continue;
    find_shaped_keys(text, run, found);
    random.find(run, found);
  }
  return found;
}

bool may_be_key(std::string_view text) {
  if (text.size() < 8 || text.front() == '/' || text.front() == '.' || text.front() == '~') return false;
  if (text.find("://") != std::string_view::npos) return false;
  if (std::any_of(text.begin(), text.end(), [](char c) { return is_space(c) || c == '(' || c == '|'; }))
    return false;
  const auto letters = std::count_if(text.begin(), text.end(), is_letter);
  const auto digits = std::count_if(text.begin(), text.end(), is_digit);
  if (letters < 2 || digits < 2) return false;
  // A version, a module's path, a file's name: short parts with dots between them.
  const auto dot = text.rfind('.');
  return dot == std::string_view::npos || text.size() - dot > 8;
}

}  // namespace unio
