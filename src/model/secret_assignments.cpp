#include "model/secret_assignments.hpp"

#include <algorithm>
#include <optional>

#include "base/ascii.hpp"
#include "model/secret_names.hpp"

namespace unio {
namespace {

constexpr std::size_t nowhere = std::string_view::npos;
/// A longer literal is no password but a document.
constexpr std::size_t longest_value = 4096;

bool is_name(char c) {
  return is_alphanumeric(c) || c == '_' || c == '-' || c == '.';
}
bool is_quote(char c) {
  return c == '"' || c == '\'' || c == '`';
}
bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

/// How a name is bound to the value that follows it.
enum class Binding {
  none,
  assigned,  ///< `=`, `:`, `=>` …
  listed,    ///< `"name", "value"`
  flag,      ///< `--name value`
  said,      ///< `NAME 'value'`
  element,   ///< `<name>value</name>`
};

struct Name {
  std::size_t begin = 0;
  std::size_t end = 0;
  SecretName strength = SecretName::no;
  bool quoted = false;
};

struct Value {
  TextRange range;
  bool quoted = false;
};

/// One look at one name and what follows it.
class Assignment {
 public:
  Assignment(std::string_view text, TextKind kind, Name name)
      : text_(text), kind_(kind), name_(name), at_(name.end) {}

  /// The value, when it is a secret.
  std::optional<TextRange> find_secret() {
    const Binding binding = bind();
    if (binding == Binding::none) return std::nullopt;
    skip_annotation();
    const std::optional<Value> value = find_value(binding);
    if (!value || value->range.begin == value->range.end) return std::nullopt;
    if (!is_secret(*value, binding)) return std::nullopt;
    return value->range;
  }

