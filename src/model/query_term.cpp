#include "model/query_term.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/query_build.hpp"
#include "model/query_conditions.hpp"
#include "model/query_error.hpp"

namespace unio {
namespace {

using Item = QueryTerm::Item;
using Paths = std::vector<FieldPath>;

/// Words of one field that stand for conditions.
struct Choice {
  std::string_view field;
  std::string_view word;
  std::string_view path;
  query::Test (*test)();
};

query::Test exists() {
  return query::Exists{};
}
query::Test is_true() {
  return query::Equals{{true}};
}
query::Test is_latest() {
  return query::Equals{{std::string("latest")}};
}
query::Test is_readme() {
  return query::Matches{QueryPattern::regex("(^|/)readme(\\.[a-z]+)?$", "i")};
}
query::Test is_patch() {
  return query::Matches{QueryPattern::glob("*git_diff.patch")};
}

constexpr Choice choices[] = {
    {"has", "lineage", "based_on.0", exists},  {"has", "git", "git", exists},
    {"has", "log", "log_relpaths.0", exists},  {"has", "readme", "file_relpaths", is_readme},
    {"has", "diff", "log_relpaths", is_patch}, {"is", "dirty", "git.dirty", is_true},
    {"is", "latest", "tags", is_latest},
};

Query choice(const TermValue& value) {
  std::vector<std::string> words;
  for (const Choice& known : choices) {
    if (known.field != value.term.field) continue;
    if (known.word == value.item.text) return {query::Field{FieldPath::parse(known.path), known.test()}};
    words.emplace_back(known.word);
  }
  refuse_value(value, did_you_mean(value.item.text, words, fmt::format("one of {}", fmt::join(words, ", "))));
}

Query kind(const TermValue& value) {
  const std::vector<std::string> kinds = {"artifact", "package", "value"};
  const bool known = std::find(kinds.begin(), kinds.end(), value.item.text) != kinds.end();
  if (!known) refuse_value(value, did_you_mean(value.item.text, kinds, "artifact, package or value"));
  return value.field(query::Equals{{value.item.text}});
}

/// `py:pandas` is there at all, `py:pandas==2.1.3` in that version.
Query python_package(const TermValue& value) {
  const std::string_view written = value.item.text;
  const std::size_t equals = std::min(written.find("=="), written.size());
  std::vector<std::string> names = value.path.names();
  names.emplace_back(written.substr(0, equals));
  const FieldPath path(std::move(names));
  if (equals == written.size()) return {query::Field{path, query::Exists{}}};
  return is_text({path, value.term, {std::string(written.substr(equals + 2)), false}, value.now});
}

/// What else than values stands behind a field.
enum class Takes : std::uint8_t {
  values,    ///< nothing else
  patterns,  ///< `/regex/`
  order,     ///< `<` and its like
  all,
};

/// A field of the grammar.
struct Word {
  std::string_view name;
  std::vector<std::string_view> paths;
  TermCondition condition;
  Takes takes = Takes::patterns;
};

const std::vector<Word>& words() {
  static const std::vector<Word> words = {
      {"argv", {"argv"}, is_text},
      {"based-on", {"based_on"}, is_text},
      {"branch", {"git.branch"}, is_text},
      {"by", {"username"}, is_text},
      {"commit", {"git.commit"}, begins_with},
      {"created", {"creation_time"}, is_at, Takes::order},
      {"dataset", {"labels.dataset"}, is_text},
      {"datatype", {"labels.datatype"}, is_text},
      {"description", {"labels.description", "message"}, is_text},
      {"ext", {"file_relpaths"}, ends_with},
      {"file", {"file_relpaths"}, is_text},
      {"files", {"file_relpaths"}, has_count, Takes::order},
      {"git", {"git.commit", "git.branch", "git.remote"}, is_text},
      {"handler", {"handler"}, is_text},
      {"has", {""}, choice, Takes::values},
      {"hash", {"top_hash", "files.sha256"}, begins_with},
      {"host", {"hostname"}, is_text},
      {"id", {"artifact_id", "top_hash", "value_id"}, begins_with},
      {"is", {""}, choice, Takes::values},
      {"kind", {"kind"}, kind, Takes::values},
      {"message", {"message"}, is_text},
      {"name", {"name"}, is_text},
      {"ns", {"name"}, is_in_namespace},
      {"project", {"labels.project"}, is_text},
      {"py", {"python_packages"}, python_package, Takes::values},
      {"repo", {"repository"}, is_text},
      {"run", {"run_id"}, begins_with},
      {"size", {"files.size", "bytes"}, has_bytes, Takes::order},
      {"tag",
       {"tags", "labels.datatype", "labels.infos.type", "labels.infos.tag", "labels.infos.tags"},
       is_text},
      {"ticket", {"labels.ticket"}, is_text},
      {"type", {"labels.datatype", "labels.infos.type"}, is_text},
      {"version", {"version"}, is_anything, Takes::all},
  };
  return words;
}

/// Fields that are written with the path of a member: `meta.accuracy`.
const std::vector<Word>& words_with_path() {
  static const std::vector<Word> words = {
      {"files", {"files"}, is_anything, Takes::all},
      {"git", {"git"}, is_anything, Takes::all},
      {"label", {"labels"}, is_anything, Takes::all},
      {"labels", {"labels"}, is_anything, Takes::all},
      {"meta", {"labels.infos", "meta"}, is_anything, Takes::all},
      {"py", {"python_packages"}, is_text},
      {"python_packages", {"python_packages"}, is_text},
      {"system", {"system"}, is_anything, Takes::all},
  };
  return words;
}

Paths paths_of(const Word& word, std::string_view below) {
  Paths paths;
  for (const std::string_view path : word.paths) {
    std::vector<std::string> names;
    if (!path.empty()) names = FieldPath::parse(path).names();
    const bool whole_name = word.name == "py" || word.name == "python_packages";
    if (whole_name && !below.empty()) {
      names.emplace_back(below);
    } else if (!below.empty()) {
      const FieldPath more = FieldPath::parse(below);
      names.insert(names.end(), more.names().begin(), more.names().end());
    }
    paths.emplace_back(std::move(names));
  }
  return paths;
}

[[noreturn]] void refuse_field(const std::string& field) {
  if (field == "upstream" || field == "downstream" || field == "used-by") {
    refuse_query(fmt::format("'{}:' follows lineage, which a search does not", field),
                 "unio lineage ID --up or --down; 'based-on:ID' finds what was made directly from it");
  }
  std::vector<std::string> known = {"meta.", "label."};
  for (const Word& word : words()) known.emplace_back(word.name);
  refuse_query(fmt::format("unknown field {}", shown(field)),
               did_you_mean(field, known, "put it in quotes to look for the words themselves"));
}

struct Found {
  const Word& word;
  Paths paths;
};

Found get_word(const std::string& field) {
  const std::size_t dot = field.find('.');
  const std::string_view name = std::string_view(field).substr(0, dot);
  const auto& table = dot == std::string::npos ? words() : words_with_path();
  const auto word = std::find_if(table.begin(), table.end(), [&](const Word& w) { return w.name == name; });
  if (word == table.end()) refuse_field(field);
  const std::string_view below = dot == std::string::npos ? "" : std::string_view(field).substr(dot + 1);
  if (dot != std::string::npos && below.empty()) refuse_field(field);
  return {*word, paths_of(*word, below)};
}

void check_use(const QueryTerm& term, const Word& word) {
  const bool ordered = word.takes == Takes::order || word.takes == Takes::all;
  if (term.order && !ordered) {
    refuse_query(fmt::format("'{}:' cannot be compared with '<' and '>'", term.field),
                 "created:, size:, files: and meta.x: can");
  }
  const bool patterns = word.takes == Takes::patterns || word.takes == Takes::all;
  if (term.regex && !patterns) {
    refuse_query(fmt::format("'{}:' takes no pattern", term.field),
                 "write a value that begins with '/' in quotes");
  }
}

Query free_words(const Item& item) {
  if (has_wildcard(item)) {
    refuse_query(fmt::format("{} has a wildcard and no field", shown(item.text)),
                 "write file:*.txt, or put it in quotes to look for the characters themselves");
  }
  return {query::Text{QueryPattern::words(item.text)}};
}

}  // namespace

Query query_of_term(const QueryTerm& term, Time now) {
  if (term.field.empty() && term.items.size() == 1 && !term.regex) return free_words(term.items.front());
  const auto [word, paths] = get_word(term.field);
  check_use(term, word);
  std::vector<Query> queries;
  for (const FieldPath& path : paths) {
    if (term.regex) {
      QueryPattern pattern = QueryPattern::regex(term.regex->pattern, term.regex->options);
      queries.push_back({query::Field{path, query::Matches{std::move(pattern)}}});
    }
    for (const Item& item : term.items) queries.push_back(word.condition({path, term, item, now}));
  }
  return any_of(std::move(queries));
}

}  // namespace unio
