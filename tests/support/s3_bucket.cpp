#include "support/s3_bucket.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>
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

S3Bucket::S3Bucket(Versions versions, Locks locks)
    : name_("unio-test-" + random_id(random_).substr(0, 16)), client_(another_client()) {
  const Headers lock{{"x-amz-bucket-object-lock-enabled", "true"}};
  ask("CreateBucket", {}, {}, locks == Locks::on ? lock : Headers());
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

void S3Bucket::ask(const std::string& operation, const std::string& query, const std::string& body,
                   const Headers& headers) {
  S3Request request;
  request.operation = operation;
  request.method = "PUT";
  if (!query.empty()) request.query = {{query, ""}};
  request.body = body;
  request.headers = headers;
  const S3Response response = send_and_wait(*client_, std::move(request));
  if (!response.ok()) throw std::runtime_error(operation + ": " + response.failure + " " + response.body);
}

std::map<std::string, std::string, std::less<>> s3_server_lacks(S3Bucket::Versions versions) {
  const char* named = std::getenv("UNIO_TEST_S3_SERVER");
  const std::string server = named == nullptr ? "versitygw" : named;
  const std::string kind = versions == S3Bucket::Versions::on ? "versioned" : "unversioned";
  std::map<std::string, std::string, std::less<>> lacks;
  std::ifstream table(UNIO_TEST_DATA "/s3_servers.txt");
  if (!table) throw std::runtime_error("cannot read the table of S3 servers");
  for (std::string line; std::getline(table, line);) {
    std::istringstream row(line);
    std::string name, buckets, what, instead;
    row >> name >> buckets >> what >> std::ws;
    std::getline(row, instead);
    if (name == server && (buckets == kind || buckets == "all")) lacks[what] = server + ": " + instead;
  }
  return lacks;
}

StoreCapabilities s3_server_capabilities(S3Bucket::Versions versions) {
  const auto lacks = s3_server_lacks(versions);
  const auto can = [&](std::string_view what) { return lacks.find(what) == lacks.end(); };
  StoreCapabilities able;
  able.create_only = can("create-only");
  able.swap = can("swap");
  able.quoted_etags = !able.swap || can("quoted-etags");
  able.conditional_completion = can("conditional-completion");
  able.conditional_removal = can("conditional-removal");
  able.checks_bytes = can("checks-bytes");
  able.keeps_checksums = can("keeps-checksums");
  able.versions = versions == S3Bucket::Versions::on;
  return able;
}

}  // namespace unio::test
