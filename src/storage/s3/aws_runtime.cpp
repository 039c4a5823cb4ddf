#include "storage/s3/aws_runtime.hpp"

#include <aws/common/error.h>
#include <aws/io/channel_bootstrap.h>
#include <aws/io/event_loop.h>
#include <aws/io/host_resolver.h>
#include <aws/io/tls_channel_handler.h>
#include <aws/s3/s3.h>
#include <fmt/format.h>

#include <cstdlib>
#include <mutex>

#include "base/error.hpp"
#include "base/files.hpp"
#include "storage/s3/aws_handles.hpp"

namespace unio {
namespace {

constexpr std::size_t resolved_hosts = 16;
constexpr std::uint64_t largest_ca_file = std::uint64_t{16} << 20;

[[noreturn]] void throw_aws(std::string_view action) {
  throw Error(ErrorCode::internal, fmt::format("{}: {}", action, aws_error_debug_str(aws_last_error())));
}

using Tls = Handle<aws_tls_ctx, aws_tls_ctx_release>;

Error no_authorities(const std::string& why) {
  return Error(ErrorCode::invalid_argument, why,
               "s3.ca_bundle or AWS_CA_BUNDLE names a PEM file of certificates");
}

std::string read_authorities(const std::string& path) {
  try {
    if (auto text = find_file(path, largest_ca_file)) return *std::move(text);
  } catch (const Error& error) {
    throw no_authorities(fmt::format("cannot use the authorities: {}", error.what()));
  }
  throw no_authorities(fmt::format("cannot use the authorities: there is no file '{}'", path));
}

Tls make_tls(const std::optional<std::string>& ca_file) {
  const std::string authorities = ca_file ? read_authorities(*ca_file) : "";
  aws_tls_ctx_options options{};
  aws_tls_ctx_options_init_default_client(&options, aws_default_allocator());
  int failed = AWS_OP_SUCCESS;
  if (ca_file) {
    const aws_byte_cursor text = cursor_of(authorities);
    failed = aws_tls_ctx_options_override_default_trust_store(&options, &text);
  }
  Tls tls(failed == AWS_OP_SUCCESS ? aws_tls_client_ctx_new(aws_default_allocator(), &options) : nullptr);
  aws_tls_ctx_options_clean_up(&options);
  if (tls) return tls;
  const std::string what = ca_file ? fmt::format("'{}' is no PEM file of certificates", *ca_file)
                                   : "cannot use the authorities of this system";
  throw no_authorities(fmt::format("{} ({})", what, aws_error_name(aws_last_error())));
}

/// Starting the TLS library reads all authorities of the system, which takes longer than most commands, for
/// settings that nobody uses: each tls() reads them again. So there are none while it starts. Whoever reads
/// the environment on another thread at this moment is in danger; commands open their first store before
/// they have threads.
class NoAuthorities {
 public:
  NoAuthorities() {
    if (const char* file = ::getenv(variable)) file_ = file;
    ::setenv(variable, "/dev/null", 1);
  }
  ~NoAuthorities() {
    if (file_) ::setenv(variable, file_->c_str(), 1);
    if (!file_) ::unsetenv(variable);
  }
  NoAuthorities(const NoAuthorities&) = delete;
  NoAuthorities& operator=(const NoAuthorities&) = delete;

 private:
  static constexpr const char* variable = "SSL_CERT_FILE";
  std::optional<std::string> file_;
};

/// The libraries are one for the whole process, however many runtimes it has: the first starts them, the last
/// ends them.
class Libraries {
 public:
  Libraries() {
    const std::lock_guard alone(mutex);
    if (users++ > 0) return;
    const NoAuthorities for_now;
    aws_s3_library_init(aws_default_allocator());
  }
  ~Libraries() {
    const std::lock_guard alone(mutex);
    if (--users == 0) aws_s3_library_clean_up();  // waits for the libraries' threads
  }
  Libraries(const Libraries&) = delete;
  Libraries& operator=(const Libraries&) = delete;

 private:
  static inline std::mutex mutex;
  static inline int users = 0;
};

}  // namespace

struct AwsRuntime::State {
  // First, so that it goes last.
  Libraries libraries;
  Handle<aws_event_loop_group, aws_event_loop_group_release> loops;
  Handle<aws_host_resolver, aws_host_resolver_release> resolver;
  Handle<aws_client_bootstrap, aws_client_bootstrap_release> bootstrap;
  std::optional<std::string> ca_file;
  std::mutex tls_mutex;
  Tls tls;
};

AwsRuntime::AwsRuntime(const Options& options) : state_(std::make_unique<State>()) {
  aws_allocator* allocator = aws_default_allocator();
  State& state = *state_;
  state.ca_file = options.ca_file;
  state.loops = decltype(state.loops)(
      aws_event_loop_group_new_default(allocator, static_cast<std::uint16_t>(options.event_loops), nullptr));
  if (!state.loops) throw_aws("starting the event loops");
  aws_host_resolver_default_options resolver{};
  resolver.el_group = state.loops.get();
  resolver.max_entries = resolved_hosts;
  state.resolver = decltype(state.resolver)(aws_host_resolver_new_default(allocator, &resolver));
  if (!state.resolver) throw_aws("starting the name resolution");
  aws_client_bootstrap_options bootstrap{};
  bootstrap.event_loop_group = state.loops.get();
  bootstrap.host_resolver = state.resolver.get();
  state.bootstrap = decltype(state.bootstrap)(aws_client_bootstrap_new(allocator, &bootstrap));
  if (!state.bootstrap) throw_aws("starting the connections");
}

AwsRuntime::~AwsRuntime() = default;

aws_client_bootstrap* AwsRuntime::bootstrap() const {
  return state_->bootstrap.get();
}

aws_tls_ctx* AwsRuntime::tls() {
  const std::lock_guard lock(state_->tls_mutex);
  if (!state_->tls) state_->tls = make_tls(state_->ca_file);
  return state_->tls.get();
}

}  // namespace unio
