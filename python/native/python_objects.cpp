#include "native/python_objects.hpp"

#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <tuple>

#include "base/error.hpp"
#include "native/text.hpp"

namespace unio::python {
namespace {

/// Size, etag or "", and microsecond.
using Told = std::tuple<std::uint64_t, std::string, std::int64_t>;

OutsideObjects::Info info_of(const Told& told) {
  const auto& [size, etag, micros] = told;
  return {.size = size, .etag = etag, .modified = Time(std::chrono::microseconds(micros))};
}

ErrorCode code_of(const nb::python_error& error) {
  if (error.matches(PyExc_FileNotFoundError)) return ErrorCode::not_found;
  if (error.matches(PyExc_FileExistsError)) return ErrorCode::conflict;
  if (error.matches(PyExc_PermissionError)) return ErrorCode::permission_denied;
  if (error.matches(PyExc_NotImplementedError)) return ErrorCode::unsupported;
  if (error.matches(PyExc_KeyboardInterrupt)) return ErrorCode::cancelled;
  if (!error.matches(PyExc_OSError)) return ErrorCode::unavailable;
  const nb::object number = nb::getattr(error.value(), "errno", nb::none());
  if (!nb::isinstance<nb::int_>(number)) return ErrorCode::unavailable;
  const int value = nb::cast<int>(number);
  if (value == EROFS) return ErrorCode::unsupported;
  return value == ENOSPC || value == EDQUOT ? ErrorCode::no_space : ErrorCode::unavailable;
}

Error error_of(const nb::python_error& error, std::string_view url) {
  const std::string said = key_text(nb::str(error.value()));
  const std::string type = nb::cast<std::string>(nb::str(nb::getattr(error.type(), "__name__")));
  std::string line = fmt::format("'{}': {}{}{}", url, type, said.empty() ? "" : ": ", said);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return Error(code_of(error), std::move(line));
}

/// An object of Python that goes with the GIL.
class Held {
 public:
  explicit Held(nb::object object) : object_(std::move(object)) {}
  ~Held() {
    const nb::gil_scoped_acquire gil;
    object_.reset();
  }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  /// Runs `body` with the GIL and the object.
  template <class Body>
  auto ask(std::string_view url, Body body) const {
    const nb::gil_scoped_acquire gil;
    try {
      return body(object_);
    } catch (const nb::python_error& error) {
      throw error_of(error, url);
    }
  }

 private:
  nb::object object_;
};

std::string text_of(const nb::object& bytes) {
  const auto given = nb::cast<nb::bytes>(bytes);
  return {given.c_str(), given.size()};
}

class PythonReader final : public OutsideObjects::Reader {
 public:
  PythonReader(nb::object file, std::string url) : file_(std::move(file)), url_(std::move(url)) {}
  ~PythonReader() override {
    try {
      file_.ask(url_, [](const nb::object& file) { file.attr("close")(); });
    } catch (const Error&) {
      // What was read was read.
    }
  }
  std::string read(std::size_t count) override {
    return file_.ask(url_, [&](const nb::object& file) { return text_of(file.attr("read")(count)); });
  }

 private:
  Held file_;
  std::string url_;
};

class PythonObjects final : public OutsideObjects {
  // First, since its type is found out from its body.
  template <class Body>
  auto ask(Body body) const {
    return files_.ask(url_, body);
  }

 public:
  explicit PythonObjects(nb::object files)
      : url_(nb::cast<std::string>(files.attr("url"))), files_(std::move(files)) {}

  std::string url() const override { return url_; }

  std::optional<Info> find(std::string_view key) override {
    const auto told = ask([&](const nb::object& files) {
      return nb::cast<std::optional<Told>>(files.attr("info")(key_str(key)));
    });
    return told ? std::optional(info_of(*told)) : std::nullopt;
  }
  std::unique_ptr<Reader> open(std::string_view key, std::uint64_t offset) override {
    return ask([&](const nb::object& files) {
      return std::make_unique<PythonReader>(files.attr("open")(key_str(key), offset), url_);
    });
  }
  void put(std::string_view key, Bytes content) override {
    ask([&](const nb::object& files) { files.attr("put")(key_str(key), bytes_of(as_text(content))); });
  }
  void put_file(std::string_view key, const std::filesystem::path& file) override {
    ask([&](const nb::object& files) { files.attr("put_file")(key_str(key), path_str(file.native())); });
  }
  void remove(std::string_view key) override {
    ask([&](const nb::object& files) { files.attr("remove")(key_str(key)); });
  }
  std::vector<Listed> list(std::string_view prefix) override {
    return ask([&](const nb::object& files) {
      std::vector<Listed> listed;
      for (const auto& [key, told] :
           nb::cast<std::vector<std::pair<nb::str, Told>>>(files.attr("list")(key_str(prefix))))
        listed.push_back({key_text(key), info_of(told)});
      return listed;
    });
  }

 private:
  std::string url_;
  Held files_;
};

}  // namespace

std::shared_ptr<ObjectStore> open_python_store(nb::object files) {
  return std::make_shared<OutsideStore>(std::make_unique<PythonObjects>(std::move(files)));
}

}  // namespace unio::python
