#include "storage/s3/aws_runtime.hpp"

#include <aws/auth/credentials.h>
#include <aws/common/error.h>
#include <aws/common/string.h>
#include <aws/common/thread.h>
#include <aws/io/channel_bootstrap.h>
#include <aws/io/event_loop.h>
#include <aws/io/host_resolver.h>
#include <aws/io/tls_channel_handler.h>
#include <aws/s3/s3.h>
#include <aws/sdkutils/aws_profile.h>
#include <fmt/format.h>

#include <mutex>

#include "base/error.hpp"
#include "storage/s3/aws_handles.hpp"

namespace unio {
namespace {

using Provider = Handle<aws_credentials_provider, aws_credentials_provider_release>;
using Profiles = Handle<aws_profile_collection, aws_profile_collection_release>;
using Text = Handle<aws_string, aws_string_destroy>;

constexpr std::size_t resolved_hosts = 16;
constexpr std::uint64_t credentials_are_kept_ms = 15 * 60 * 1000;

[[noreturn]] void throw_aws(std::string_view action) {
  throw Error(ErrorCode::internal, fmt::format("{}: {}", action, aws_error_debug_str(aws_last_error())));
}

aws_byte_cursor optional_cursor(const std::optional<std::string>& text) {
  return text ? cursor_of(*text) : aws_byte_cursor{};
}

Text make_text(std::string_view text) {
  return Text(aws_string_new_from_array(aws_default_allocator(),
                                        reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

/// The profiles of both files; empty where neither is there.
Profiles load_profiles() {
  aws_allocator* allocator = aws_default_allocator();
  const Text config_path(aws_get_config_file_path(allocator, nullptr));
  const Text credentials_path(aws_get_credentials_file_path(allocator, nullptr));
  const auto load = [&](const Text& path, aws_profile_source_type type) {
    return Profiles(path ? aws_profile_collection_new_from_file(allocator, path.get(), type) : nullptr);
  };
  const Profiles config = load(config_path, AWS_PST_CONFIG);
  const Profiles credentials = load(credentials_path, AWS_PST_CREDENTIALS);
  return Profiles(aws_profile_collection_new_from_merge(allocator, config.get(), credentials.get()));
}

bool is_set(const char* variable) {
  const char* value = ::getenv(variable);
  return value != nullptr && *value != '\0';
}

/// Environment, profile, and what the surroundings offer, in the order of AWS's own tools.
Provider first_found(aws_client_bootstrap* bootstrap, const AwsCredentials& wanted) {
  aws_allocator* allocator = aws_default_allocator();
  std::vector<Provider> providers;
  const auto add = [&](aws_credentials_provider* provider) {
    if (provider != nullptr) providers.emplace_back(provider);
  };
  if (!wanted.profile) {
    aws_credentials_provider_environment_options options{};
    add(aws_credentials_provider_new_environment(allocator, &options));
  }
  aws_credentials_provider_profile_options profile{};
  profile.bootstrap = bootstrap;
  profile.profile_name_override = optional_cursor(wanted.profile);
  add(aws_credentials_provider_new_profile(allocator, &profile));
  if (is_set("AWS_CONTAINER_CREDENTIALS_FULL_URI") || is_set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")) {
    aws_credentials_provider_ecs_environment_options options{};
    options.bootstrap = bootstrap;
    add(aws_credentials_provider_new_ecs_from_environment(allocator, &options));
  }
  if (wanted.ask_metadata_service) {
    aws_credentials_provider_imds_options options{};
    options.bootstrap = bootstrap;
    add(aws_credentials_provider_new_imds(allocator, &options));
  }
  if (providers.empty()) {
    throw Error(ErrorCode::unauthenticated,
                fmt::format("there is no profile '{}' with credentials", wanted.profile.value_or("")),
                "profiles are in ~/.aws/config and ~/.aws/credentials");
  }
  std::vector<aws_credentials_provider*> borrowed;
  for (const Provider& provider : providers) borrowed.push_back(provider.get());
  aws_credentials_provider_chain_options options{};
  options.providers = borrowed.data();
  options.provider_count = borrowed.size();
  return Provider(aws_credentials_provider_new_chain(allocator, &options));
}

}  // namespace

struct AwsRuntime::State {
  State() { aws_s3_library_init(aws_default_allocator()); }
  ~State();

  Handle<aws_event_loop_group, aws_event_loop_group_release> loops;
  Handle<aws_host_resolver, aws_host_resolver_release> resolver;
  Handle<aws_client_bootstrap, aws_client_bootstrap_release> bootstrap;
  std::optional<std::string> ca_file;
  std::mutex tls_mutex;
  Handle<aws_tls_ctx, aws_tls_ctx_release> tls;
};

AwsRuntime::State::~State() {
  tls.reset();
  bootstrap.reset();
  resolver.reset();
  loops.reset();
  aws_s3_library_clean_up();  // waits for the library's threads
}

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
  if (state_->tls) return state_->tls.get();
  aws_allocator* allocator = aws_default_allocator();
  aws_tls_ctx_options options{};
  aws_tls_ctx_options_init_default_client(&options, allocator);
  int failed = AWS_OP_SUCCESS;
  if (state_->ca_file) {
    failed = aws_tls_ctx_options_override_default_trust_store_from_path(&options, nullptr,
                                                                        state_->ca_file->c_str());
  }
  if (failed == AWS_OP_SUCCESS)
    state_->tls = decltype(state_->tls)(aws_tls_client_ctx_new(allocator, &options));
  aws_tls_ctx_options_clean_up(&options);
  if (state_->tls) return state_->tls.get();
  throw Error(
      ErrorCode::invalid_argument,
      fmt::format("cannot use the certificates in '{}': {}", state_->ca_file.value_or("the system's store"),
                  aws_error_debug_str(aws_last_error())),
      "AWS_CA_BUNDLE names a PEM file of authorities");
}

AwsSigner::AwsSigner(AwsRuntime& runtime, const AwsCredentials& credentials) {
  aws_allocator* allocator = aws_default_allocator();
  if (credentials.anonymous) {
    provider_ = aws_credentials_provider_new_anonymous(allocator, nullptr);
  } else {
    const Provider source = first_found(runtime.bootstrap(), credentials);
    aws_credentials_provider_cached_options cached{};
    cached.source = source.get();
    cached.refresh_time_in_milliseconds = credentials_are_kept_ms;
    provider_ = aws_credentials_provider_new_cached(allocator, &cached);
  }
  if (provider_ == nullptr) throw_aws("looking for credentials");
}

AwsSigner::~AwsSigner() {
  aws_credentials_provider_release(provider_);
}

std::optional<std::string> find_profile_property(const std::optional<std::string>& profile,
                                                 const std::string& service, const std::string& property) {
  const Profiles profiles = load_profiles();
  if (!profiles) return std::nullopt;
  const aws_byte_cursor wanted = optional_cursor(profile);
  const Text name(aws_get_profile_name(aws_default_allocator(), profile ? &wanted : nullptr));
  const aws_profile* found = aws_profile_collection_get_profile(profiles.get(), name.get());
  if (found == nullptr) return std::nullopt;
  const Text key = make_text(property);
  const Text services_key = make_text("services");
  if (const auto* services = aws_profile_get_property(found, services_key.get())) {
    const auto* section = aws_profile_collection_get_section(
        profiles.get(), AWS_PROFILE_SECTION_TYPE_SERVICES, aws_profile_property_get_value(services));
    const Text service_key = make_text(service);
    const auto* entry = section == nullptr ? nullptr : aws_profile_get_property(section, service_key.get());
    const auto* value = entry == nullptr ? nullptr : aws_profile_property_get_sub_property(entry, key.get());
    if (value != nullptr) return std::string(aws_string_c_str(value), value->len);
  }
  const auto* value = aws_profile_get_property(found, key.get());
  if (value == nullptr) return std::nullopt;
  const aws_string* text = aws_profile_property_get_value(value);
  return std::string(aws_string_c_str(text), text->len);
}

}  // namespace unio
