// The least that moving files into a bucket and out of it can cost: loops over aws-c-s3 with the connections,
// the requests on their way, the part size and the checksums of src/storage/s3, but no retries or deadlines.
//
//   bench_s3 make BUCKET                       makes the bucket
//   bench_s3 put BUCKET/PREFIX FOLDER          reads and hashes every file, sends it with its SHA-256
//   bench_s3 get BUCKET/PREFIX FOLDER TARGET   fetches these objects, hashes and writes each; one flush
//   bench_s3 read BUCKET/PREFIX FOLDER AT_ONCE fetches these objects, so many at once; keeps nothing
//   bench_s3 put-large BUCKET/KEY FILE, get-large BUCKET/KEY FILE BYTES   the same for the parts of one file
//
// `put`, `get` and `read` name objects in the form of content-addressed ones, but by number: so all know the
// names. The environment has AWS_ENDPOINT_URL_S3 (no TLS), AWS_REGION and the credentials. A failure ends the
// program.

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <thread>
#include <vector>

#include "bare_s3_client.hpp"
#include "system_error.hpp"

namespace unio::bench {
namespace {

constexpr std::size_t requests_ahead = 192;  // s3_batch.cpp, far_reads.hpp
constexpr std::size_t parts_ahead = 4;       // s3_upload.cpp, s3_reader.cpp

/// What one request moves: a file, or a part of one.
struct Piece {
  std::string path;  ///< "/bucket/key?query"
  std::string file;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

/// Opens the piece's file for `move`, which reads or writes and gives the count of bytes.
template <class Move>
void with_file(const Piece& piece, int flags, const Move& move) {
  const int file = ::open(piece.file.c_str(), flags | O_CLOEXEC, 0666);
  if (file < 0) fail(piece.file);
  if (move(file, static_cast<::off_t>(piece.offset)) != static_cast<::ssize_t>(piece.size)) fail(piece.file);
  ::close(file);
}

std::string read(const Piece& piece) {
  std::string content(piece.size, '\0');
  const auto move = [&](int file, ::off_t at) { return ::pread(file, content.data(), content.size(), at); };
  with_file(piece, O_RDONLY, move);
  return content;
}

void write(const Piece& piece, const std::string& content) {
  const auto move = [&](int file, ::off_t at) { return ::pwrite(file, content.data(), content.size(), at); };
  with_file(piece, O_WRONLY | O_CREAT, move);
}

/// In base64.
std::string sha256(const std::string& content) {
  unsigned char hash[SHA256_DIGEST_LENGTH];
  unsigned char text[64];
  ::SHA256(reinterpret_cast<const unsigned char*>(content.data()), content.size(), hash);
  ::EVP_EncodeBlock(text, hash, sizeof hash);
  return reinterpret_cast<const char*>(text);
}

/// Calls `each(i)` for all numbers below `count`, for so many at once.
template <class Each>
void for_each(std::size_t count, std::size_t at_once, const Each& each) {
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    const int code = run([&] {
      for (std::size_t i = next++; i < count; i = next++) each(i);
    });
    if (code != 0) std::_Exit(code);
  };
  std::vector<std::jthread> threads(std::min(count, at_once));
  for (std::jthread& thread : threads) thread = std::jthread(work);
}

using Sent = std::pair<std::string, std::string>;  ///< SHA-256 and etag of a piece

std::vector<Sent> send(const char* operation, const std::vector<Piece>& pieces, std::size_t at_once,
                       Client& client) {
  std::vector<Sent> sent(pieces.size());
  for_each(pieces.size(), at_once, [&](std::size_t i) {
    Request put{operation, "PUT", pieces[i].path, {}, read(pieces[i])};
    put.headers = {{"x-amz-checksum-sha256", sha256(put.body)}};
    sent[i] = {put.headers[0].second, client.ask(put).etag};
  });
  fmt::print("{} times: read, hash, send with its SHA-256\n", pieces.size());
  return sent;
}

void fetch(const std::vector<Piece>& pieces, std::size_t at_once, Client& client) {
  for_each(pieces.size(), at_once, [&](std::size_t i) {
    const Piece& piece = pieces[i];
    const std::string range = fmt::format("bytes={}-{}", piece.offset, piece.offset + piece.size - 1);
    const std::string content = client.ask({"GetObject", "GET", piece.path, {{"range", range}}, {}}).body;
    sha256(content);
    write(piece, content);
  });
  ::sync();
  fmt::print("{} times: fetch, hash, write\n", pieces.size());
}

/// Prints what the fetching alone took, without the start of the program.
void read_objects(const std::vector<Piece>& pieces, std::size_t at_once, Client& client) {
  std::atomic<std::uint64_t> bytes = 0;
  const auto start = std::chrono::steady_clock::now();
  const std::clock_t start_cpu = std::clock();
  for_each(pieces.size(), at_once, [&](std::size_t i) {
    bytes += client.ask({"GetObject", "GET", pieces[i].path, {}, {}}).body.size();
  });
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  const double cpu = static_cast<double>(std::clock() - start_cpu) / CLOCKS_PER_SEC;
  fmt::print(R"({{"seconds": {:.6f}, "cpu_seconds": {:.6f}, "entries": {}, "bytes": {}}})"
             "\n",
             wall.count(), cpu, pieces.size(), bytes.load());
}

/// The files below `source`, as they are or will be below `target`.
std::vector<Piece> files_of(const std::string& source, const std::string& target, const std::string& path) {
  std::vector<Piece> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(source)) {
    const std::string file = target + entry.path().native().substr(source.size());
    if (entry.is_directory()) std::filesystem::create_directories(file);
    if (entry.is_regular_file()) files.push_back({{}, file, 0, entry.file_size()});
  }
  std::sort(files.begin(), files.end(), [](const Piece& a, const Piece& b) { return a.file < b.file; });
  for (std::size_t i = 0; i < files.size(); ++i)
    files[i].path = fmt::format("{}/{:02x}/{:064x}", path, i % 256, i);
  return files;
}

std::vector<Piece> parts_of(const std::string& file, std::uint64_t size, const std::string& path) {
  std::vector<Piece> parts;
  for (std::uint64_t at = 0; at < size; at += part_size)
    parts.push_back({path, file, at, std::min(part_size, size - at)});
  return parts;
}

void put_large(const std::string& path, const std::string& file, Client& client) {
  Request create{"CreateMultipartUpload", "POST", path + "?uploads=", {{"content-length", "0"}}, {}};
  create.headers.emplace_back("x-amz-checksum-algorithm", "SHA256");
  const std::string created = client.ask(create).body;
  const std::size_t start = created.find("<UploadId>") + 10;
  const std::string id = created.substr(start, created.find("</UploadId>") - start);
  std::vector<Piece> parts = parts_of(file, std::filesystem::file_size(file), path);
  for (std::size_t i = 0; i < parts.size(); ++i)
    parts[i].path += fmt::format("?partNumber={}&uploadId={}", i + 1, id);
  std::string list = "<CompleteMultipartUpload>";
  int number = 0;
  for (const auto& [hash, etag] : send("UploadPart", parts, parts_ahead, client)) {
    list += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag>", ++number, etag);
    list += fmt::format("<ChecksumSHA256>{}</ChecksumSHA256></Part>", hash);
  }
  list += "</CompleteMultipartUpload>";
  client.ask({"CompleteMultipartUpload", "POST", path + "?uploadId=" + id, {}, list});
}

void main_of(const std::vector<std::string>& words) {
  const std::string command = fmt::format("{} {}", words.at(0), words.size());
  const std::string path = "/" + words.at(1);
  Client client;
  if (command == "make 2") {
    client.ask({"CreateBucket", "PUT", path, {{"content-length", "0"}}, {}});
  } else if (command == "put 3") {
    send("PutObject", files_of(words[2], words[2], path), requests_ahead, client);
  } else if (command == "get 4") {
    fetch(files_of(words[2], words[3], path), requests_ahead, client);
  } else if (command == "read 4") {
    read_objects(files_of(words[2], words[2], path), std::stoul(words[3]), client);
  } else if (command == "put-large 3") {
    put_large(path, words[2], client);
  } else if (command == "get-large 4") {
    fetch(parts_of(words[2], std::stoull(words[3]), path), parts_ahead, client);
  } else {
    throw std::invalid_argument("what it can do stands at the top of bench_s3.cpp");
  }
}

}  // namespace
}  // namespace unio::bench

int main(int argc, char** argv) {
  const int code = unio::bench::run([&] { unio::bench::main_of({argv + 1, argv + argc}); });
  std::fflush(stdout);
  std::_Exit(code);  // the library's threads still run
}
