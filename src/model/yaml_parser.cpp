#include <fmt/format.h>
#include <yaml.h>

#include <vector>

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "model/yaml_text.hpp"

namespace unio {
namespace {

constexpr std::size_t deepest = 32;

[[noreturn]] void refuse(std::string_view why) {
  throw Error(ErrorCode::corruption, fmt::format("the YAML {}", why));
}

/// What libyaml reads, one event after the other. It borrows the text.
class Events {
 public:
  explicit Events(std::string_view text) {
    if (yaml_parser_initialize(&parser_) == 0) throw std::bad_alloc();
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  ~Events() {
    yaml_event_delete(&event_);
    yaml_parser_delete(&parser_);
  }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  /// Valid until the next one. Error corruption.
  const yaml_event_t& next() {
    yaml_event_delete(&event_);
    if (yaml_parser_parse(&parser_, &event_) == 0) {
      const char* problem = parser_.problem == nullptr ? "no memory" : parser_.problem;
      refuse(fmt::format("cannot be read: line {}: {}", parser_.problem_mark.line + 1, problem));
    }
    return event_;
  }

 private:
  yaml_parser_t parser_{};
  yaml_event_t event_{};
};

std::string_view text_of(const yaml_char_t* text, std::size_t size) {
  return {reinterpret_cast<const char*>(text), size};
}

/// Builds the value while it is read, so that nesting and aliases are refused before they cost anything.
class Builder {
 public:
  Json take() {
    if (!complete_) refuse("is empty");
    return std::move(root_);
  }

  void add(const yaml_event_t& event) {
    switch (event.type) {
      case YAML_ALIAS_EVENT:
        refuse("has an alias");
      case YAML_SCALAR_EVENT:
        return add_scalar(event.data.scalar);
      case YAML_SEQUENCE_START_EVENT:
        return open(event.data.sequence_start.anchor, Json::Array());
      case YAML_MAPPING_START_EVENT:
        return open(event.data.mapping_start.anchor, Json::object());
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT:
        return close();
      default:
        return;
    }
  }

 private:
  struct Level {
    Json value;
    std::optional<std::string> key;
  };

  template <class Scalar>
  void add_scalar(const Scalar& scalar) {
    if (scalar.anchor != nullptr) refuse("has an anchor");
    const std::string_view text = text_of(scalar.value, scalar.length);
    const bool plain = scalar.plain_implicit != 0 && scalar.style == YAML_PLAIN_SCALAR_STYLE;
    const bool is_null =
        plain && (text.empty() || text == "null" || text == "Null" || text == "NULL" || text == "~");
    add(is_null ? Json() : Json(std::string(text)));
  }

  void open(const yaml_char_t* anchor, Json empty) {
    if (anchor != nullptr) refuse("has an anchor");
    if (levels_.size() == deepest) refuse("is nested too deeply");
    if (!levels_.empty() && levels_.back().value.is_object() && !levels_.back().key)
      refuse("has a key that is no text");
    levels_.push_back({std::move(empty), std::nullopt});
  }

  void close() {
    Json value = std::move(levels_.back().value);
    levels_.pop_back();
    add(std::move(value));
  }

  void add(Json value) {
    if (levels_.empty()) {
      root_ = std::move(value);
      complete_ = true;
      return;
    }
    Level& level = levels_.back();
    if (Json::Array* items = level.value.if_array()) {
      items->push_back(std::move(value));
    } else if (level.key) {
      level.value.set(*std::exchange(level.key, std::nullopt), std::move(value));
    } else if (const std::string* key = value.if_string()) {
      level.key = *key;
    } else {
      refuse("has a key that is no text");
    }
  }

  Json root_;
  bool complete_ = false;
  std::vector<Level> levels_;
};

}  // namespace

Json parse_yaml(std::string_view text) {
  if (!is_utf8(text)) refuse("is not UTF-8");
  Events events(text);
  Builder builder;
  std::size_t documents = 0;
  while (true) {
    const yaml_event_t& event = events.next();
    if (event.type == YAML_STREAM_END_EVENT) return builder.take();
    if (event.type == YAML_DOCUMENT_START_EVENT && ++documents > 1) refuse("has more than one document");
    builder.add(event);
  }
}

}  // namespace unio
