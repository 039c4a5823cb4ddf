#include "model/query_pattern.hpp"

#include <fmt/format.h>
#include <re2/filtered_re2.h>
#include <re2/re2.h>

#include <algorithm>
#include <numeric>

#include "base/utf8.hpp"
#include "model/query.hpp"
#include "model/query_error.hpp"

namespace unio {
namespace {

re2::RE2::Options re2_options() {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_never_capture(true);
  options.set_max_mem(static_cast<std::int64_t>(QueryLimits::pattern_memory));
  return options;
}

std::string sorted_options(std::string_view options) {
  std::string sorted(options);
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  for (const char c : sorted) {
    if (c == 'x') {
      refuse_query("'$options' has 'x', and RE2, which matches patterns here, has no such mode",
                   "write the pattern without spaces and comments");
    }
    if (c != 'i' && c != 'm' && c != 's') {
      refuse_query(fmt::format("'$options' has {}", shown(std::string(1, c))), "the letters are i, m and s");
    }
  }
  return sorted;
}

/// The characters of a glob's bracket from `start` on, and the position behind the bracket; nothing where it
/// is not closed.
struct Bracket {
  std::string re2;
  std::size_t end = 0;
};

/// The code point at `at` as RE2 writes any character, and the position behind it.
std::pair<std::string, std::size_t> re2_character(std::string_view text, std::size_t at) {
  const std::size_t length = std::max<std::size_t>(1, utf8_length(text.substr(at)));
  return {re2::RE2::QuoteMeta(re2::StringPiece(text.data() + at, length)), at + length};
}

Bracket read_bracket(std::string_view glob, std::size_t start) {
  const bool negated = glob.substr(start).starts_with('!');
  const std::size_t first = start + (negated ? 1 : 0);
  const std::size_t end = glob.find(']', first + 1);
  if (end == std::string_view::npos) return {};
  std::string re2 = negated ? "[^" : "[";
  for (std::size_t at = first; at < end;) {
    auto [character, behind] = re2_character(glob, at);
    re2 += character;
    at = behind;
    const bool range = at + 1 < end && glob[at] == '-';
    if (!range) continue;
    std::tie(character, behind) = re2_character(glob, at + 1);
    re2 += "-" + character;
    at = behind;
  }
  return {re2 + "]", end + 1};
}

std::string re2_of_glob(std::string_view glob) {
  std::string re2 = "(?s)\\A";
  for (std::size_t at = 0; at < glob.size();) {
    const Bracket bracket = glob[at] == '[' ? read_bracket(glob, at + 1) : Bracket{};
    if (bracket.end > 0) {
      re2 += bracket.re2;
      at = bracket.end;
    } else if (glob[at] == '*') {
      re2 += ".*";
      at = std::min(glob.find_first_not_of('*', at), glob.size());
    } else if (glob[at] == '?') {
      re2 += ".";
      ++at;
    } else {
      const auto [character, behind] = re2_character(glob, at);
      re2 += character;
      at = behind;
    }
  }
  return re2 + "\\z";
}

std::string re2_source(QueryPattern::Kind kind, std::string_view source, const std::string& options) {
  switch (kind) {
    case QueryPattern::Kind::regex:
      return options.empty() ? std::string(source) : fmt::format("(?{}){}", options, source);
    case QueryPattern::Kind::glob:
      return re2_of_glob(source);
    case QueryPattern::Kind::words:
      break;
  }
  return "(?i)" + re2::RE2::QuoteMeta(re2::StringPiece(source.data(), source.size()));
}

[[noreturn]] void refuse_pattern(const re2::RE2& re2, std::string_view source) {
  const std::string& what = re2.error_arg();
  const bool look_around = what.starts_with("(?=") || what.starts_with("(?!") || what.starts_with("(?<");
  const bool reference =
      re2.error_code() == re2::RE2::ErrorBadEscape && what.size() == 2 && what[1] >= '1' && what[1] <= '9';
  if (look_around || reference) {
    refuse_query(fmt::format("the pattern {} has a {}, which RE2, which matches patterns here, has not",
                             shown(source), look_around ? "look-around" : "back reference"),
                 "without it, matching takes time in proportion to the text");
  }
  if (re2.error_code() == re2::RE2::ErrorPatternTooLarge) {
    refuse_query(fmt::format("the pattern {} would take too much memory", shown(source)),
                 "use smaller counts in { }");
  }
  refuse_query(fmt::format("the pattern {} is not understood: {}", shown(source), shown(re2.error())),
               "patterns are written as RE2 has them");
}

void check_source(std::string_view source) {
  if (source.size() > QueryLimits::pattern_bytes) {
    refuse_query(fmt::format("a pattern is longer than {} bytes", QueryLimits::pattern_bytes));
  }
  if (!is_utf8(source) || source.find('\0') != std::string_view::npos) {
    refuse_query("a pattern is not UTF-8, or holds a NUL");
  }
}

/// Cuts a text in lower case where one character may stand for others that are not ASCII, and keeps the
/// longest piece: K is also the Kelvin sign, S the long s.
std::string longest_plain_piece(const std::string& text, std::string_view unsafe) {
  std::string longest;
  std::string piece;
  for (const char c : text + '\0') {
    const bool plain = c > 0 && unsafe.find(c) == std::string_view::npos;
    if (plain) piece += c;
    if (plain) continue;
    if (piece.size() > longest.size()) longest = piece;
    piece.clear();
  }
  return longest;
}

}  // namespace

class QueryPattern::Program {
 public:
  explicit Program(const std::string& source) : re2_(source, re2_options()) {}

