#include "storage/s3/aws_client.hpp"

#include <aws/auth/auth.h>
#include <aws/auth/signing_config.h>
#include <aws/common/error.h>
#include <aws/common/uri.h>
#include <aws/http/connection.h>
#include <aws/http/proxy.h>
#include <aws/http/request_response.h>
#include <aws/io/tls_channel_handler.h>
#include <aws/s3/s3.h>
#include <aws/s3/s3_client.h>
#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <set>
#include <thread>

#include "base/ascii.hpp"
#include "base/error.hpp"
#include "storage/s3/aws_handles.hpp"
#include "storage/s3/aws_handshakes.hpp"
#include "storage/s3/aws_message.hpp"

namespace unio {
namespace {

using std::chrono::steady_clock;

constexpr std::uint64_t memory_limit = std::uint64_t{256} << 20;  // the least that the library takes
constexpr std::uint64_t part_size = std::uint64_t{8} << 20;
constexpr std::uint32_t connect_timeout_ms = 3'000;
constexpr std::uint32_t stall_seconds = 10;
/// The time that one request may take: so much, and its bytes at the pace of a slow line.
constexpr std::chrono::seconds slowest_answer{60};
constexpr std::uint64_t slowest_line = std::uint64_t{64} << 10;  // bytes a second
constexpr std::chrono::milliseconds deadline_check{500};

bool is_loopback(std::string_view host) {
  return host == "localhost" || host.ends_with(".localhost") || host == "::1" || host.starts_with("127.");
}

}  // namespace

/// One request on its way; deletes itself when the library has let go of it.
struct AwsClient::Flight {
  State& client;
  std::shared_ptr<const S3Request> request;
  Done done;
  S3Response response;
  steady_clock::time_point deadline;
  aws_s3_meta_request* meta_request = nullptr;

  static int on_headers(aws_s3_meta_request*, const aws_http_headers* headers, int status, void* self);
  static int on_body(aws_s3_meta_request*, const aws_byte_cursor* body, std::uint64_t, void* self);
  static void on_finish(aws_s3_meta_request*, const aws_s3_meta_request_result* result, void* self);
  static void on_shutdown(void* self);
  void take_headers(const aws_http_headers* headers);
};

struct AwsClient::State {
  ~State() { aws_uri_clean_up(&endpoint); }

  S3Place place;
  std::string no_credentials;  ///< what to say where there are none
  AwsHandshakes handshakes;
  Handle<aws_s3_client, aws_s3_client_release> client;
  aws_uri endpoint{};
  Ended shut_down;
  std::mutex mutex;
  std::condition_variable_any watching;  ///< nothing but the end of the watch wakes it
  std::condition_variable all_gone;
  std::set<Flight*> unfinished;
  std::size_t alive = 0;  ///< flights that the library has not let go of
  std::jthread watch;

