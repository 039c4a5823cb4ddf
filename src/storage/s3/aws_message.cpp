#include "storage/s3/aws_message.hpp"

#include <fmt/format.h>

#include "base/percent.hpp"

namespace unio {
namespace {

std::string path_of(const S3Place& place, const S3Request& request) {
  std::string path = "/";
  if (place.path_style) path += place.bucket + (request.key.empty() ? "" : "/");
  path += encode_url_path(request.key);
  char separator = '?';
  for (const auto& [name, value] : request.query) {
    path += fmt::format("{}{}={}", separator, encode_url_part(name), encode_url_part(value));
    separator = '&';
  }
  return path;
}

void add_header(aws_http_message* message, std::string_view name, std::string_view value) {
  aws_http_header header{};
  header.name = cursor_of(name);
  header.value = cursor_of(value);
  aws_http_message_add_header(message, header);
}

}  // namespace

AwsMessage make_message(const S3Place& place, const S3Request& request) {
  AwsMessage message(aws_http_message_new_request(aws_default_allocator()));
  aws_http_message_set_request_method(message.get(), cursor_of(request.method));
  aws_http_message_set_request_path(message.get(), cursor_of(path_of(place, request)));
  for (const auto& [name, value] : request.headers) add_header(message.get(), name, value);
  // Whoever sends a body has its length added by the library.
  if (request.body.empty() && request.method != "GET" && request.method != "HEAD")
    add_header(message.get(), "content-length", "0");
  return message;
}

std::string address_of(const S3Place& place) {
  if (place.path_style) return place.endpoint;
  const std::size_t host = place.endpoint.find("://") + 3;
  return place.endpoint.substr(0, host) + place.bucket + "." + place.endpoint.substr(host);
}

}  // namespace unio
