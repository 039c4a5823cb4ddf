#include "base/digest.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"

namespace unio {
namespace {

constexpr std::uint64_t least_chunk = std::uint64_t{8} << 20;
constexpr std::uint64_t most_chunks = 10'000;
constexpr std::size_t crc_bytes = 8;

/// OpenSSL's SHA-256, fetched once: fetching it for every digest costs more than hashing a small file.
const EVP_MD* sha256_method() {
  static const EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  check(method != nullptr, "OpenSSL has no SHA-256");
  return method;
}

void check_openssl(int result) {
  check(result == 1, "OpenSSL's SHA-256 failed");
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

std::size_t value_size(DigestType type) {
  return type == DigestType::crc64nvme ? crc_bytes : sizeof(Sha256Value);
}

Digest crc_digest(std::uint64_t crc) {
  Digest digest{.type = DigestType::crc64nvme, .value = {}};
  for (std::size_t i = 0; i < crc_bytes; ++i) digest.value[i] = static_cast<std::byte>(crc >> (8 * (7 - i)));
  return digest;
}

/// The six bits that a character of base64 stands for; -1 for any other.
constexpr std::array<std::int8_t, 256> base64_values = [] {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}();

void append_base64(std::string& out, std::span<const std::byte> bytes) {
  const std::size_t before = out.size();
  // OpenSSL writes a NUL behind the text.
  out.resize(before + (bytes.size() + 2) / 3 * 4 + 1);
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data() + before),
                  reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  out.pop_back();
}

std::optional<Digest> parse_base64(DigestType type, std::string_view text) {
  Digest digest{.type = type, .value = {}};
  const std::size_t size = value_size(type);
  const std::size_t digits = (8 * size + 5) / 6;
  if (text.size() != (size + 2) / 3 * 4) return std::nullopt;
  if (text.find_first_not_of('=', digits) != std::string_view::npos) return std::nullopt;
  std::size_t used = 0;
  for (std::size_t i = 0; i < text.size(); i += 4) {
    int bits = 0;
    for (std::size_t j = i; j < i + 4; ++j) {
      bits = (bits << 6) | (j < digits ? base64_values[static_cast<unsigned char>(text[j])] : 0);
    }
    // A character that is none makes all higher bits one.
    if (bits < 0) return std::nullopt;
    for (int shift = 16; shift >= 0; shift -= 8, ++used) {
      const auto byte = static_cast<std::byte>(bits >> shift);
      if (used < size) {
        digest.value[used] = byte;
      } else if (byte != std::byte{}) {
        return std::nullopt;  // bits that no byte takes are zero, so that every digest has one text only
      }
    }
  }
  return digest;
}

}  // namespace

std::string_view name(DigestType type) {
  switch (type) {
    case DigestType::sha2_256_chunked:
      return "sha2-256-chunked";
    case DigestType::sha256:
      return "SHA256";
    case DigestType::crc64nvme:
      return "CRC64NVME";
  }
  return {};
}

std::optional<DigestType> find_digest_type(std::string_view text) {
  for (const DigestType type : {DigestType::sha2_256_chunked, DigestType::sha256, DigestType::crc64nvme}) {
    if (name(type) == text) return type;
  }
  return std::nullopt;
}

std::string Digest::text() const {
  std::string text;
  append_text(text);
  return text;
}

void Digest::append_text(std::string& out) const {
  const auto bytes = std::span(value).first(value_size(type));
  type == DigestType::sha256 ? append_hex(out, bytes) : append_base64(out, bytes);
}

std::string Digest::hex() const {
  return to_hex(std::span(value).first(value_size(type)));
}

std::optional<Digest> Digest::parse(DigestType type, std::string_view text) {
  return type == DigestType::sha256 ? from_hex(type, text) : parse_base64(type, text);
}

std::optional<Digest> Digest::from_hex(DigestType type, std::string_view hex) {
  Digest digest{.type = type, .value = {}};
  if (!parse_hex(hex, std::span(digest.value).first(value_size(type)))) return std::nullopt;
  return digest;
}

bool parse_hex(std::string_view hex, std::span<std::byte> out) {
  if (hex.size() != 2 * out.size()) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = hex_value(hex[2 * i]);
    const int low = hex_value(hex[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::byte>(high * 16 + low);
  }
  return true;
}

void append_hex(std::string& out, std::span<const std::byte> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  const std::size_t before = out.size();
  out.resize(before + 2 * bytes.size());
  char* to = out.data() + before;
  for (const std::byte byte : bytes) {
    *to++ = digits[std::to_integer<std::size_t>(byte >> 4)];
    *to++ = digits[std::to_integer<std::size_t>(byte & std::byte{0xF})];
  }
}

std::string to_hex(std::span<const std::byte> bytes) {
  std::string text;
  append_hex(text, bytes);
  return text;
}

std::string to_base64(std::span<const std::byte> bytes) {
  std::string text;
  append_base64(text, bytes);
  return text;
}

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { EVP_MD_CTX_free(context); }
  void begin() { check_openssl(EVP_DigestInit_ex2(context, sha256_method(), nullptr)); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  state_->begin();
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::span<const std::byte> bytes) {
  check_openssl(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()));
}

void Sha256::update(std::string_view text) {
  update(std::as_bytes(std::span(text.data(), text.size())));
}

Sha256Value Sha256::finish() {
  Sha256Value value;
  unsigned int size = 0;
  check_openssl(EVP_DigestFinal_ex(state_->context, reinterpret_cast<unsigned char*>(value.data()), &size));
  state_->begin();
  return value;
}

Sha256Value sha256(std::span<const std::byte> bytes) {
  thread_local Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

std::uint64_t digest_chunk_size(std::uint64_t size) {
  std::uint64_t chunk = least_chunk;
  while (chunk < size && (size - 1) / chunk >= most_chunks) chunk *= 2;
  return chunk;
}

Digest digest_from_chunks(std::span<const Sha256Value> chunks) {
  return {.type = DigestType::sha2_256_chunked, .value = sha256(std::as_bytes(chunks))};
}

struct DigestStream::State {
  DigestType type;
  std::uint64_t chunk;
  std::uint64_t size = 0;
  std::uint64_t in_chunk = 0;
  std::uint64_t crc = 0;
  Sha256 hash;
  std::vector<Sha256Value> chunks;

  State(DigestType digest_type, std::uint64_t expected_size)
      : type(digest_type), chunk(digest_chunk_size(expected_size)) {}

  void update_chunks(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), chunk - in_chunk));
      hash.update(bytes.first(count));
      in_chunk += count;
      bytes = bytes.subspan(count);
      if (in_chunk == chunk) end_chunk();
    }
  }

  void end_chunk() {
    chunks.push_back(hash.finish());
    in_chunk = 0;
  }
};