 private:
  char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool looking_at(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  void skip_blanks() {
    while (is_blank(here())) ++at_;
  }

  /// Past the quote behind a name, with the backslashes that escape it, and past the bracket of `["name"]`.
  void skip_name_end() {
    if (!name_.quoted) return;
    while (here() == '\\') ++at_;
    if (is_quote(here())) ++at_;
    if (here() == ']') ++at_;
  }

  /// Moves to where the value, or its quote, begins.
  Binding bind() {
    skip_name_end();
    if (skip_value_attribute()) return Binding::assigned;
    if (here() == '>' && name_.begin > 0 && text_[name_.begin - 1] == '<') return ++at_, Binding::element;
    const bool blank = is_blank(here());
    skip_blanks();
    if (name_.quoted && here() == ',') return ++at_, skip_blanks(), Binding::listed;
    if (skip_operator()) return skip_blanks(), Binding::assigned;
    if (!blank || name_.quoted) return Binding::none;
    if (text_.substr(name_.begin).starts_with("--")) return Binding::flag;
    return here() == '\'' ? Binding::said : Binding::none;
  }

  /// `=`, `:`, `:=`, `==`, `!=`, `=>`, `+=`, `?=`; not `::` nor the `://` of a URL.
  bool skip_operator() {
    if (looking_at("::") || looking_at("://")) return false;
    const std::size_t end = std::min(text_.find_first_not_of("=:!+?>", at_), text_.size());
    const std::string_view found = text_.substr(at_, end - at_);
    if (found.empty() || found.size() > 3 || found.find_first_of("=:") == nowhere) return false;
    at_ = end;
    return true;
  }

  /// `key="name" value="…"`, and `name: NAME` with `value: …` in the line below, as Kubernetes has it.
  bool skip_value_attribute() {
    std::size_t at = at_;
    while (at < text_.size() &&
           (is_space(text_[at]) || text_[at] == '+' || text_[at] == '-' || text_[at] == ','))
      ++at;
    const bool named = at > at_ && at - at_ < 80;
    while (at < text_.size() && (is_quote(text_[at]) || text_[at] == '\\')) ++at;
    if (!named || !text_.substr(at).starts_with("value")) return false;
    const Name kept = name_;
    const std::size_t begin = at_;
    at_ = at + 5;
    name_.quoted = true;
    skip_name_end();
    name_.quoted = kept.quoted;
    skip_blanks();
    if (skip_operator()) return skip_blanks(), true;
    at_ = begin;
    return false;
  }

  std::optional<Value> find_value(Binding binding) {
    if (binding == Binding::element) return Value{{at_, std::min(text_.find('<', at_), text_.size())}, false};
    std::size_t quote = at_;
    while (quote < text_.size() && quote - at_ < 3 && is_letter(text_[quote])) ++quote;  // `rb"…"`, `f'…'`
    std::size_t escapes = 0;
    while (quote + escapes < text_.size() && text_[quote + escapes] == '\\') ++escapes;
    if (quote + escapes < text_.size() && is_quote(text_[quote + escapes])) {
      if (auto literal = find_literal(quote + escapes, escapes)) return literal;
    }
    if (binding == Binding::listed || binding == Binding::said) return std::nullopt;
    return find_bare();
  }

  /// What stands between quotes, the closing one escaped as deeply as the opening one.
  std::optional<Value> find_literal(std::size_t quote, std::size_t escapes) const {
    const bool triple = escapes == 0 && text_.substr(quote + 1).starts_with(std::string(2, text_[quote]));
    const std::size_t begin = quote + (triple ? 3 : 1);
    for (std::size_t end = begin; end < text_.size() && end - begin < longest_value; ++end) {
      if (text_[end] == '\n' && !triple) return std::nullopt;
      if (text_[end] != text_[quote]) continue;
      std::size_t before = end;
      while (before > begin && text_[before - 1] == '\\') --before;
      const std::size_t backslashes = end - before;
      if (escapes == 0 && backslashes % 2 == 0) return Value{{begin, end}, true};
      if (escapes > 0 && backslashes <= escapes) return Value{{begin, before}, true};
    }
    return std::nullopt;
  }

  /// What stands without quotes: up to what divides values, but where a line is one setting, up to its end.
  std::optional<Value> find_bare() const {
    if (at_ == text_.size() || is_space(text_[at_]) || is_call()) return std::nullopt;
    const Value value = bare_until(in_query() ? "&#;" : kind_ == TextKind::code ? ",;()[]{}&|" : ",;)]}&");
    if (in_query() || !is_line() || stands_for_another(text_of(value))) return value;
    return line_value();
  }

  Value bare_until(std::string_view ends) const {
    const auto stops = [&](char c) {
      return is_space(c) || is_quote(c) || c == '\\' || c == '<' || c == '>' || ends.find(c) != nowhere;
    };
    const auto rest = text_.substr(at_);
    return {
        {at_, at_ + static_cast<std::size_t>(std::find_if(rest.begin(), rest.end(), stops) - rest.begin())},
        false};
  }

  /// `NAME=value with more behind it`, `name: all of the line`
  Value line_value() const {
    const std::string_view ends = is_blank(text_[at_ - 1]) ? "\r\n" : " \t\r\n";
    std::size_t end = std::min(text_.find_first_of(ends, at_), text_.size());
    end = std::min(end, text_.find("\\n", at_));
    while (end > at_ && is_space(text_[end - 1])) --end;
    return {{at_, end}, false};
  }

  std::string_view text_of(const Value& value) const {
    return text_.substr(value.range.begin, value.range.end - value.range.begin);
  }

  static bool stands_for_another(std::string_view text) {
    return is_placeholder(text) || is_only_secret_words(text);
  }

  /// Whether the name begins a line of settings, perhaps in a patch.
  bool is_line() const {
    if (kind_ != TextKind::settings) return false;
    std::size_t begin = name_.begin;
    if (text_.substr(0, begin).ends_with("export ")) begin -= 7;
    while (begin > 0 && (is_blank(text_[begin - 1]) || text_[begin - 1] == '+' || text_[begin - 1] == '-'))
      --begin;
    return begin == 0 || text_[begin - 1] == '\n';
  }

  /// `password = get_password()`, `os.environ["PASSWORD"]`
  bool is_call() const {
    std::size_t end = at_;
    while (end < text_.size() && is_name(text_[end]) && text_[end] != '-') ++end;
    return end < text_.size() && (text_[end] == '(' || text_[end] == '[') && !is_shell_variable();
  }

  bool in_query() const {
    return name_.begin > 0 && (text_[name_.begin - 1] == '?' || text_[name_.begin - 1] == '&');
  }

  /// `password: str = "x"`: moves past the type.
  void skip_annotation() {
    std::size_t at = at_;
    while (at < text_.size() && (is_letter(text_[at]) || text_[at] == '.')) ++at;
    if (at < text_.size() && text_[at] == '[') at = std::min(text_.find(']', at), text_.size() - 1) + 1;
    const std::string_view rest = text_.substr(at);
    const auto value = rest.find_first_not_of(" =");
    if (at == at_ || !rest.starts_with(" = ") || value == nowhere ||
        !(is_quote(rest[value]) || rest[value] == '\\'))
      return;
    at_ = at + value;
  }

  bool is_secret(const Value& value, Binding binding) const {
    const std::string_view text = text_of(value);
    if (stands_for_another(text)) return false;
    SecretName strength = name_.strength;
    if (binding == Binding::flag && (text.starts_with('-') || strength == SecretName::weak)) return false;
    if (binding == Binding::listed && strength == SecretName::sure) strength = SecretName::likely;
    if (in_query() && strength == SecretName::weak) strength = SecretName::likely;
    if (strength == SecretName::weak) return looks_random(text, 16);
    if (strength == SecretName::likely && !may_be_key(text)) return false;
    return value.quoted ? is_secret_literal(text) : is_secret_word(text);
  }

  /// Messages have names like secrets: `password = "Enter the password"`.
  static bool is_secret_literal(std::string_view text) {
    const bool sentence = text.find(' ') != nowhere && to_lower(text).find("pass") != std::string::npos;
    return text.size() >= 3 && !sentence;
  }

  bool is_secret_word(std::string_view text) const {
    constexpr std::string_view references = "$%@&*|!({[";
    if (text.size() < 3 || references.find(text.front()) != nowhere) return false;
    if (kind_ == TextKind::settings || in_query() || is_shell_variable()) return true;
    const bool identifier =
        std::all_of(text.begin(), text.end(), [](char c) { return is_name(c) && c != '-'; });
    return !(identifier && !is_digit(text.front())) && may_be_key(text);
  }

  /// `DB_PASSWORD=hunter2` in a script among program text.
  bool is_shell_variable() const {
    const std::string_view name = text_.substr(name_.begin, name_.end - name_.begin);
    const bool capitals = std::none_of(name.begin(), name.end(), is_lower);
    return capitals && text_.substr(name_.end).starts_with('=');
  }

  std::string_view text_;
  TextKind kind_;
  Name name_;
  std::size_t at_;
};

/// `API key` and `secret access key` are names too: the words before, in the same line.
std::size_t begin_with_words_before(std::string_view text, std::size_t begin) {
  for (int words = 0; words < 2; ++words) {
    if (begin < 2 || text[begin - 1] != ' ' || !is_letter(text[begin - 2])) break;
    --begin;
    while (begin > 0 && is_name(text[begin - 1])) --begin;
  }
  return begin;
}

Name name_at(std::string_view text, std::size_t begin, std::size_t end) {
  Name name{.begin = begin, .end = end};
  name.strength = secret_name(text.substr(begin, end - begin));
  name.quoted = begin > 0 && is_quote(text[begin - 1]);
  const bool undecided = name.strength == SecretName::weak || name.strength == SecretName::likely;
  if (!undecided || name.quoted) return name;
  const std::size_t first = begin_with_words_before(text, begin);
  name.strength = std::max(name.strength, secret_name(text.substr(first, end - first)));
  return name;
}

}  // namespace

std::vector<TextRange> find_assigned_secrets(std::string_view text, TextKind kind) {
  std::vector<TextRange> found;
  std::size_t at = 0;
  while (at < text.size()) {
    if (!is_name(text[at])) {
      ++at;
      continue;
    }
    std::size_t begin = at;
    while (at < text.size() && is_name(text[at])) ++at;
    const bool escape = begin > 0 && text[begin - 1] == '\\' && (text[begin] == 'n' || text[begin] == 't');
    if (escape) ++begin;
    const Name name = name_at(text, begin, at);
    if (name.strength == SecretName::no) continue;
    const auto secret = Assignment(text, kind, name).find_secret();
    if (!secret) continue;
    found.push_back(*secret);
    at = std::max(at, secret->end);
  }
  return found;
}

}  // namespace unio