  void cancel_late(const std::stop_token& stop);
  void cancel_all();
  void open(AwsRuntime& runtime, const AwsSigner& signer, unsigned connections);
  void connect(AwsRuntime& runtime, aws_s3_client_config& config);
  void explain(S3Response& response, int error);
  bool start(Flight* flight, const aws_s3_meta_request_options& options);
  void finished(Flight* flight);
  void let_go() {
    const std::lock_guard lock(mutex);
    alive -= 1;
    if (alive == 0) all_gone.notify_all();
  }
};

void AwsClient::Flight::take_headers(const aws_http_headers* headers) {
  if (headers == nullptr) return;
  response.headers.clear();
  for (std::size_t i = 0; i < aws_http_headers_count(headers); ++i) {
    aws_http_header header{};
    if (aws_http_headers_get_index(headers, i, &header) != AWS_OP_SUCCESS) continue;
    response.headers.emplace_back(to_lower(text_of(header.name)), text_of(header.value));
  }
}

int AwsClient::Flight::on_headers(aws_s3_meta_request*, const aws_http_headers* headers, int status,
                                  void* self) {
  auto& flight = *static_cast<Flight*>(self);
  flight.response.status = status;
  flight.take_headers(headers);
  return AWS_OP_SUCCESS;
}

int AwsClient::Flight::on_body(aws_s3_meta_request*, const aws_byte_cursor* body, std::uint64_t, void* self) {
  static_cast<Flight*>(self)->response.body += text_of(*body);
  return AWS_OP_SUCCESS;
}

void AwsClient::Flight::on_finish(aws_s3_meta_request*, const aws_s3_meta_request_result* result,
                                  void* self) {
  auto& flight = *static_cast<Flight*>(self);
  S3Response& response = flight.response;
  if (result->error_code != AWS_ERROR_SUCCESS) {
    flight.client.explain(response, result->error_code);
    // Only where the library kept the answer is it one to look at; the status of a cut one would mislead.
    response.status = result->response_status;
    flight.take_headers(result->error_response_headers);
    response.body.clear();
    if (result->error_response_body != nullptr) {
      const aws_byte_cursor body = aws_byte_cursor_from_buf(result->error_response_body);
      response.body = text_of(body);
    }
  }
  flight.client.finished(&flight);
  flight.done(std::move(response));
}

void AwsClient::Flight::on_shutdown(void* self) {
  const std::unique_ptr<Flight> flight(static_cast<Flight*>(self));
  flight->client.let_go();
}

/// Under the lock, so that neither the watch nor the end meets a flight whose request is not set.
bool AwsClient::State::start(Flight* flight, const aws_s3_meta_request_options& options) {
  const std::lock_guard lock(mutex);
  flight->meta_request = aws_s3_client_make_meta_request(client.get(), &options);
  if (flight->meta_request == nullptr) return false;
  unfinished.insert(flight);
  alive += 1;
  return true;
}

void AwsClient::State::finished(Flight* flight) {
  {
    const std::lock_guard lock(mutex);
    unfinished.erase(flight);
  }
  aws_s3_meta_request_release(flight->meta_request);
}

void AwsClient::State::cancel_late(const std::stop_token& stop) {
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    watching.wait_for(lock, stop, deadline_check, [] { return false; });
    const auto now = steady_clock::now();
    for (Flight* flight : unfinished) {
      if (flight->deadline < now) aws_s3_meta_request_cancel(flight->meta_request);
    }
  }
}

void AwsClient::State::cancel_all() {
  const std::lock_guard lock(mutex);
  for (Flight* flight : unfinished) aws_s3_meta_request_cancel(flight->meta_request);
}

void AwsClient::State::explain(S3Response& response, int error) {
  response.failure = aws_error_name(error);
  response.explanation = aws_error_str(error);
  if (error == AWS_AUTH_SIGNING_NO_CREDENTIALS) response.explanation = no_credentials;
  if (error != AWS_IO_TLS_ERROR_NEGOTIATION_FAILURE) return;
  if (const auto handshake = handshakes.find_last_failure()) {
    response.failure = handshake->name;
    response.explanation =
        fmt::format("TLS with '{}': {}", text_of(*aws_uri_authority(&endpoint)), handshake->why);
  }
}

/// Fills in how connections are made, which the config borrows, and starts the client.
void AwsClient::State::connect(AwsRuntime& runtime, aws_s3_client_config& config) {
  aws_http_connection_monitoring_options monitoring{};
  monitoring.minimum_throughput_bytes_per_second = 1;
  monitoring.allowable_throughput_failure_interval_seconds = stall_seconds;
  config.monitoring_options = &monitoring;
  // Loopback is no place that a proxy leads to.
  proxy_env_var_settings proxy{};
  const bool loopback = is_loopback(text_of(*aws_uri_host_name(&endpoint)));
  proxy.env_var_type = loopback ? AWS_HPEV_DISABLE : AWS_HPEV_ENABLE;
  config.proxy_ev_settings = &proxy;
  config.connect_timeout_ms = connect_timeout_ms;
  config.tls_mode = AWS_MR_TLS_DISABLED;
  aws_tls_connection_options tls{};
  if (place.endpoint.starts_with("https://")) {
    config.tls_mode = AWS_MR_TLS_ENABLED;
    aws_tls_connection_options_init_from_ctx(&tls, runtime.tls());
    handshakes.watch(tls);
    config.tls_connection_options = &tls;
  }
  client = Handle<aws_s3_client, aws_s3_client_release>(aws_s3_client_new(aws_default_allocator(), &config));
  aws_tls_connection_options_clean_up(&tls);
}

