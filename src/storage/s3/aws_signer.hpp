#pragma once

#include <optional>
#include <string>

#include "storage/s3/aws_runtime.hpp"

struct aws_credentials_provider;

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

/// Where credentials come from; they are found when they are needed and kept until they expire. Thread-safe.
class AwsSigner {
 public:
  AwsSigner(AwsRuntime& runtime, const AwsCredentials& credentials);
  ~AwsSigner();
  AwsSigner(const AwsSigner&) = delete;
  AwsSigner& operator=(const AwsSigner&) = delete;

  aws_credentials_provider* provider() const { return provider_; }
  /// What to say when there were none: where they were looked for.
  const std::string& no_credentials() const { return no_credentials_; }

 private:
  aws_credentials_provider* provider_ = nullptr;
  std::string no_credentials_ = "nothing is signed";
};

/// A property of a profile in ~/.aws/config or ~/.aws/credentials, or in the files that AWS_CONFIG_FILE and
/// AWS_SHARED_CREDENTIALS_FILE name: "region", "endpoint_url". `service` asks for one in the profile's
/// services section first. Absent when there is none.
std::optional<std::string> find_profile_property(const std::optional<std::string>& profile,
                                                 const std::string& service, const std::string& property);

}  // namespace unio
