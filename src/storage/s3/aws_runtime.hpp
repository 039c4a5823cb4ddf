#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

struct aws_client_bootstrap;
struct aws_credentials_provider;
struct aws_tls_ctx;

namespace unio {

/// Who signs the requests.
struct AwsCredentials {
  /// Public data: nothing is signed.
  bool anonymous = false;
  /// Of ~/.aws/config and ~/.aws/credentials; absent: AWS_PROFILE, else "default".
  std::optional<std::string> profile;
  /// Whether the metadata service of a cloud machine may be asked. Where there is none it is waited for in
  /// vain.
  bool ask_metadata_service = false;
};

/// What all clients share of the AWS C libraries: event loops, name resolution, TLS. Starting it takes 40 to
/// 70 ms, so it is made when the first bucket is opened.
///
/// Must outlive its signers and clients; its destructor waits for the library's threads. One at a time in a
/// process. Thread-safe.
class AwsRuntime {
 public:
  struct Options {
    /// A PEM file of the authorities that are trusted instead of the system's.
    std::optional<std::string> ca_file;
    unsigned event_loops = 2;
  };
  explicit AwsRuntime(const Options& options);
  ~AwsRuntime();
  AwsRuntime(const AwsRuntime&) = delete;
  AwsRuntime& operator=(const AwsRuntime&) = delete;

  aws_client_bootstrap* bootstrap() const;
  /// Made on first use: it reads all authorities, twice.
  aws_tls_ctx* tls();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Where credentials come from; they are found when they are needed and kept until they expire. Thread-safe.
class AwsSigner {
 public:
  AwsSigner(AwsRuntime& runtime, const AwsCredentials& credentials);
  ~AwsSigner();
  AwsSigner(const AwsSigner&) = delete;
  AwsSigner& operator=(const AwsSigner&) = delete;

  aws_credentials_provider* provider() const { return provider_; }

 private:
  aws_credentials_provider* provider_ = nullptr;
};

/// A property of a profile in ~/.aws/config or ~/.aws/credentials, or in the files that AWS_CONFIG_FILE and
/// AWS_SHARED_CREDENTIALS_FILE name: "region", "endpoint_url". `service` asks for one in the profile's
/// services section first. Absent when there is none.
std::optional<std::string> find_profile_property(const std::optional<std::string>& profile,
                                                 const std::string& service, const std::string& property);

}  // namespace unio