  const re2::RE2& re2() const { return re2_; }

 private:
  re2::RE2 re2_;
};

QueryPattern::QueryPattern(Kind kind, std::string_view source, std::string_view options)
    : kind_(kind), source_(source), options_(sorted_options(options)) {
  check_source(source);
  auto program = std::make_shared<Program>(re2_source(kind, source, options_));
  if (!program->re2().ok()) refuse_pattern(program->re2(), source);
  program_ = std::move(program);
}

QueryPattern QueryPattern::regex(std::string_view pattern, std::string_view options) {
  return {Kind::regex, pattern, options};
}

QueryPattern QueryPattern::glob(std::string_view pattern) {
  return {Kind::glob, pattern, {}};
}

QueryPattern QueryPattern::words(std::string_view text) {
  if (text.empty()) refuse_query("a text to look for is empty");
  return {Kind::words, text, {}};
}

bool QueryPattern::matches(std::string_view text) const {
  return program_->re2().Match(re2::StringPiece(text.data(), text.size()), 0, text.size(),
                               re2::RE2::UNANCHORED, nullptr, 0);
}

std::vector<std::string> QueryPattern::required_texts() const {
  constexpr int shortest = 3;  // a trigram
  re2::FilteredRE2 filter(shortest);
  int id = 0;
  std::vector<std::string> atoms;
  if (filter.Add(program_->re2().pattern(), re2_options(), &id) != re2::RE2::NoError) return {};
  filter.Compile(&atoms);
  const bool may_fold = kind_ == Kind::words || source_.find("(?") != std::string::npos ||
                        options_.find('i') != std::string::npos;
  std::vector<std::string> required;
  for (std::size_t i = 0; i < atoms.size(); ++i) {
    std::vector<int> others(atoms.size());
    std::iota(others.begin(), others.end(), 0);
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    std::vector<int> possible;
    filter.AllPotentials(others, &possible);
    std::string text = longest_plain_piece(atoms[i], may_fold ? "ks" : "");
    if (possible.empty() && text.size() >= shortest) required.push_back(std::move(text));
  }
  return required;
}

bool QueryPattern::operator==(const QueryPattern& other) const {
  return kind_ == other.kind_ && source_ == other.source_ && options_ == other.options_;
}

}  // namespace unio
