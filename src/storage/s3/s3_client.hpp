#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace unio {

/// One request to a bucket.
struct S3Request {
  /// As AWS names it, "PutObject": the library below acts on it, people read it in messages.
  std::string operation;
  std::string method = "GET";
  std::string key;  ///< of the object, not encoded; empty: the bucket itself
  /// Not encoded. An empty value stands as `name=`.
  std::vector<std::pair<std::string, std::string>> query;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool once = false;  ///< not to be sent again, whatever comes: its failure is what one wants to see
};

/// What came back. No exception: an answer of 404 is for many callers no failure.
struct S3Response {
  /// 0 when no whole answer came; then `failure` says why.
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::string body;
  std::string failure;      ///< the library's name for what happened, "AWS_IO_SOCKET_CLOSED"
  std::string explanation;  ///< of it, for people
  /// Whether an earlier attempt may have reached the service and had its effect although no answer came.
  bool maybe_repeated = false;

  bool ok() const { return status >= 200 && status < 300; }
  std::optional<std::string_view> find_header(std::string_view name) const;
  /// Success, and it names the object that there is now, as every answer to PutObject and HeadObject must.
  bool tells_object() const { return ok() && find_header("etag"); }
};

/// Sends requests to one bucket, signed. Many may be on their way at once.
///
/// Threads: `send` may be called from any thread, also from within a `done`; it never waits. Whoever sends
/// bounds how many requests of his are on their way. `done` is called exactly once, on a thread of the
/// client's: it must be quick, must not wait and must not throw.
class S3Client {
 public:
  using Done = std::function<void(S3Response)>;

  virtual ~S3Client() = default;
  /// The request must not change until `done` was called.
  virtual void send(std::shared_ptr<const S3Request> request, Done done) = 0;
};

/// Sends and waits for the answer.
S3Response send_and_wait(S3Client& client, S3Request request);

}  // namespace unio
