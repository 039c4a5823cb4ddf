#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace unio {

/// What `$regex`, `$glob` and `$text` look for in a text: compiled by RE2, so that matching takes time in
/// proportion to the text, whatever the pattern, and a bounded amount of memory. Immutable; thread-safe;
/// copies share what was compiled.
class QueryPattern {
 public:
  enum class Kind {
    regex,  ///< somewhere in the text, unless anchored; RE2's syntax
    glob,   ///< the whole text: `*` any characters, slashes too; `?` one; `[a-z]`, `[!a-z]`
    words,  ///< these characters somewhere in the text, in upper or lower case
  };

  /// `options` are letters of MongoDB's: i (case), m (`^` and `$` at lines), s (`.` is a newline too). Error
  /// invalid_argument for x, which RE2 lacks, for other letters, and for what RE2 refuses: look-around, back
  /// references, and patterns that are too long or would take too much memory.
  static QueryPattern regex(std::string_view pattern, std::string_view options = {});
  static QueryPattern glob(std::string_view pattern);
  static QueryPattern words(std::string_view text);

  bool matches(std::string_view text) const;

  Kind kind() const { return kind_; }
  const std::string& source() const { return source_; }
  /// Sorted, none twice.
  const std::string& options() const { return options_; }

  /// Texts of at least three ASCII characters, in lower case: what matches contains each of them, when ASCII
  /// letters are compared without case. May be empty: then nothing is known. For finding candidates in an
  /// index of trigrams.
  std::vector<std::string> required_texts() const;

  /// Equal when written the same.
  bool operator==(const QueryPattern& other) const;

 private:
  class Program;
  QueryPattern(Kind kind, std::string_view source, std::string_view options);

  Kind kind_;
  std::string source_;
  std::string options_;
  std::shared_ptr<const Program> program_;
};

}  // namespace unio
