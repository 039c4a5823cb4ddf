#pragma once

#include <nanobind/nanobind.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace unio::python {

namespace nb = nanobind;

// Text between Python and the engine. Keys may hold lone surrogates, which the engine keeps as their three
// generalised UTF-8 bytes, and paths may be any bytes, which Python keeps as surrogates of another kind: each
// has a way of its own, and both go there and back unchanged.

std::string key_text(const nb::str& text);
nb::str key_str(std::string_view text);
nb::object text_or_none(const std::optional<std::string>& text);
nb::list key_list(const std::vector<std::string>& keys);

std::filesystem::path path_of(const nb::str& text);
nb::str path_str(std::string_view path);

nb::bytes bytes_of(std::string_view content);

}  // namespace unio::python
