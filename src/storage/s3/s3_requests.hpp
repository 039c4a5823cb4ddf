#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/object_store.hpp"
#include "storage/retention_store.hpp"
#include "storage/s3/s3_answers.hpp"
#include "storage/s3/s3_client.hpp"

namespace unio {

// What several files of this folder put into their requests. Each completes a request that has its operation,
// method and key.

/// Parts, and what is read at once: the chunk of a digest, so that the SHA-256 of a part is known beforehand.
inline constexpr std::uint64_t s3_part_size = std::uint64_t{8} << 20;

void add_condition(S3Request& request, const Condition& condition);

/// "GOVERNANCE", and back; absent for other texts.
std::string_view lock_mode(Retention::Mode mode);
std::optional<Retention::Mode> find_lock_mode(std::string_view name);
/// Protects the object that the request makes.
void add_retention(S3Request& request, const Retention& retention);
/// The service compares the body with it.
void add_sha256(S3Request& request);
/// Some services want this of every request about protection, whatever other checksum comes with it.
void add_md5(S3Request& request);
/// Asks for what only those may do who have a right of their own to go round governance.
void add_bypass(S3Request& request);

/// `checked`: with the SHA-256 of each part.
S3Request create_upload(S3Request request, bool checked);
S3Request complete_upload(S3Request request, const std::string& id, const std::vector<S3Part>& parts,
                          const Condition& condition);
S3Request abort_upload(S3Request request, const std::string& id);

}  // namespace unio
