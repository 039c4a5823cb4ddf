#include "storage/s3/s3_requests.hpp"

#include <utility>

namespace unio {

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
