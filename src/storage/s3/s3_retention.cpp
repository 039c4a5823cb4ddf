#include <fmt/format.h>

#include <mutex>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/threads.hpp"
#include "storage/s3/s3_failures.hpp"
#include "storage/s3/s3_requests.hpp"
#include "storage/s3/s3_store.hpp"

namespace unio {
namespace {

/// What is asked about many objects waits for the line, not for the processor.
constexpr unsigned asked_at_once = 16;

/// As a service tells it. What cannot be read protects nothing that one could rely on.
Retention retention_of(std::optional<std::string_view> mode, std::optional<std::string_view> until,
                       std::optional<std::string_view> hold) {
  Retention retention;
  retention.legal_hold = hold == "ON";
  const auto known = find_lock_mode(mode.value_or(""));
  if (!known || !until) return retention;
  try {
    retention.until = parse_time(*until);
    retention.mode = *known;
  } catch (const Error&) {
    retention.until = {};
  }
  return retention;
}

Retention retention_from_headers(const S3Response& response) {
  return retention_of(response.find_header("x-amz-object-lock-mode"),
                      response.find_header("x-amz-object-lock-retain-until-date"),
                      response.find_header("x-amz-object-lock-legal-hold"));
}

}  // namespace

std::optional<Retention> S3Store::wanted(std::string_view key) const {
  const RetentionRule rule = *rule_.lock();
  return rule ? rule(key) : std::nullopt;
}

void S3Store::retain_new(S3Request& request, std::string_view key) const {
  const auto retention = wanted(key);
  if (!retention) return;
  add_retention(request, *retention);
  if (request.method == "PUT") add_md5(request);
}

void S3Store::retain_completed(const ObjectInfo& info) {
  const ObjectVersion made{info.key, info.version};
  if (wanted(info.key)) retain({&made, 1});
}

bool S3Store::has_object_lock() {
  std::call_once(object_lock_asked_, [&] {
    S3Request question = request("GetObjectLockConfiguration", "GET", {});
    question.query = {{"object-lock", ""}};
    const S3Response response = send_and_wait(client_, std::move(question));
    if (!response.ok() && failure_of(response).code == ErrorCode::unavailable)
      throw s3_error(response, "look at the Object Lock of", {}, url_);
    object_lock_ = response.ok() && response.body.find(">Enabled<") != std::string::npos;
  });
  return object_lock_;
}

/// Services without it take such requests for writes of the object itself.
void S3Store::check_object_lock() {
  if (capabilities().object_lock || has_object_lock()) return;
  throw Error(ErrorCode::unsupported, fmt::format("'{}' has no Object Lock", url_),
              "its owner can switch it on; docs/retention.md says how");
}

std::vector<std::optional<RetainedObject>> S3Store::find_retained(std::span<const ObjectVersion> objects) {
  std::vector<std::optional<RetainedObject>> found(objects.size());
  parallel_for(objects.size(), asked_at_once, {}, [&](std::size_t i) {
    const ObjectVersion& object = objects[i];
    check_object_key(object.key);
    S3Request head = request("HeadObject", "HEAD", object.key);
    if (object.version) head.query = {{"versionId", *object.version}};
    const S3Response response = look_at(std::move(head));
    auto info = found_in(response, object.key);
    if (!info) return;
    found[i] = RetainedObject{std::move(*info), retention_from_headers(response)};
    // versitygw tells in a header only of the newest version.
    if (object.version && found[i]->retention == Retention{}) found[i]->retention = ask_retention(object);
  });
  return found;
}

Retention S3Store::ask_retention(const ObjectVersion& object) {
  if (!has_object_lock()) return {};
  const auto ask = [&](std::string_view operation, const char* what) {
    S3Request question = request(operation, "GET", object.key);
    question.query = {{what, ""}, {"versionId", *object.version}};
    S3Response response = send_and_wait(client_, std::move(question));
    if (!response.ok() && failure_of(response).code == ErrorCode::unavailable)
      throw s3_error(response, "look at the protection of", object.key, url_);
    return response;
  };
  const S3Response retention = ask("GetObjectRetention", "retention");
  const S3Response hold = ask("GetObjectLegalHold", "legal-hold");
  return retention_of(find_element(retention, "Mode"), find_element(retention, "RetainUntilDate"),
                      find_element(hold, "Status"));
}

std::vector<ObjectVersion> S3Store::retain(std::span<const ObjectVersion> objects) {
  if (objects.empty() || !*rule_.lock()) return {};
  check_object_lock();
  const auto present = find_retained(objects);
  Synchronized<std::vector<ObjectVersion>> left;
  parallel_for(objects.size(), asked_at_once, {}, [&](std::size_t i) {
    const bool raised = present[i] && raise_retention(*present[i]);
    if (!raised) left.lock()->push_back(objects[i]);
  });
  return std::move(*left.lock());
}

bool S3Store::raise_retention(const RetainedObject& present) {
  const ObjectVersion object{present.info.key, present.info.version};
  const auto least = wanted(object.key);
  if (!least) return true;
  const Retention target = strictest(present.retention, *least);
  if (target.legal_hold && !present.retention.legal_hold) {
    const S3Response held = send_and_wait(client_, legal_hold_request(object));
    if (!tells_done(held)) throw s3_error(held, "protect", object.key, url_);
  }
  const bool same = target.mode == present.retention.mode && target.until == present.retention.until;
  const Refusal refusal = same ? std::nullopt : change_retention(object, target, Bypass::no);
  if (!refusal) return true;
  // Somebody else may have made it longer still.
  const auto now = find_retained({&object, 1}).front();
  if (now && covers(now->retention, *least)) return true;
  // Who may not lift the one mode may not put the other in its place.
  const bool governed = now && now->retention.mode == Retention::Mode::governance;
  if (!governed || target.mode == Retention::Mode::governance) {
    throw Error(ErrorCode::permission_denied,
                fmt::format("cannot protect '{}' in '{}': {}", object.key, url_, *refusal),
                "docs/retention.md says which rights are needed");
  }
  change_retention(object, {.mode = now->retention.mode, .until = target.until, .legal_hold = false},
                   Bypass::no);
  return false;
}

S3Request S3Store::retention_request(const ObjectVersion& object, const Retention& retention,
                                     Bypass bypass) const {
  S3Request put = request("PutObjectRetention", "PUT", object.key);
  put.query = {{"retention", ""}};
  if (object.version) put.query.emplace_back("versionId", *object.version);
  put.body = fmt::format(
      "<Retention xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Mode>{}</Mode>"
      "<RetainUntilDate>{}</RetainUntilDate></Retention>",
      lock_mode(retention.mode), format_time(retention.until));
  add_sha256(put);
  add_md5(put);
  if (bypass == Bypass::yes) add_bypass(put);
  return put;
}

S3Request S3Store::legal_hold_request(const ObjectVersion& object) const {
  S3Request put = request("PutObjectLegalHold", "PUT", object.key);
  put.query = {{"legal-hold", ""}};
  if (object.version) put.query.emplace_back("versionId", *object.version);
  put.body = "<LegalHold xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>ON</Status></LegalHold>";
  add_sha256(put);
  add_md5(put);
  return put;
}

RetentionStore::Refusal S3Store::refusal_of(const S3Response& response, std::string_view action,
                                            std::string_view key) const {
  if (tells_done(response)) return std::nullopt;
  const S3Failure failure = failure_of(response);
  switch (failure.code) {
    case ErrorCode::permission_denied:
    case ErrorCode::invalid_argument:
    case ErrorCode::conflict:
    case ErrorCode::unsupported:
      return failure.why;
    default:
      throw s3_error(response, action, key, url_);
  }
}

RetentionStore::Refusal S3Store::change_retention(const ObjectVersion& object, const Retention& retention,
                                                  Bypass bypass) {
  check_object_key(object.key);
  check_object_lock();
  return refusal_of(send_and_wait(client_, retention_request(object, retention, bypass)), "protect",
                    object.key);
}

RetentionStore::Refusal S3Store::remove_version(const ObjectVersion& object, Bypass bypass) {
  check_object_key(object.key);
  check(object.version.has_value(), "a version to remove is named");
  S3Request removal = request("DeleteObject", "DELETE", object.key);
  removal.query = {{"versionId", *object.version}};
  if (bypass == Bypass::yes) add_bypass(removal);
  return refusal_of(send_and_wait(client_, std::move(removal)), "remove", object.key);
}

}  // namespace unio
