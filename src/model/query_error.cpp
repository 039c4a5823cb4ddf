#include "model/query_error.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/spelling.hpp"

namespace unio {

void refuse_query(std::string message, std::string hint) {
  throw Error(ErrorCode::invalid_argument, std::move(message), std::move(hint));
}

std::string shown(std::string_view text) {
  constexpr std::size_t most = 60;
  std::string literal;
  append_json_string(literal, text.substr(0, most), JsonStyle::canonical);
  const std::string inside = literal.substr(1, literal.size() - 2);
  return fmt::format("'{}{}'", inside, text.size() > most ? "…" : "");
}

std::string did_you_mean(std::string_view text, const std::vector<std::string>& candidates,
                         std::string_view otherwise) {
  constexpr std::size_t longest_misspelling = 40;
  if (text.size() <= longest_misspelling) {
    if (const auto near = nearest(text, candidates)) return fmt::format("did you mean '{}'?", *near);
  }
  return std::string(otherwise);
}

}  // namespace unio
