#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <future>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "storage/s3/s3_failures.hpp"
#include "storage/s3/s3_requests.hpp"
#include "storage/s3/s3_store.hpp"

namespace unio {
namespace {

/// Parts of one read that are on their way at once.
constexpr std::size_t parts_ahead = 4;
constexpr std::size_t largest_piece = std::size_t{1} << 20;

std::string range_header(std::uint64_t offset, std::uint64_t length) {
  const std::uint64_t last = length > UINT64_MAX - offset ? UINT64_MAX : offset + length - 1;
  // A last byte beyond this is taken for a broken header by services that count in signed numbers.
  return fmt::format("bytes={}-{}", offset, std::min<std::uint64_t>(last, INT64_MAX));
}

/// Whether the answer to a ranged read is that range: 206, beginning where it should, as long as it says.
bool is_range(const S3Response& response, std::uint64_t offset) {
  const auto range = response.find_header("content-range");
  if (response.status != 206 || !range) return false;
  const std::uint64_t last = offset + response.body.size() - 1;
  return !response.body.empty() && range->starts_with(fmt::format("bytes {}-{}/", offset, last));
}

Error no_range(std::string_view key, std::string_view store_url) {
  return Error(
      ErrorCode::corruption,
      fmt::format("the service's answer is not the part of '{}' in '{}' that was asked for", key, store_url),
      "is something between here and the service that changes answers?");
}

/// With the bytes of a whole object comes its checksum, where the service keeps one: what was altered on the
/// way is found. That of an object in parts is not over its bytes.
void check_unaltered(const S3Response& response, std::string_view key, std::string_view store_url) {
  const auto expected = response.find_header("x-amz-checksum-sha256");
  if (!expected || expected->find('-') != std::string_view::npos) return;
  if (info_from_headers(response, key).size != response.body.size()) return;
  if (to_base64(sha256(as_bytes(response.body))) == *expected) return;
  throw Error(ErrorCode::corruption,
              fmt::format("'{}' in '{}' did not arrive as it is stored", key, store_url),
              "run the command again");
}

void give_in_pieces(std::string_view content, const ByteSink& sink) {
  for (std::size_t start = 0; start < content.size(); start += largest_piece) {
    sink(as_bytes(content.substr(start, largest_piece)));
  }
}

}  // namespace

/// One read of a range: the first part tells what the object is, the others must be of the same.
class S3Store::Reader {
 public:
  Reader(S3Store& store, std::string_view key, std::optional<std::string_view> version)
      : store_(store), key_(key), version_(version) {}
  /// Nothing may be left on its way: it writes into this.
  ~Reader() {
    for (auto& part : ahead_) part.wait();
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  ObjectInfo read(ByteRange range, const ByteSink& sink) {
    if (range.length == 0 || range.offset > INT64_MAX) return look();
    const S3Response first = get(range.offset, std::min(range.length, s3_part_size), {}).get();
    if (first.status == 416) return look();
    check_range(first, range.offset);
    const ObjectInfo info = info_from_headers(first, key_);
    check_unaltered(first, key_, store_.url_);
    const std::uint64_t end =
        std::min(info.size, range.length > info.size ? info.size : range.offset + range.length);
    next_ = range.offset + first.body.size();
    fetch_ahead(end, info.etag);
    give_in_pieces(first.body, sink);
    for (std::uint64_t offset = next_of(first, range.offset); !ahead_.empty();) {
      const S3Response part = ahead_.front().get();
      ahead_.pop_front();
      check_range(part, offset);
      offset = next_of(part, offset);
      fetch_ahead(end, info.etag);
      give_in_pieces(part.body, sink);
    }
    return info;
  }

 private:
  /// What is said of an object that gives no bytes.
  ObjectInfo look() {
    S3Request head = with_version(store_.request("HeadObject", "HEAD", key_));
    const S3Response response = store_.look_at(std::move(head));
    if (!response.ok()) throw error_of(response);
    return info_from_headers(response, key_);
  }

  static std::uint64_t next_of(const S3Response& part, std::uint64_t offset) {
    return offset + part.body.size();
  }

  void check_range(const S3Response& response, std::uint64_t offset) const {
    if (!response.ok()) throw error_of(response);
    if (!is_range(response, offset)) throw no_range(key_, store_.url_);
  }

  void fetch_ahead(std::uint64_t end, const std::string& etag) {
    while (next_ < end && ahead_.size() < parts_ahead) {
      const std::uint64_t length = std::min(s3_part_size, end - next_);
      ahead_.push_back(get(next_, length, etag));
      next_ += length;
    }
  }

  std::future<S3Response> get(std::uint64_t offset, std::uint64_t length, const std::string& etag) {
    S3Request request = with_version(store_.request("GetObject", "GET", key_));
    request.headers.emplace_back("range", range_header(offset, length));
    request.headers.emplace_back("x-amz-checksum-mode", "ENABLED");
    if (!etag.empty()) request.headers.emplace_back("if-match", etag);
    const auto answer = std::make_shared<std::promise<S3Response>>();
    store_.client_.send(std::make_shared<const S3Request>(std::move(request)),
                        [answer](S3Response response) { answer->set_value(std::move(response)); });
    return answer->get_future();
  }

  S3Request with_version(S3Request request) const {
    if (version_) request.query = {{"versionId", std::string(*version_)}};
    return request;
  }

  Error error_of(const S3Response& response) const {
    if (response.status == 412) {
      return Error(ErrorCode::conflict,
                   fmt::format("'{}' in '{}' changed while it was read", key_, store_.url_),
                   "run the command again");
    }
    return s3_error(response, "read", key_, store_.url_);
  }

  S3Store& store_;
  std::string_view key_;
  std::optional<std::string_view> version_;
  std::uint64_t next_ = 0;
  std::deque<std::future<S3Response>> ahead_;
};

void S3Store::start_read(std::string_view key, ByteRange range, const std::optional<std::string>& version,
                         Checked checked, Arrived arrived) {
  check_object_key(key);
  S3Request get = request("GetObject", "GET", key);
  if (version) get.query = {{"versionId", *version}};
  get.headers.emplace_back("range", range_header(range.offset, range.length));
  if (checked == Checked::yes) get.headers.emplace_back("x-amz-checksum-mode", "ENABLED");
  client_.send(std::make_shared<const S3Request>(std::move(get)),
               [this, key = std::string(key), offset = range.offset,
                arrived = std::move(arrived)](S3Response response) {
                 // There are no bytes where an empty object begins.
                 if (response.status == 416) return arrived(nullptr, {});
                 try {
                   if (!response.ok()) throw s3_error(response, "read", key, url_);
                   if (!is_range(response, offset)) throw no_range(key, url_);
                   check_unaltered(response, key, url_);
                 } catch (const Error&) {
                   return arrived(std::current_exception(), {});
                 }
                 arrived(nullptr, std::move(response.body));
               });
}

ObjectInfo S3Store::read(std::string_view key, ByteRange range, const ByteSink& sink) {
  check_object_key(key);
  return Reader(*this, key, std::nullopt).read(range, sink);
}

ObjectInfo S3Store::read_version(std::string_view key, std::string_view version, ByteRange range,
                                 const ByteSink& sink) {
  check_object_key(key);
  return Reader(*this, key, version).read(range, sink);
}

}  // namespace unio