DigestStream::DigestStream(DigestType type, std::uint64_t expected_size)
    : state_(std::make_unique<State>(type, expected_size)) {}
DigestStream::~DigestStream() = default;
DigestStream::DigestStream(DigestStream&&) noexcept = default;
DigestStream& DigestStream::operator=(DigestStream&&) noexcept = default;

void DigestStream::update(std::span<const std::byte> bytes) {
  state_->size += bytes.size();
  switch (state_->type) {
    case DigestType::sha2_256_chunked:
      state_->update_chunks(bytes);
      break;
    case DigestType::sha256:
      state_->hash.update(bytes);
      break;
    case DigestType::crc64nvme:
      state_->crc = crc64nvme(state_->crc, bytes);
      break;
  }
}

std::uint64_t DigestStream::size() const {
  return state_->size;
}

Digest DigestStream::finish() {
  switch (state_->type) {
    case DigestType::sha2_256_chunked:
      if (state_->in_chunk > 0) state_->end_chunk();
      return digest_from_chunks(state_->chunks);
    case DigestType::sha256:
      return {.type = state_->type, .value = state_->hash.finish()};
    case DigestType::crc64nvme:
      return crc_digest(state_->crc);
  }
  return {};
}

Digest digest_of(DigestType type, std::span<const std::byte> bytes) {
  if (type == DigestType::sha2_256_chunked && bytes.size() <= least_chunk) {
    if (bytes.empty()) return digest_from_chunks({});
    const Sha256Value chunk = sha256(bytes);
    return digest_from_chunks(std::span(&chunk, 1));
  }
  DigestStream stream(type, bytes.size());
  stream.update(bytes);
  return stream.finish();
}

}  // namespace unio
