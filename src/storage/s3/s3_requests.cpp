#include "storage/s3/s3_requests.hpp"

#include <utility>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "storage/s3/md5.hpp"

namespace unio {
namespace {

constexpr std::string_view governance = "GOVERNANCE";
constexpr std::string_view compliance = "COMPLIANCE";

}  // namespace

void add_condition(S3Request& request, const Condition& condition) {
  switch (condition.kind) {
    case Condition::Kind::none:
      return;
    case Condition::Kind::absent:
      request.headers.emplace_back("if-none-match", "*");
      return;
    case Condition::Kind::matches:
      request.headers.emplace_back("if-match", condition.etag);
      return;
  }
}

std::string_view lock_mode(Retention::Mode mode) {
  check(mode != Retention::Mode::none, "a mode of Object Lock");
  return mode == Retention::Mode::compliance ? compliance : governance;
}

std::optional<Retention::Mode> find_lock_mode(std::string_view name) {
  if (name == governance) return Retention::Mode::governance;
  if (name == compliance) return Retention::Mode::compliance;
  return std::nullopt;
}

void add_retention(S3Request& request, const Retention& retention) {
  if (retention.legal_hold) request.headers.emplace_back("x-amz-object-lock-legal-hold", "ON");
  if (retention.mode == Retention::Mode::none) return;
  request.headers.emplace_back("x-amz-object-lock-mode", lock_mode(retention.mode));
  request.headers.emplace_back("x-amz-object-lock-retain-until-date", format_time(retention.until));
}

void add_sha256(S3Request& request) {
  request.headers.emplace_back("x-amz-checksum-sha256", to_base64(sha256(as_bytes(request.body))));
}

void add_md5(S3Request& request) {
  const auto md5 = find_md5(as_bytes(request.body));
  if (md5) request.headers.emplace_back("content-md5", to_base64(*md5));
}

void add_bypass(S3Request& request) {
  request.headers.emplace_back("x-amz-bypass-governance-retention", "true");
}

S3Request create_upload(S3Request request, bool checked) {
  request.query = {{"uploads", ""}};
  if (checked) {
    request.headers.emplace_back("x-amz-checksum-algorithm", "SHA256");
    request.headers.emplace_back("x-amz-checksum-type", "COMPOSITE");
  }
  return request;
}

S3Request complete_upload(S3Request request, const std::string& id, const std::vector<S3Part>& parts,
                          const Condition& condition) {
  request.query = {{"uploadId", id}};
  request.body = complete_upload_body(parts);
  add_condition(request, condition);
  return request;
}

S3Request abort_upload(S3Request request, const std::string& id) {
  request.query = {{"uploadId", id}};
  return request;
}

}  // namespace unio
