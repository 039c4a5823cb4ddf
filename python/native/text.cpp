#include "native/text.hpp"

namespace unio::python {
namespace {

std::string content_of(PyObject* bytes) {
  if (bytes == nullptr) throw nb::python_error();
  const nb::object owner = nb::steal(bytes);
  return {PyBytes_AS_STRING(bytes), static_cast<std::size_t>(PyBytes_GET_SIZE(bytes))};
}

nb::str str_of(PyObject* text) {
  if (text == nullptr) throw nb::python_error();
  return nb::steal<nb::str>(text);
}

}  // namespace

std::string key_text(const nb::str& text) {
  return content_of(PyUnicode_AsEncodedString(text.ptr(), "utf-8", "surrogatepass"));
}

nb::str key_str(std::string_view text) {
  return str_of(PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "surrogatepass"));
}

nb::object text_or_none(const std::optional<std::string>& text) {
  return text ? nb::object(key_str(*text)) : nb::none();
}

nb::list key_list(const std::vector<std::string>& keys) {
  nb::list result;
  for (const std::string& key : keys) result.append(key_str(key));
  return result;
}

std::filesystem::path path_of(const nb::str& text) {
  return content_of(PyUnicode_EncodeFSDefault(text.ptr()));
}

nb::str path_str(std::string_view path) {
  return str_of(PyUnicode_DecodeFSDefaultAndSize(path.data(), static_cast<Py_ssize_t>(path.size())));
}

nb::bytes bytes_of(std::string_view content) {
  return nb::bytes(content.data(), content.size());
}

}  // namespace unio::python
