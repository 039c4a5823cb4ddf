#include <fmt/format.h>

#include <chrono>

#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/error.hpp"
#include "storage/s3/s3_failures.hpp"
#include "storage/s3/s3_requests.hpp"
#include "storage/s3/s3_store.hpp"

namespace unio {
namespace {

constexpr int most_attempts = 3;
/// Such objects go away like others, by a mark of removal; their bytes stay that long.
constexpr std::chrono::minutes protected_for{1};
constexpr std::string_view first_content = "probe";
constexpr std::string_view other_content = "probe again";

/// A condition, or a checksum, was understood and refused the write.
bool refused(const S3Response& response) {
  return response.status == 412 || response.status == 409 || response.status == 404 || response.status == 400;
}

bool is_denied(const S3Response& response) {
  const ErrorCode code = failure_of(response).code;
  return code == ErrorCode::unauthenticated || code == ErrorCode::permission_denied;
}

/// Of who asks, or of the way there, but not of the service.
bool says_nothing(const S3Response& response) {
  return is_denied(response) || failure_of(response).code == ErrorCode::corruption;
}

constexpr std::string_view no_etag = "\"00000000000000000000000000000000\"";

}  // namespace

/// Tries on objects of its own what a service really does. A condition counts only if it refuses what it must
/// refuse and lets pass what it must let pass.
class S3Store::Probe {
 public:
  Probe(S3Store& store, std::string_view scratch) : store_(store), key_(fmt::format("{}object", scratch)) {}
  ~Probe() {
    for (const std::string& key : {key_, parts_key(), absent_key()}) {
      send_and_wait(store_.client_, store_.request("DeleteObject", "DELETE", key));
    }
  }
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  /// Absent when an answer got lost on the way, after which nobody knows what the next one means.
  std::optional<StoreCapabilities> run() {
    StoreCapabilities able;
    const S3Response created = put(first_content, Condition::absent());
    able.create_only = created.ok() && refused(put(other_content, Condition::absent()));
    if (!created.ok()) write_plainly(created);
    look(able);
    try_swap(able);
    able.conditional_removal = refuses_wrong_removal();
    able.conditional_completion = refuses_completion();
    able.checks_bytes = refuses_wrong_bytes();
    able.object_lock = has_object_lock();
    return unclear_ ? std::nullopt : std::optional(able);
  }

 private:
  std::string parts_key() const { return key_ + "-in-parts"; }
  std::string absent_key() const { return key_ + "-absent"; }

  S3Response send(S3Request request) {
    const bool once = request.once;
    S3Response response = send_and_wait(store_.client_, std::move(request));
    // What may pass says nothing of what the service can do.
    const bool told = response.ok() || failure_of(response).code != ErrorCode::unavailable;
    if (!told && !once) throw error_of(response);
    unclear_ = unclear_ || response.maybe_repeated || !told;
    return response;
  }

  /// For what everybody who publishes must be allowed, and what must be answered as it ought to: `good` says
  /// whether an answer is. One that says nothing of the service is thrown.
  template <class Good>
  S3Response send_plain(S3Request request, const Good& good) {
    S3Response response = send(std::move(request));
    if (!good(response) && says_nothing(response)) throw error_of(response);
    return response;
  }
  S3Response send_plain(S3Request request) {
    return send_plain(std::move(request), [](const S3Response& r) { return r.tells_object(); });
  }

  Error error_of(const S3Response& response) const { return s3_error(response, "probe", key_, store_.url_); }

  S3Response put(std::string_view content, const Condition& condition) {
    return send_plain(store_.put_request(key_, as_bytes(content), condition));
  }

  /// Whoever may not write at all is told so by this.
  void write_plainly(const S3Response& created) {
    const S3Response plain = put(first_content, Condition::none());
    if (!plain.ok()) throw s3_error(plain.status == 0 ? created : plain, "write", key_, store_.url_);
  }

  void look(StoreCapabilities& able) {
    const S3Response there = send_plain(store_.checksum_request(key_));
    if (!there.ok()) throw error_of(there);
    const ObjectInfo info = info_from_headers(there, key_);
    etag_ = info.etag;
    written_ = info.modified;
    able.versions = info.version.has_value();
    able.keeps_checksums = there.find_header("x-amz-checksum-sha256").has_value();
  }

