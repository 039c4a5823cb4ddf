#include "workspace/stat_index.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "base/error.hpp"

namespace unio {
namespace {

constexpr std::string_view magic = "UNIOIDX1";
constexpr std::size_t hash_digits = 64;
/// The kernel's clock for files stands still between two ticks, of 10 ms at most.
constexpr std::int64_t tick_ns = 20'000'000;
constexpr std::size_t checksum_size = sizeof(std::uint64_t);

constexpr std::uint8_t trusted_flag = 1;

/// The fixed part of an entry; the new part of its key follows.
struct Header {
  char magic[8];
  char manifest[hash_digits];
  std::uint64_t has_manifest;
  std::uint64_t count;
};

struct Record {
  std::uint64_t size;
  std::int64_t mtime_ns;
  std::int64_t ctime_ns;
  std::uint64_t inode;
  std::byte digest[32];
  std::uint16_t shared;  ///< bytes that the key shares with the one before
  std::uint16_t added;
  std::uint8_t digest_type;
  std::uint8_t flags;
  std::uint16_t unused;
};
static_assert(sizeof(Record) == 72);

template <class T>
void append(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// Whether the entries fill the text exactly; afterwards a cursor need not check anything.
bool is_well_formed(std::string_view content, std::uint64_t count) {
  std::size_t offset = sizeof(Header);
  std::size_t key_size = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    Record record;
    if (offset + sizeof record > content.size()) return false;
    std::memcpy(&record, content.data() + offset, sizeof record);
    offset += sizeof record + record.added;
    if (offset > content.size() || record.shared > key_size) return false;
    if (record.digest_type > static_cast<std::uint8_t>(DigestType::crc64nvme)) return false;
    key_size = std::size_t{record.shared} + record.added;
  }
  return offset == content.size();
}

}  // namespace

struct StatIndex::State {
  std::string content;  ///< without the checksum
  std::string manifest;
  std::size_t count = 0;
};

StatIndex::StatIndex() : state_(std::make_unique<State>()) {}
StatIndex::~StatIndex() = default;
StatIndex::StatIndex(StatIndex&&) noexcept = default;
StatIndex& StatIndex::operator=(StatIndex&&) noexcept = default;

StatIndex StatIndex::load(const std::filesystem::path& path) {
  StatIndex index;
  auto content = find_file(path, UINT64_MAX / 2);
  if (!content || content->size() < sizeof(Header) + checksum_size) return index;
  std::uint64_t checksum = 0;
  std::memcpy(&checksum, content->data() + content->size() - checksum_size, checksum_size);
  content->resize(content->size() - checksum_size);
  Header header;
  std::memcpy(&header, content->data(), sizeof header);
  if (std::string_view(header.magic, sizeof header.magic) != magic) return index;
  if (crc64nvme(0, as_bytes(*content)) != checksum || !is_well_formed(*content, header.count)) return index;
  if (header.has_manifest != 0) index.state_->manifest.assign(header.manifest, hash_digits);
  index.state_->count = header.count;
  index.state_->content = std::move(*content);
  return index;
}

const std::string& StatIndex::manifest() const { return state_->manifest; }

std::size_t StatIndex::size() const { return state_->count; }

StatIndex::Cursor::Cursor(const StatIndex& index) : index_(&index), offset_(sizeof(Header)) {}

std::optional<IndexedFile> StatIndex::Cursor::next() {
  const std::string& content = index_->state_->content;
  if (offset_ >= content.size()) return std::nullopt;
  Record record;
  std::memcpy(&record, content.data() + offset_, sizeof record);
  offset_ += sizeof record;
  key_.resize(record.shared);
  key_.append(content, offset_, record.added);
  offset_ += record.added;
  IndexedFile file;
  file.key = key_;
  file.stamp = {record.size, record.mtime_ns, record.ctime_ns, record.inode};
  file.digest.type = static_cast<DigestType>(record.digest_type);
  std::memcpy(file.digest.value.data(), record.digest, sizeof record.digest);
  file.trusted = (record.flags & trusted_flag) != 0;
  return file;
}

struct StatIndexWriter::State {
  std::string content = std::string(sizeof(Header), '\0');
  std::string last_key;
  std::uint64_t count = 0;
};

StatIndexWriter::StatIndexWriter() : state_(std::make_unique<State>()) {}
StatIndexWriter::~StatIndexWriter() = default;

void StatIndexWriter::add(const IndexedFile& file) {
  State& state = *state_;
  check(state.count == 0 || compare_tree_order(state.last_key, file.key) < 0, "the index is written in tree order");
  std::size_t shared = 0;
  while (shared < state.last_key.size() && shared < file.key.size() && state.last_key[shared] == file.key[shared]) {
    ++shared;
  }
  Record record{};
  record.size = file.stamp.size;
  record.mtime_ns = file.stamp.mtime_ns;
  record.ctime_ns = file.stamp.ctime_ns;
  record.inode = file.stamp.inode;
  std::memcpy(record.digest, file.digest.value.data(), sizeof record.digest);
  record.shared = static_cast<std::uint16_t>(shared);
  record.added = static_cast<std::uint16_t>(file.key.size() - shared);
  record.digest_type = static_cast<std::uint8_t>(file.digest.type);
  record.flags = file.trusted ? trusted_flag : 0;
  append(state.content, record);
  state.content.append(file.key.substr(shared));
  state.last_key.assign(file.key);
  ++state.count;
}

void StatIndexWriter::publish(const std::filesystem::path& path, const Options& options, RandomSource& random) {
  std::string& content = state_->content;
  Header header{};
  std::memcpy(header.magic, magic.data(), magic.size());
  header.count = state_->count;
  if (options.manifest_top_hash.size() == hash_digits) {
    header.has_manifest = 1;
    std::memcpy(header.manifest, options.manifest_top_hash.data(), hash_digits);
  }
  std::memcpy(content.data(), &header, sizeof header);
  const std::int64_t trusted_before = options.now_ns - tick_ns;
  for (std::size_t offset = sizeof header; offset < content.size();) {
    Record record;
    std::memcpy(&record, content.data() + offset, sizeof record);
    if (record.mtime_ns >= trusted_before || record.ctime_ns >= trusted_before) {
      record.flags = 0;
      std::memcpy(content.data() + offset, &record, sizeof record);
    }
    offset += sizeof record + record.added;
  }
  append(content, crc64nvme(0, as_bytes(content)));
  TemporaryFile file(path.parent_path(), "index.", random);
  file.file().write(as_bytes(content));
  file.publish_over(path);
}

std::int64_t filesystem_time_ns(const std::filesystem::path& directory, RandomSource& random) {
  TemporaryFile file(directory, "time.", random);
  return stamp_of(file.file().status()).mtime_ns;
}

}  // namespace unio
