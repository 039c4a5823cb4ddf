#pragma once

#include <aws/http/request_response.h>

#include <string>

#include "storage/s3/aws_client.hpp"
#include "storage/s3/aws_handles.hpp"
#include "storage/s3/s3_client.hpp"

namespace unio {

using AwsMessage = Handle<aws_http_message, aws_http_message_release>;

/// A request as HTTP has it, without its body and what the library adds.
AwsMessage make_message(const S3Place& place, const S3Request& request);

/// The endpoint with the bucket before its host, unless that goes into the path.
std::string address_of(const S3Place& place);

}  // namespace unio
