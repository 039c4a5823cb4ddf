#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "storage/s3/s3_answers.hpp"

namespace unio {

/// The parts of one new object: on their way to the service, and arrived. Thread-safe.
///
/// Whoever has a place sends a part and tells what came of it, once. Answers come on other threads, so this
/// must outlive them: `wait_for_all` before it goes.
class S3Parts {
 public:
  explicit S3Parts(std::size_t most_on_their_way) : most_on_their_way_(most_on_their_way) {}

  /// Waits until one more part may be on its way, and gives it its place. False, and no place, when a part
  /// has failed: there is no point in sending more.
  bool take_place();
  void arrived(S3Part part);
  void failed(std::exception_ptr failure);

  /// One that the service has already; it needs no place.
  void add(S3Part part);

  void wait_for_all();
  /// Throws what the first part to fail has met, if one did.
  void rethrow_failure();
  /// Those that arrived, by number.
  std::vector<S3Part> arrived_parts();

 private:
  const std::size_t most_on_their_way_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t on_their_way_ = 0;
  std::map<int, S3Part> parts_;
  std::exception_ptr failure_;
};

/// The ETag of an object that was made of these parts, as services compute it: of the MD5 of each, which are
/// the ETags of parts that are not encrypted. Absent when one of them is no MD5.
std::optional<std::string> etag_of_parts(std::span<const S3Part> parts);

}  // namespace unio
