#include "storage/s3/md5.hpp"

#include <openssl/evp.h>

namespace unio {

std::optional<Md5> find_md5(Bytes bytes) {
  Md5 hash{};
  auto* const out = reinterpret_cast<unsigned char*>(hash.data());
  if (EVP_Digest(bytes.data(), bytes.size(), out, nullptr, EVP_md5(), nullptr) != 1) return std::nullopt;
  return hash;
}

}  // namespace unio