  /// Some services let a write pass that wants something to be there where nothing is.
  void try_swap(StoreCapabilities& able) {
    for (const bool quoted : {true, false}) {
      std::string etag = etag_;
      std::string other(no_etag);
      if (!quoted) std::erase(etag, '"');
      if (!quoted) std::erase(other, '"');
      S3Request absent = store_.put_request(absent_key(), as_bytes(other_content), Condition::matches(other));
      able.quoted_etags = quoted;
      able.swap = refused(send_plain(std::move(absent))) &&
                  refused(put(other_content, Condition::matches(other))) &&
                  put(first_content, Condition::matches(etag)).ok();
      if (able.swap) return;
    }
    able.quoted_etags = true;
  }

  bool refuses_wrong_removal() {
    S3Request removal = store_.request("DeleteObject", "DELETE", key_);
    add_condition(removal, Condition::matches(std::string(no_etag)));
    const S3Response response = send(std::move(removal));
    // Who may not remove anything needs not know.
    if (is_denied(response)) return true;
    const bool said = refused(response);
    const bool still_there = send(store_.request("HeadObject", "HEAD", key_)).ok();
    return said && still_there;
  }

  /// A second upload in parts to a key that is there must not be completed as a new object.
  bool refuses_completion() {
    if (!complete(Condition::absent()).ok()) return false;
    return refused(complete(Condition::absent()));
  }

  S3Response complete(const Condition& condition) {
    const std::string key = parts_key();
    const S3Response created =
        send_plain(create_upload(store_.request("CreateMultipartUpload", "POST", key), false),
                   [](const S3Response& r) { return find_element(r, "UploadId").has_value(); });
    if (!created.ok()) return created;
    const std::string id = parse_element(created, "UploadId");
    S3Request part = store_.request("UploadPart", "PUT", key);
    part.query = {{"partNumber", "1"}, {"uploadId", id}};
    part.body = first_content;
    const S3Response sent = send_plain(std::move(part));
    const std::string etag(sent.find_header("etag").value_or(""));
    const std::vector<S3Part> parts{{.number = 1, .size = first_content.size(), .etag = etag, .sha256 = {}}};
    S3Response completed = send_plain(
        complete_upload(store_.request("CompleteMultipartUpload", "POST", key), id, parts, condition),
        [](const S3Response& r) {
          return r.ok() && r.body.find("CompleteMultipartUploadResult") != std::string::npos;
        });
    if (!completed.ok()) send(abort_upload(store_.request("AbortMultipartUpload", "DELETE", key), id));
    return completed;
  }

  bool refuses_wrong_bytes() {
    S3Request wrong = store_.put_request(key_, as_bytes(first_content), Condition::none());
    wrong.body = other_content;
    wrong.once = true;
    const S3Response response = send(std::move(wrong));
    const bool unclear = is_denied(response) || (response.ok() && !response.tells_object());
    if (unclear) throw error_of(response);
    return refused(response);
  }

  /// A bucket may say so and not do it: an object is protected for a moment, and asked whether it is.
  bool has_object_lock() {
    if (!store_.has_object_lock()) return false;
    S3Request locked = store_.put_request(key_, as_bytes(first_content), Condition::none());
    add_retention(
        locked,
        {.mode = Retention::Mode::governance, .until = written_ + protected_for, .legal_hold = false});
    add_md5(locked);
    if (!send(std::move(locked)).ok()) return false;
    return send(store_.request("HeadObject", "HEAD", key_)).find_header("x-amz-object-lock-mode").has_value();
  }

  S3Store& store_;
  const std::string key_;
  std::string etag_;
  Time written_{};  ///< by the service's clock
  bool unclear_ = false;
};

StoreCapabilities S3Store::probe(std::string_view scratch) {
  for (int attempt = 1; attempt <= most_attempts; ++attempt) {
    if (const auto able = Probe(*this, fmt::format("{}{}-", scratch, attempt)).run()) return *able;
  }
  throw Error(ErrorCode::unavailable, fmt::format("cannot find out what the service of '{}' can do", url_),
              "the line to it loses answers; run the command again");
}

}  // namespace unio
