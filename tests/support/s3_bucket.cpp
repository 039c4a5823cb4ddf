#include "support/s3_bucket.hpp"

#include <cstdlib>
#include <stdexcept>

namespace unio::test {
namespace {

std::string server_url() {
  const char* url = std::getenv("UNIO_TEST_S3");
  if (url == nullptr)
    throw std::runtime_error("there is no S3 server to test with: run this with scripts/with-s3");
  return url;
}

}  // namespace

S3Bucket::S3Bucket(Versions versions)
    : name_("unio-test-" + random_id(random_).substr(0, 16)), client_(another_client()) {
  ask("CreateBucket", {}, {});
  if (versions == Versions::off) return;
  ask("PutBucketVersioning", "versioning",
      "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>Enabled</Status>"
      "</VersioningConfiguration>");
}

std::unique_ptr<S3Client> S3Bucket::another_client() {
  const S3Place place{.bucket = name_, .endpoint = server_url(), .path_style = true};
  return std::make_unique<RetryingClient>(
      std::make_unique<AwsClient>(runtime_, signer_, place, AwsClient::Options{}), random_);
}

void S3Bucket::ask(const std::string& operation, const std::string& query, const std::string& body) {
  S3Request request;
  request.operation = operation;
  request.method = "PUT";
  if (!query.empty()) request.query = {{query, ""}};
  request.body = body;
  const S3Response response = send_and_wait(*client_, std::move(request));
  if (!response.ok()) throw std::runtime_error(operation + ": " + response.failure + " " + response.body);
}

}  // namespace unio::test
