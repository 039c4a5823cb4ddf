#pragma once

#include <aws/common/allocator.h>
#include <aws/common/byte_buf.h>

#include <future>
#include <string_view>
#include <utility>

namespace unio {

// What the files of this folder that speak to the AWS C libraries share. No other file includes their
// headers.

/// A C object that is freed with `release`: `Handle<aws_s3_client, aws_s3_client_release>`.
template <class T, auto release>
class Handle {
 public:
  Handle() = default;
  explicit Handle(T* value) : value_(value) {}
  ~Handle() { reset(); }
  Handle(Handle&& other) noexcept : value_(std::exchange(other.value_, nullptr)) {}
  Handle& operator=(Handle&& other) noexcept {
    if (this != &other) {
      reset();
      value_ = std::exchange(other.value_, nullptr);
    }
    return *this;
  }

  T* get() const { return value_; }
  explicit operator bool() const { return value_ != nullptr; }
  void reset() {
    if (value_ != nullptr) release(std::exchange(value_, nullptr));
  }

 private:
  T* value_ = nullptr;
};

inline aws_byte_cursor cursor_of(std::string_view text) {
  return aws_byte_cursor_from_array(text.data(), text.size());
}
inline std::string_view text_of(const aws_byte_cursor& cursor) {
  return {reinterpret_cast<const char*>(cursor.ptr), cursor.len};
}

/// For the library's "it is over" callbacks, which may come from any thread.
class Ended {
 public:
  static void notify(void* self) { static_cast<Ended*>(self)->promise_.set_value(); }
  void wait() { promise_.get_future().wait(); }

 private:
  std::promise<void> promise_;
};

}  // namespace unio
