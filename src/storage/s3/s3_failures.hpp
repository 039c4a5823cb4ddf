#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "storage/s3/s3_client.hpp"

namespace unio {

/// What an answer that is no success means.
struct S3Failure {
  ErrorCode code = ErrorCode::unavailable;
  std::string why;  ///< for people, without secrets: the service's words and its name for it
  std::string hint;
  bool may_pass = false;  ///< whether the same request may succeed when it is sent again
};
S3Failure failure_of(const S3Response& response);

/// The Error for it: "cannot ACTION 'KEY' in 'STORE': why". An empty key stands for the bucket.
Error s3_error(const S3Response& response, std::string_view action, std::string_view key,
               std::string_view store_url);

}  // namespace unio
