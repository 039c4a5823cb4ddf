#pragma once

#include <map>
#include <memory>
#include <string>

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

  /// The client of a bucket; lives as long as this. Error invalid_argument for an endpoint that is none.
  S3Client& client(const std::string& bucket);

 private:
  S3Place place_of(const std::string& bucket) const;
  std::optional<std::string> find_setting(std::string_view key) const;
  std::optional<std::string> find_in_profile(const std::string& property) const;

  const Config& config_;
  const Environment& environment_;
  RandomSource& random_;
  AwsRuntime runtime_;
  AwsSigner signer_;
  std::map<std::string, std::unique_ptr<S3Client>> clients_;
};

}  // namespace unio
