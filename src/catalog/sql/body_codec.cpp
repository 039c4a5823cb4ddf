#include "catalog/sql/body_codec.hpp"

#include <zlib.h>

#include <cstdint>
#include <cstring>

#include "base/error.hpp"

namespace unio::sql {
namespace {

/// What documents are likely to hold, the likeliest last. Part of the format of the tables: a change needs a
/// migration.
constexpr std::string_view likely =
    R"({"kind":"package","name":"","top_hash":"","message":"","tags":["latest"],"bytes":0,"entries":0,"user_meta":{},)"
    R"("parents":[],"kind":"value","version":0,"expiry":null,"handler":"json","image":null,"cpu":"x86_64","os":"Linux",)"
    R"("capture":"safe","masked":0,"schema_version":1,"local_root":"","log_relpaths":["pip_freeze.txt","git_diff.patch"],)"
    R"("infos":{"type":"","description":""},"ticket":"","project":"","datatype":"annotation_file","dataset":"","labels":{)"
    R"("git":{"commit":"","branch":"main","remote":"https://github.com/","dirty":false},"hostname":"","argv":"python )"
    R"(-m ipykernel_launcher","python_version":"3.11.","run_id":"run_","remote_root":"s3://bucket/","username":"",)"
    R"("python_packages":null,"version":1,"based_on":["artifact_"],"file_relpaths":["train.txt","test.txt","model.pt",)"
    R"("metrics.json"],"creation_time":{"$date":"2026-01-01T00:00:00.000000Z"},"artifact_id":"artifact_","kind":"artifact",)"
    R"("files":[{"relpath":".txt","sha256":"0123456789abcdef","size":0},{"relpath":".json","sha256":"fedcba9876543210","size":1})";

constexpr int level = 3;         // higher ones take twice the time, for a thirtieth less
constexpr int raw_window = -15;  // without zlib's header and checksum: the database has its own ways

/// zlib's memory for compressing, which takes longer to get than a document takes to be compressed.
class Deflater {
 public:
  Deflater() {
    check(deflateInit2(&stream_, level, Z_DEFLATED, raw_window, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) == Z_OK,
          "there is memory to compress with");
  }
  ~Deflater() { deflateEnd(&stream_); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  z_stream& begin() {
    deflateReset(&stream_);
    return stream_;
  }

 private:
  z_stream stream_{};
};

const Bytef* data_of(std::string_view text) {
  return reinterpret_cast<const Bytef*>(text.data());
}

}  // namespace

std::string packed(std::string_view text) {
  thread_local Deflater deflater;
  z_stream& stream = deflater.begin();
  deflateSetDictionary(&stream, data_of(likely), static_cast<uInt>(likely.size()));
  const auto size = static_cast<std::uint32_t>(text.size());
  std::string bytes(sizeof size + deflateBound(&stream, text.size()), '\0');
  std::memcpy(bytes.data(), &size, sizeof size);
  stream.next_in = const_cast<Bytef*>(data_of(text));
  stream.avail_in = size;
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data() + sizeof size);
  stream.avail_out = static_cast<uInt>(bytes.size() - sizeof size);
  const int result = deflate(&stream, Z_FINISH);
  bytes.resize(sizeof size + stream.total_out);
  check(result == Z_STREAM_END, "a document is compressed whole");
  return bytes;
}

std::string unpacked(std::string_view bytes) {
  constexpr std::uint32_t largest = std::uint32_t{1} << 30;
  std::uint32_t size = 0;
  if (bytes.size() >= sizeof size) std::memcpy(&size, bytes.data(), sizeof size);
  std::string text(size <= largest ? size : 0, '\0');
  z_stream stream{};
  check(inflateInit2(&stream, raw_window) == Z_OK, "there is memory to decompress with");
  inflateSetDictionary(&stream, data_of(likely), static_cast<uInt>(likely.size()));
  if (bytes.size() >= sizeof size) bytes.remove_prefix(sizeof size);
  stream.next_in = const_cast<Bytef*>(data_of(bytes));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  const int result = inflate(&stream, Z_FINISH);
  const bool whole = result == Z_STREAM_END && stream.total_out == size && stream.avail_in == 0;
  inflateEnd(&stream);
  if (!whole) {
    throw Error(ErrorCode::corruption, "a document in the catalogue is damaged",
                "the catalogue is only an index: unio reindex makes it anew from the store");
  }
  return text;
}

}  // namespace unio::sql
