#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <sstream>
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

/// Builds values while yaml-cpp reads, so that nesting and aliases are refused before they cost anything.
class Builder final : public YAML::EventHandler {
 public:
  Json take() {
    if (!complete_) refuse("is empty");
    return std::move(root_);
  }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override { refuse("has an alias"); }
  void OnNull(const YAML::Mark&, YAML::anchor_t anchor) override { add(anchor, Json()); }
  void OnScalar(const YAML::Mark&, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    // Plain scalars have the tag "?".
    const bool is_null =
        tag == "?" && (value == "null" || value == "Null" || value == "NULL" || value == "~");
    if (!is_utf8(value)) refuse("is not UTF-8");
    add(anchor, is_null ? Json() : Json(value));
  }
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(anchor, Json::Array());
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(anchor, Json::object());
  }
  void OnMapEnd() override { close(); }

 private:
  struct Level {
    Json value;
    std::optional<std::string> key;
  };

  void open(YAML::anchor_t anchor, Json empty) {
    if (anchor != YAML::NullAnchor) refuse("has an anchor");
    if (levels_.size() == deepest) refuse("is nested too deeply");
    if (!levels_.empty() && levels_.back().value.is_object() && !levels_.back().key)
      refuse("has a key that is no text");
    levels_.push_back({std::move(empty), std::nullopt});
  }

  void close() {
    Json value = std::move(levels_.back().value);
    levels_.pop_back();
    add(YAML::NullAnchor, std::move(value));
  }

  void add(YAML::anchor_t anchor, Json value) {
    if (anchor != YAML::NullAnchor) refuse("has an anchor");
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
  Builder builder;
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) refuse("is empty");
    Builder second;
    if (parser.HandleNextDocument(second)) refuse("has more than one document");
  } catch (const YAML::Exception& error) {
    refuse(fmt::format("cannot be read: line {}: {}", error.mark.line + 1, error.msg));
  }
  return builder.take();
}

}  // namespace unio
