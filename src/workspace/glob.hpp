#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace unio {

/// A compiled pattern of an ignore file. Immutable; thread-safe.
class Glob {
 public:
  /// Python's fnmatch, which quilt3 uses: `*` also matches slashes, `?`, `[seq]`, `[!seq]`, nothing can be
  /// quoted; characters are code points, and a byte that is not UTF-8 is a character of its own.
  static Glob python(std::string_view pattern);

  /// gitignore's: `*` and `?` stop at slashes, `**` stands for any number of folders, `[seq]` knows classes
  /// such as
  /// `[:digit:]`, a backslash quotes; characters are bytes.
  static Glob git(std::string_view pattern);

  bool matches(std::string_view text) const;

  struct Set {
    bool negated = false;
    std::vector<std::pair<char32_t, char32_t>> ranges;  ///< first and last
    bool contains(char32_t c) const;
  };

  struct Token {
    enum class Kind : std::uint8_t {
      literal,  ///< `value`
      any,      ///< one character
      set,      ///< one character of sets_[value]
      star,     ///< any number of characters, but no slash
      rest,     ///< any number of characters
      folders,  ///< any number of whole segments, each with its slash
    };
    Kind kind = Kind::literal;
    char32_t value = 0;
  };

 private:
  /// What a character is, and whether `?` and `[seq]` match a slash.
  enum class Dialect : std::uint8_t { python, git };

  Glob(Dialect dialect, std::vector<Token> tokens, std::vector<Set> sets);
  std::pair<char32_t, std::size_t> character(std::string_view text, std::size_t at) const;
  bool consumes(const Token& token, char32_t c) const;

  Dialect dialect_;
  std::vector<Token> tokens_;
  std::vector<Set> sets_;
  std::string ending_;  ///< every text that matches ends so: most texts fail here, at once
};

}  // namespace unio
