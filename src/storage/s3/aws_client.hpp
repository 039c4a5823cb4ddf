#pragma once

#include <memory>
#include <string>

#include "storage/s3/aws_runtime.hpp"
#include "storage/s3/aws_signer.hpp"
#include "storage/s3/s3_client.hpp"

namespace unio {

/// Where a bucket is.
struct S3Place {
  std::string bucket;
  std::string
      endpoint;  ///< "https://s3.eu-west-1.amazonaws.com", "http://127.0.0.1:7070": scheme, host, port
  std::string region = "us-east-1";
  /// "endpoint/bucket/key" instead of "bucket.endpoint/key", as most services but AWS have it.
  bool path_style = false;
};

/// An S3Client over aws-c-s3. It repeats nothing. A request that brings no byte for ten seconds ends, as does
/// one that is not done in the time that a slow line would need.
///
/// Destroyed, it ends what is on its way and waits until each `done` was called.
class AwsClient final : public S3Client {
 public:
  struct Options {
    /// Connections at once; what is sent beyond them waits its turn.
    unsigned connections = 64;
  };

  /// Borrows both.
  AwsClient(AwsRuntime& runtime, const AwsSigner& signer, S3Place place, Options options);
  ~AwsClient() override;
  AwsClient(const AwsClient&) = delete;
  AwsClient& operator=(const AwsClient&) = delete;

  void send(std::shared_ptr<const S3Request> request, Done done) override;

 private:
  struct State;
  struct Flight;
  std::unique_ptr<State> state_;
};

}  // namespace unio
