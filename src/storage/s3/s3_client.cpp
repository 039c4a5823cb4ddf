#include "storage/s3/s3_client.hpp"

#include <algorithm>
#include <future>

namespace unio {

std::optional<std::string_view> S3Response::find_header(std::string_view name) const {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [&](const auto& header) { return header.first == name; });
  return found == headers.end() ? std::nullopt : std::optional<std::string_view>(found->second);
}

S3Response send_and_wait(S3Client& client, S3Request request) {
  std::promise<S3Response> answer;
  client.send(std::make_shared<const S3Request>(std::move(request)),
              [&](S3Response response) { answer.set_value(std::move(response)); });
  return answer.get_future().get();
}

}  // namespace unio
