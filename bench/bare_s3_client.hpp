#pragma once

#include <aws/auth/credentials.h>
#include <aws/common/uri.h>
#include <aws/http/request_response.h>
#include <aws/io/channel_bootstrap.h>
#include <aws/io/event_loop.h>
#include <aws/s3/s3_client.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace unio::bench {

constexpr std::uint64_t part_size = std::uint64_t{8} << 20;  // s3_requests.hpp

[[noreturn]] inline void give_up(const std::string& what, int error = aws_last_error()) {
  std::fprintf(stderr, "error: %s: %s\n", what.c_str(), aws_error_str(error));
  std::_Exit(1);
}

inline aws_byte_cursor cursor_of(std::string_view text) {
  return aws_byte_cursor_from_array(text.data(), text.size());
}

struct Request {
  const char* operation;
  const char* method;
  std::string path;  ///< "/bucket/key?query"
  std::vector<std::pair<const char*, std::string>> headers;
  std::string body;
};

struct Answer {
  std::string etag;
  std::string body;
};

/// One request on its way.
struct Flight {
  const Request& request;
  Answer answer;
  std::promise<void> ended;  ///< and the library has let go of it

  static int on_headers(aws_s3_meta_request*, const aws_http_headers* headers, int, void* self) {
    aws_byte_cursor etag{};
    if (aws_http_headers_get(headers, cursor_of("etag"), &etag) == AWS_OP_SUCCESS)
      static_cast<Flight*>(self)->answer.etag.assign(reinterpret_cast<const char*>(etag.ptr), etag.len);
    return AWS_OP_SUCCESS;
  }
  static int on_body(aws_s3_meta_request*, const aws_byte_cursor* body, std::uint64_t, void* self) {
    static_cast<Flight*>(self)->answer.body.append(reinterpret_cast<const char*>(body->ptr), body->len);
    return AWS_OP_SUCCESS;
  }
  static void on_finish(aws_s3_meta_request*, const aws_s3_meta_request_result* result, void* self) {
    const auto& flight = *static_cast<Flight*>(self);
    if (result->error_code != AWS_ERROR_SUCCESS) give_up(flight.request.path, result->error_code);
  }
  static void on_shutdown(void* self) {
    std::promise<void> own = std::move(static_cast<Flight*>(self)->ended);
    own.set_value();  // whoever waited takes the flight away
  }
};

/// The library and its client, set as in aws_runtime.cpp and aws_client.cpp; ended with the program.
/// Thread-safe.
class Client {
 public:
  Client() {
    aws_s3_library_init(allocator_);
    aws_event_loop_group* loops = aws_event_loop_group_new_default(allocator_, 2, nullptr);
    aws_host_resolver_default_options names{};
    names.el_group = loops;
    names.max_entries = 16;
    aws_client_bootstrap_options bootstrap{};
    bootstrap.event_loop_group = loops;
    bootstrap.host_resolver = aws_host_resolver_new_default(allocator_, &names);
    const aws_byte_cursor url = aws_byte_cursor_from_c_str(std::getenv("AWS_ENDPOINT_URL_S3"));
    const aws_byte_cursor region = aws_byte_cursor_from_c_str(std::getenv("AWS_REGION"));
    if (aws_uri_init_parse(&endpoint_, allocator_, &url) != AWS_OP_SUCCESS) give_up("endpoint");
    aws_credentials_provider_environment_options environment{};
    aws_signing_config_aws signing;
    aws_s3_init_default_signing_config(&signing, region,
                                       aws_credentials_provider_new_environment(allocator_, &environment));
    aws_s3_client_config config{};
    config.client_bootstrap = aws_client_bootstrap_new(allocator_, &bootstrap);
    config.region = region;
    config.signing_config = &signing;
    config.part_size = part_size;
    config.memory_limit_in_bytes = std::uint64_t{256} << 20;
    config.throughput_target_gbps = 100;
    config.max_active_connections_override = 64;
    config.retry_config.retry_mode = AWS_S3_RETRY_MODE_NONE;
    config.tls_mode = AWS_MR_TLS_DISABLED;
    client_ = aws_s3_client_new(allocator_, &config);
    if (client_ == nullptr) give_up("client");
  }

  Answer ask(const Request& request) {
    Flight flight{request, {}, {}};
    const std::future<void> ended = flight.ended.get_future();
    aws_http_message* message = aws_http_message_new_request(allocator_);
    aws_http_message_set_request_method(message, cursor_of(request.method));
    aws_http_message_set_request_path(message, cursor_of(request.path));
    for (const auto& [name, value] : request.headers)
      aws_http_message_add_header(message, {.name = cursor_of(name), .value = cursor_of(value)});
    aws_s3_meta_request_options options{};
    options.type = AWS_S3_META_REQUEST_TYPE_DEFAULT;
    options.operation_name = cursor_of(request.operation);
    options.message = message;
    options.endpoint = &endpoint_;
    options.user_data = &flight;
    options.headers_callback = &Flight::on_headers;
    options.body_callback = &Flight::on_body;
    options.finish_callback = &Flight::on_finish;
    options.shutdown_callback = &Flight::on_shutdown;
    if (!request.body.empty()) options.request_body = cursor_of(request.body);
    aws_s3_meta_request* started = aws_s3_client_make_meta_request(client_, &options);
    if (started == nullptr) give_up(request.path);
    aws_s3_meta_request_release(started);  // the client has it until it is done
    aws_http_message_release(message);
    ended.wait();
    return std::move(flight.answer);
  }

 private:
  aws_allocator* allocator_ = aws_default_allocator();
  aws_uri endpoint_{};
  aws_s3_client* client_ = nullptr;
};

}  // namespace unio::bench
