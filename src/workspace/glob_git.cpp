#include <algorithm>
#include <array>
#include <optional>

#include "workspace/glob_syntax.hpp"

namespace unio {
namespace {

using Kind = Glob::Token::Kind;

struct Class {
  std::string_view name;
  std::string_view ranges;  ///< pairs of first and last
};
constexpr std::array<Class, 12> classes{{{"alnum", "09AZaz"},
                                         {"alpha", "AZaz"},
                                         {"blank", "  \t\t"},
                                         {"cntrl", "\x01\x1f\x7f\x7f"},
                                         {"digit", "09"},
                                         {"graph", "!~"},
                                         {"lower", "az"},
                                         {"print", " ~"},
                                         {"punct", "!/:@[`{~"},
                                         {"space", "  \t\n\r\r"},
                                         {"upper", "AZ"},
                                         {"xdigit", "09AFaf"}}};

char32_t byte_of(char c) {
  return static_cast<unsigned char>(c);
}

/// Reads `[seq]` of a gitignore pattern.
class SetParser {
 public:
  /// `at` is behind the opening bracket.
  SetParser(std::string_view pattern, std::size_t at) : pattern_(pattern), at_(at) {}

  /// Absent when the bracket does not close or names a class that is none: such a pattern matches nothing.
  std::optional<Glob::Set> parse() {
    if (at_ < pattern_.size() && (pattern_[at_] == '!' || pattern_[at_] == '^')) {
      set_.negated = true;
      ++at_;
    }
    do {
      if (!member()) return std::nullopt;
    } while (at_ >= pattern_.size() || pattern_[at_] != ']');
    return std::move(set_);
  }

  /// Of the closing bracket.
  std::size_t position() const { return at_; }

 private:
  std::optional<char32_t> quoted() {
    if (at_ < pattern_.size() && pattern_[at_] == '\\') ++at_;
    if (at_ >= pattern_.size()) return std::nullopt;
    return byte_of(pattern_[at_++]);
  }

  bool member() {
    if (at_ >= pattern_.size()) return false;
    const char c = pattern_[at_];
    if (c == '-' && previous_ && at_ + 1 < pattern_.size() && pattern_[at_ + 1] != ']') {
      ++at_;
      const auto last = quoted();
      if (last) set_.ranges.emplace_back(*previous_, *last);
      previous_.reset();
      return last.has_value();
    }
    if (c == '[' && pattern_.substr(at_).starts_with("[:")) return char_class();
    previous_ = quoted();
    if (previous_) set_.ranges.emplace_back(*previous_, *previous_);
    return previous_.has_value();
  }

  bool char_class() {
    const std::size_t start = at_ + 2;
    const std::size_t end = pattern_.find(']', start);
    if (end == std::string_view::npos) return false;
    if (end == start || pattern_[end - 1] != ':') {
      // No ":]": an ordinary bracket in the set.
      previous_ = byte_of(pattern_[at_++]);
      set_.ranges.emplace_back(*previous_, *previous_);
      return true;
    }
    const std::string_view name = pattern_.substr(start, end - 1 - start);
    const auto found =
        std::find_if(classes.begin(), classes.end(), [&](const Class& c) { return c.name == name; });
    if (found == classes.end()) return false;
    for (std::size_t i = 0; i < found->ranges.size(); i += 2) {
      set_.ranges.emplace_back(byte_of(found->ranges[i]), byte_of(found->ranges[i + 1]));
    }
    previous_.reset();
    at_ = end + 1;
    return true;
  }

  std::string_view pattern_;
  std::size_t at_;
  Glob::Set set_;
  std::optional<char32_t> previous_;
};

/// Adds the stars at `at`; returns the position behind them and behind the slash that belongs to them.
std::size_t add_stars(GlobSyntax& syntax, std::string_view pattern, std::size_t at, std::size_t start) {
  const std::size_t end = std::min(pattern.find_first_not_of('*', at), pattern.size());
  const bool alone_before = at == start || pattern[at - 1] == '/';
  const bool at_end = end == pattern.size();
  const bool alone_behind = at_end || pattern[end] == '/' || pattern.substr(end).starts_with("\\/");
  if (end - at < 2 || !alone_before || !alone_behind) {
    syntax.add(Kind::star);
    return end;
  }
  if (at_end || pattern[end] != '/') {
    syntax.add(Kind::rest);
    return end;
  }
  syntax.add(Kind::folders);
  return end + 1;
}

}  // namespace

GlobSyntax parse_git_glob(std::string_view pattern) {
  GlobSyntax syntax;
  // git compares what comes before the first special character by itself: "**" right behind it stands at a
  // start.
  const std::size_t start = std::min(pattern.find_first_of("*?[\\"), pattern.size());
  for (const char c : pattern.substr(0, start)) syntax.add(Kind::literal, byte_of(c));
  for (std::size_t at = start; at < pattern.size();) {
    const char c = pattern[at];
    if (c == '*') {
      at = add_stars(syntax, pattern, at, start);
    } else if (c == '?') {
      syntax.add(Kind::any);
      ++at;
    } else if (c == '[') {
      SetParser parser(pattern, at + 1);
      auto set = parser.parse();
      syntax.add(set ? std::move(*set) : Glob::Set{});
      if (!set) break;
      at = parser.position() + 1;
    } else if (c == '\\') {
      if (at + 1 == pattern.size()) {
        syntax.add(Glob::Set{});  // nothing matches a quote of nothing
        break;
      }
      syntax.add(Kind::literal, byte_of(pattern[at + 1]));
      at += 2;
    } else {
      syntax.add(Kind::literal, byte_of(c));
      ++at;
    }
  }
  return syntax;
}

}  // namespace unio
