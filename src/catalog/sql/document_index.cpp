#include "catalog/sql/document_index.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "model/query.hpp"

namespace unio::sql {
namespace {

/// Whether a query can name the member.
bool is_reachable(std::string_view name) {
  return !name.empty() && name.front() != '$' && name.find('\0') == std::string_view::npos;
}

std::string path_below(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : path + '\0' + std::string(name);
}

class Indexer {
 public:
  explicit Indexer(ValueIndex& index) : index_(index) {}

  void walk(const QueryValue& value, const std::string& path) {
    if (const auto* array = value.if_type<QueryValue::Array>()) {
      note(path, holds::array);
      for (const QueryValue& element : *array) walk_element(element, path);
    } else {
      walk_single(value, path);
    }
  }

 private:
  void note(const std::string& path, std::int64_t bits) {
    if (!path.empty()) index_.shape[path] |= bits;
  }

  void walk_element(const QueryValue& element, const std::string& path) {
    if (element.if_type<QueryValue::Array>() != nullptr) {
      note(path, holds::nested);
    } else {
      walk_single(element, path);
    }
  }

  void walk_single(const QueryValue& value, const std::string& path) {
    if (const auto* object = value.if_type<QueryValue::Object>()) {
      note(path, holds::object);
      for (const auto& [name, member] : *object) {
        if (is_reachable(name)) walk(member, path_below(path, name));
      }
    } else if (const auto* text = value.if_type<std::string>()) {
      note(path, holds::text);
      index_.strings.emplace_back(path, *text);
    } else if (const auto* integer = value.if_type<std::int64_t>()) {
      add_number(path, static_cast<double>(*integer));
    } else if (const auto* real = value.if_type<double>()) {
      std::isnan(*real) ? note(path, holds::nan) : add_number(path, *real);
    } else if (const auto* time = value.if_type<Time>()) {
      add_time(path, *time);
    } else if (const auto* truth = value.if_type<bool>()) {
      note(path, *truth ? holds::yes : holds::no);
    } else {
      note(path, holds::null);
    }
  }

  void add_number(const std::string& path, double number) {
    note(path, holds::number);
    index_.numbers.emplace_back(path, number + 0.0);  // there is one zero
  }

  void add_time(const std::string& path, Time time) {
    note(path, holds::time);
    if (path == time_field) return;
    index_.numbers.emplace_back(times_path(path), static_cast<double>(time.time_since_epoch().count()));
  }

  ValueIndex& index_;
};

template <class T>
void sort_out(ValueIndex::At<T>& values) {
  std::ranges::sort(values);
  const auto [first, last] = std::ranges::unique(values);
  values.erase(first, last);
}

const QueryValue* find_member(const QueryValue& value, std::string_view name) {
  const auto* object = value.if_type<QueryValue::Object>();
  if (object == nullptr) return nullptr;
  const auto found = std::ranges::lower_bound(*object, name, {}, &QueryValue::Member::first);
  return found != object->end() && found->first == name ? &found->second : nullptr;
}

}  // namespace

ValueIndex index_of(const QueryValue& value, const std::string& prefix) {
  ValueIndex index;
  Indexer(index).walk(value, prefix);
  sort_out(index.strings);
  sort_out(index.numbers);
  return index;
}

std::string index_path(const std::vector<std::string>& names) {
  std::string path;
  for (const std::string& name : names) path = path_below(path, name);
  return path;
}

std::string times_path(std::string_view path) {
  // No name is empty, so that no other path ends so.
  return std::string(path) + '\0';
}

bool is_searched(std::string_view path) {
  const auto fields = text_fields();
  return std::ranges::find(fields, path.substr(0, path.find('\0'))) != fields.end();
}

std::string fold(std::string_view text) {
  constexpr std::string_view kelvin = "\u212A", dotted_i = "\u0130", long_s = "\u017F";
  std::string folded;
  folded.reserve(text.size());
  while (!text.empty()) {
    const char letter = text.front();
    std::size_t length = 1;
    if (letter >= 'A' && letter <= 'Z') {
      folded += static_cast<char>(letter - 'A' + 'a');
    } else if (letter > 0) {
      folded += letter;
    } else if (text.starts_with(kelvin)) {
      folded += 'k', length = kelvin.size();
    } else if (text.starts_with(dotted_i)) {
      folded += 'i', length = dotted_i.size();
    } else if (text.starts_with(long_s)) {
      folded += 's', length = long_s.size();
    } else {
      folded += ' ';
    }
    text.remove_prefix(length);
  }
  return folded;
}

std::vector<std::string> folded_pieces(std::string_view text) {
  std::vector<std::string> pieces;
  std::string piece;
  const auto finish = [&] {
    if (piece.size() >= 3) pieces.push_back(piece);
    piece.clear();
  };
  for (const char letter : text) {
    // Beyond ASCII a fold has only spaces, as many as it likes.
    if (letter >= ' ' && letter < '\x7f') {
      piece += letter;
    } else {
      finish();
    }
  }
  finish();
  return pieces;
}

std::optional<std::string> joined_files(const QueryValue& document) {
  const QueryValue* files = find_member(document, files_field);
  const auto* names = files == nullptr ? nullptr : files->if_type<QueryValue::Array>();
  if (names == nullptr) return std::nullopt;
  std::string joined;
  for (const QueryValue& element : *names) {
    const auto* name = element.if_type<std::string>();
    if (name == nullptr || name->find('\0') != std::string::npos) return std::nullopt;
    joined += *name + '\0';
  }
  return joined;
}

QueryValue document_of_files(std::string_view joined) {
  QueryValue::Array names;
  while (!joined.empty()) {
    const std::size_t end = joined.find('\0');
    names.push_back({std::string(joined.substr(0, end))});
    joined.remove_prefix(end + 1);
  }
  return {QueryValue::Object{{std::string(files_field), QueryValue{std::move(names)}}}};
}

}  // namespace unio::sql
