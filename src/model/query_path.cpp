#include "model/query_path.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "model/query.hpp"

namespace unio {
namespace {

[[noreturn]] void throw_bad_path(std::string_view why) {
  throw Error(ErrorCode::invalid_argument, fmt::format("this is no path to a field: {}", why),
              "write the names of the members with dots between them, as in 'labels.datatype'");
}

void check_name(const std::string& name) {
  if (name.empty()) throw_bad_path("a name is empty");
  if (name.front() == '$') throw_bad_path("a name begins with '$'");
  if (name.find('\0') != std::string::npos) throw_bad_path("a name holds a NUL");
  if (!is_utf8(name)) throw_bad_path("a name is not UTF-8");
}

}  // namespace

FieldPath::FieldPath(std::vector<std::string> names) : names_(std::move(names)) {
  if (names_.size() > QueryLimits::names) {
    throw_bad_path(fmt::format("it has more than {} names", QueryLimits::names));
  }
  const auto positions = std::count_if(names_.begin(), names_.end(), is_position);
  if (positions > static_cast<std::ptrdiff_t>(QueryLimits::positions)) {
    throw_bad_path(fmt::format("it has more than {} positions", QueryLimits::positions));
  }
  const std::size_t bytes = std::transform_reduce(names_.begin(), names_.end(), std::size_t{0}, std::plus<>(),
                                                  [](const std::string& name) { return name.size(); });
  if (bytes > QueryLimits::path_bytes) {
    throw_bad_path(fmt::format("it is longer than {} bytes", QueryLimits::path_bytes));
  }
  std::for_each(names_.begin(), names_.end(), check_name);
}

FieldPath FieldPath::parse(std::string_view text) {
  std::vector<std::string> names(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool quotes = text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '.' || text[i + 1] == '\\');
    if (quotes) {
      names.back() += text[++i];
    } else if (text[i] == '.') {
      names.emplace_back();
    } else {
      names.back() += text[i];
    }
  }
  return FieldPath(std::move(names));
}

std::string FieldPath::text() const {
  std::string text;
  for (const std::string& name : names_) {
    if (!text.empty()) text += '.';
    for (const char c : name) {
      if (c == '.' || c == '\\') text += '\\';
      text += c;
    }
  }
  return text;
}

bool is_position(std::string_view name) {
  const bool digits = std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
  return !name.empty() && digits && (name.size() == 1 || name.front() != '0');
}

}  // namespace unio
