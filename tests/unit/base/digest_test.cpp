#include "base/digest.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "base/files.hpp"
#include "base/json.hpp"

namespace unio::test {
namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20;

/// The content that tests/data/make_digest_goldens.py describes.
std::string golden_content(std::size_t size) {
  constexpr std::size_t block = 65521;
  std::string content(size, '\0');
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t at = i % block;
    content[i] = static_cast<char>((31 * at * at + at) % 251);
  }
  return content;
}

Digest in_pieces(DigestType type, std::string_view content, std::size_t piece) {
  DigestStream stream(type, content.size());
  for (std::size_t at = 0; at < content.size(); at += piece)
    stream.update(as_bytes(content.substr(at, piece)));
  EXPECT_EQ(stream.size(), content.size());
  return stream.finish();
}

TEST(Digest, equals_what_hashlib_gives_around_every_boundary) {
  std::ifstream file(UNIO_TEST_DATA "/digests.jsonl");
  int rows = 0;
  for (std::string line; std::getline(file, line); ++rows) {
    const Json row = Json::parse(line);
    const std::string content = golden_content(static_cast<std::size_t>(row.get_integer("size")));
    for (const DigestType type : {DigestType::sha2_256_chunked, DigestType::sha256, DigestType::crc64nvme}) {
      const auto golden = row.find_string(name(type));
      if (!golden) continue;
      EXPECT_EQ(digest_of(type, as_bytes(content)).text(), *golden) << name(type) << " of " << content.size();
      EXPECT_EQ(in_pieces(type, content, 1'000'003).text(), *golden)
          << name(type) << " of " << content.size();
      EXPECT_EQ(Digest::parse(type, *golden), digest_of(type, as_bytes(content)));
    }
  }
  EXPECT_EQ(rows, 18);
}

TEST(Digest, knows_published_values) {
  const Digest check = digest_of(DigestType::crc64nvme, as_bytes("123456789"));
  EXPECT_EQ(check.hex(), "ae8b14860a799888");
  EXPECT_EQ(digest_of(DigestType::crc64nvme, {}).text(), "AAAAAAAAAAA=");
  EXPECT_EQ(to_hex(sha256(as_bytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest_of(DigestType::sha2_256_chunked, {}).hex(), to_hex(sha256({})));
}

TEST(Digest, doubles_the_chunk_while_there_would_be_more_than_ten_thousand) {
  EXPECT_EQ(digest_chunk_size(0), 8 * mib);
  EXPECT_EQ(digest_chunk_size(83'886'080'000), 8 * mib);
  EXPECT_EQ(digest_chunk_size(83'886'080'001), 16 * mib);
  EXPECT_EQ(digest_chunk_size(5 * mib * mib), 1024 * mib);
  EXPECT_GE(digest_chunk_size(UINT64_MAX), UINT64_MAX / 10'000);
}

TEST(Digest, takes_only_the_spelling_that_it_writes) {
  const Digest digest = digest_of(DigestType::sha2_256_chunked, as_bytes("x"));
  const std::string text = digest.text();
  EXPECT_EQ(Digest::parse(DigestType::sha2_256_chunked, text), digest);
  std::string stray_bits = text;
  ++stray_bits[stray_bits.size() - 2];
  for (const std::string& wrong :
       {std::string(), text.substr(0, 43), text + "=", text + "A", " " + text, stray_bits,
        std::string(44, '='), "=" + text.substr(1), std::string(43, 'A') + "\n"}) {
    EXPECT_EQ(Digest::parse(DigestType::sha2_256_chunked, wrong), std::nullopt) << wrong;
  }
  const std::string hex = digest_of(DigestType::sha256, as_bytes("x")).text();
  std::string upper = hex;
  for (char& c : upper) c = c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
  EXPECT_NE(upper, hex);
  EXPECT_EQ(Digest::parse(DigestType::sha256, upper), std::nullopt);
  EXPECT_EQ(Digest::parse(DigestType::sha256, hex + "00"), std::nullopt);
  EXPECT_EQ(Digest::parse(DigestType::crc64nvme, "AAAAAAAAAAAA"), std::nullopt);
}

TEST(Digest, finds_types_by_the_names_of_manifests) {
  EXPECT_EQ(find_digest_type("SHA256"), DigestType::sha256);
  EXPECT_EQ(find_digest_type("sha2-256-chunked"), DigestType::sha2_256_chunked);
  EXPECT_EQ(find_digest_type("CRC64NVME"), DigestType::crc64nvme);
  EXPECT_EQ(find_digest_type("sha256"), std::nullopt);
  EXPECT_EQ(find_digest_type("MD5"), std::nullopt);
}

TEST(Sha256, is_new_again_after_it_finished) {
  Sha256 hash;
  hash.update("first");
  const Sha256Value first = hash.finish();
  hash.update("second");
  EXPECT_EQ(hash.finish(), sha256(as_bytes("second")));
  hash.update("fir");
  hash.update("st");
  EXPECT_EQ(hash.finish(), first);
}

TEST(Sha256, works_in_many_threads_at_once) {
  const std::string content = golden_content(100'000);
  const Sha256Value expected = sha256(as_bytes(content));
  std::array<bool, 4> same{};
  {
    std::vector<std::jthread> threads;
    for (bool& result : same) {
      threads.emplace_back([&] {
        result = true;
        for (int i = 0; i < 50; ++i) result = result && sha256(as_bytes(content)) == expected;
      });
    }
  }
  EXPECT_EQ(same, (std::array{true, true, true, true}));
}

RC_GTEST_PROP(Digest, does_not_depend_on_how_the_content_is_cut,
              (const std::string& content, std::uint8_t piece)) {
  for (const DigestType type : {DigestType::sha2_256_chunked, DigestType::sha256, DigestType::crc64nvme}) {
    RC_ASSERT(in_pieces(type, content, std::size_t{1} + piece) == digest_of(type, as_bytes(content)));
  }
}

RC_GTEST_PROP(Digest, reads_back_what_it_wrote, (const std::vector<std::uint8_t>& content)) {
  for (const DigestType type : {DigestType::sha2_256_chunked, DigestType::sha256, DigestType::crc64nvme}) {
    const Digest digest = digest_of(type, std::as_bytes(std::span(content)));
    RC_ASSERT(Digest::parse(type, digest.text()) == digest);
    RC_ASSERT(Digest::from_hex(type, digest.hex()) == digest);
  }
}

}  // namespace
}  // namespace unio::test