void AwsClient::State::open(AwsRuntime& runtime, const AwsSigner& signer, unsigned connections) {
  aws_signing_config_aws signing;
  aws_s3_init_default_signing_config(&signing, cursor_of(place.region), signer.provider());
  aws_s3_client_config config{};
  config.client_bootstrap = runtime.bootstrap();
  config.region = cursor_of(place.region);
  config.signing_config = &signing;
  config.part_size = part_size;
  config.memory_limit_in_bytes = memory_limit;
  config.throughput_target_gbps = 100;  // allows 250 connections; the next line decides
  config.max_active_connections_override = connections;
  config.retry_config.retry_mode = AWS_S3_RETRY_MODE_NONE;
  config.shutdown_callback = &Ended::notify;
  config.shutdown_callback_user_data = &shut_down;
  connect(runtime, config);
}

AwsClient::AwsClient(AwsRuntime& runtime, const AwsSigner& signer, S3Place place, Options options)
    : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.place = std::move(place);
  state.no_credentials = signer.no_credentials();
  const std::string address = address_of(state.place);
  const aws_byte_cursor text = cursor_of(address);
  if (aws_uri_init_parse(&state.endpoint, aws_default_allocator(), &text) != AWS_OP_SUCCESS) {
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is no endpoint of S3", state.place.endpoint),
                "write it as https://host or http://host:port");
  }
  state.open(runtime, signer, options.connections);
  if (!state.client) {
    throw Error(ErrorCode::internal, fmt::format("cannot start a client for '{}': {}", address,
                                                 aws_error_debug_str(aws_last_error())));
  }
  state.watch = std::jthread([&state](const std::stop_token& stop) { state.cancel_late(stop); });
}

AwsClient::~AwsClient() {
  state_->watch = {};
  state_->cancel_all();
  state_->client.reset();
  state_->shut_down.wait();
  std::unique_lock lock(state_->mutex);
  state_->all_gone.wait(lock, [&] { return state_->alive == 0; });
}

void AwsClient::send(std::shared_ptr<const S3Request> request, Done done) {
  State& state = *state_;
  const std::uint64_t bytes = request->body.size();
  auto* flight = new Flight{state, std::move(request), std::move(done), {}, {}, nullptr};
  const S3Request& sent = *flight->request;
  flight->deadline = steady_clock::now() + slowest_answer + std::chrono::seconds(bytes / slowest_line);

  const AwsMessage message = make_message(state.place, sent);
  aws_s3_meta_request_options options{};
  options.type = AWS_S3_META_REQUEST_TYPE_DEFAULT;
  options.operation_name = cursor_of(sent.operation);
  options.message = message.get();
  options.endpoint = &state.endpoint;
  options.user_data = flight;
  options.headers_callback = &Flight::on_headers;
  options.finish_callback = &Flight::on_finish;
  options.shutdown_callback = &Flight::on_shutdown;
  options.body_callback = &Flight::on_body;
  if (!sent.body.empty()) options.request_body = cursor_of(sent.body);
  if (state.start(flight, options)) return;
  const std::unique_ptr<Flight> unsent(flight);
  state.explain(unsent->response, aws_last_error());
  unsent->done(std::move(unsent->response));
}

}  // namespace unio
