#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "app/config.hpp"
#include "base/environment.hpp"
#include "base/random.hpp"
#include "storage/s3/aws_client.hpp"

namespace unio {

/// The clients of all buckets, with what they share. Made when the first bucket is opened, because starting
/// the AWS libraries takes a while. Not thread-safe.
class S3Connections {
 public:
  /// Borrows all three.
  S3Connections(const Config& config, const Environment& environment, RandomSource& random);

  struct Connection {
    std::unique_ptr<S3Client> client;
    /// Equal for buckets that one and the same service holds, for one and the same user: CopyingStore.
    std::string service;
  };
  /// That of a bucket; lives as long as this. Error invalid_argument for an endpoint that is none.
  const Connection& get(const std::string& bucket);

 private:
  S3Place place_of(const std::string& bucket) const;
  /// One of `s3.`, as it is for this bucket.
  std::optional<std::string> find_setting(const std::string& bucket, std::string_view key) const;
  std::optional<std::string> find_in_profile(const std::string& bucket, const std::string& property) const;
  const AwsSigner& signer_of(const std::string& bucket);

  const Config& config_;
  const Environment& environment_;
  RandomSource& random_;
  AwsRuntime runtime_;
  /// By profile, and whether nothing is signed.
  std::map<std::pair<std::optional<std::string>, bool>, std::unique_ptr<AwsSigner>> signers_;
  std::map<std::string, Connection> connections_;
};

}  // namespace unio
