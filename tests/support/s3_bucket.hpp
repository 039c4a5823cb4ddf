#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "storage/object_store.hpp"
#include "storage/s3/aws_client.hpp"
#include "storage/s3/retrying_client.hpp"

namespace unio::test {

/// A fresh bucket on the S3 server that scripts/with-s3 starts and UNIO_TEST_S3 names.
class S3Bucket {
 public:
  enum class Versions { off, on };
  enum class Locks { off, on };
  /// `locks`: Object Lock, for buckets with versions.
  explicit S3Bucket(Versions versions, Locks locks = Locks::off);

  const std::string& name() const { return name_; }
  S3Client& client() { return *client_; }
  /// Another client of the same bucket, as another process has it.
  std::unique_ptr<S3Client> another_client();

 private:
  using Headers = std::vector<std::pair<std::string, std::string>>;
  void ask(const std::string& operation, const std::string& query, const std::string& body,
           const Headers& headers = {});

  SystemRandom random_;
  std::string name_;
  AwsRuntime runtime_{{}};
  AwsSigner signer_{runtime_, {}};
  std::unique_ptr<S3Client> client_;
};

/// What the S3 server of this run lacks in such buckets, with what it does instead. The rows of its name in
/// tests/data/s3_servers.txt, which tests/s3/test_servers.py compares with what the server does.
std::map<std::string, std::string, std::less<>> s3_server_lacks(S3Bucket::Versions versions);

/// What is left of what a service should be able to do.
StoreCapabilities s3_server_capabilities(S3Bucket::Versions versions);

}  // namespace unio::test
