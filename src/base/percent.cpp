#include "base/percent.hpp"

#include <algorithm>
#include <array>

namespace unio {
namespace {

constexpr std::array<bool, 256> unreserved = [] {
  std::array<bool, 256> result{};
  for (const char c :
       std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~")) {
    result[static_cast<unsigned char>(c)] = true;
  }
  return result;
}();

bool is_unreserved(char c) {
  return unreserved[static_cast<unsigned char>(c)];
}

void append_percent(std::string& out, char c) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += digits[byte >> 4];
  out += digits[byte & 0xF];
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string encode(std::string_view text, std::string_view kept) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c) || kept.find(c) != std::string_view::npos) {
      out += c;
    } else {
      append_percent(out, c);
    }
  }
  return out;
}

}  // namespace

std::string encode_url_path(std::string_view path) {
  return encode(path, "/");
}

std::string encode_url_part(std::string_view text) {
  return encode(text, "");
}

bool encodes_to_itself(std::string_view path) {
  return std::all_of(path.begin(), path.end(), [](char c) { return is_unreserved(c) || c == '/'; });
}

std::string decode_url_path(std::string_view encoded) {
  std::string out;
  out.reserve(encoded.size());
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    const bool escape = encoded[i] == '%' && i + 2 < encoded.size() && hex_value(encoded[i + 1]) >= 0 &&
                        hex_value(encoded[i + 2]) >= 0;
    if (!escape) {
      out += encoded[i];
      continue;
    }
    out += static_cast<char>(hex_value(encoded[i + 1]) * 16 + hex_value(encoded[i + 2]));
    i += 2;
  }
  return out;
}

}  // namespace unio
