#include "workspace/stat_index.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>
#include <vector>

#include "base/error.hpp"

namespace unio {
namespace {

static_assert(std::endian::native == std::endian::little, "the index is little endian");

constexpr std::string_view magic = "UNIOIDX1";
constexpr std::size_t hash_digits = 64;
/// The kernel's clock for files stands still between two ticks, of 10 ms at most.
constexpr std::int64_t tick_ns = 20'000'000;
constexpr std::size_t checksum_size = sizeof(std::uint64_t);
constexpr std::size_t block_size = std::size_t{1} << 20;

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

}  // namespace

/// The part of an index before its checksum, read piece by piece.
class StatIndexReader {
 public:
  enum class Checksum { no, yes };
  StatIndexReader(const File& file, std::uint64_t end, Checksum wanted)
      : file_(file), end_(end), wanted_(wanted) {}

  /// The next bytes; valid until the next call. Fewer than asked for at the end.
  std::string_view take(std::size_t count) {
    if (filled_ - used_ < count) fill();
    const std::size_t given = std::min(count, filled_ - used_);
    used_ += given;
    return {buffer_.get() + used_ - given, given};
  }

  /// A fixed part; absent at the end.
  template <class T>
  std::optional<T> take_fixed() {
    const std::string_view bytes = take(sizeof(T));
    if (bytes.size() < sizeof(T)) return std::nullopt;
    T value;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }

  bool at_end() const { return used_ == filled_ && offset_ == end_; }
  /// Of everything read so far.
  std::uint64_t checksum() const { return checksum_; }

 private:
  void fill() {
    filled_ -= used_;
    std::memmove(buffer_.get(), buffer_.get() + used_, filled_);
    used_ = 0;
    const std::size_t room = std::min<std::uint64_t>(buffer_size - filled_, end_ - offset_);
    const std::span piece(buffer_.get() + filled_, room);
    const std::size_t count = file_.read_at(offset_, std::as_writable_bytes(piece));
    if (wanted_ == Checksum::yes) checksum_ = crc64nvme(checksum_, std::as_bytes(piece.first(count)));
    filled_ += count;
    offset_ = count == room ? offset_ + count : end_;
  }

  static constexpr std::size_t buffer_size = std::size_t{256} << 10;

  const File& file_;
  std::uint64_t offset_ = 0;
  std::uint64_t end_;
  Checksum wanted_;
  std::unique_ptr<char[]> buffer_ = std::make_unique_for_overwrite<char[]>(buffer_size);
  std::size_t used_ = 0;
  std::size_t filled_ = 0;
  std::uint64_t checksum_ = 0;
};

namespace {

/// Whether that many entries come next, and nothing behind them.
bool is_well_formed(StatIndexReader& reader, std::uint64_t count) {
  std::size_t key_size = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto record = reader.take_fixed<Record>();
    if (!record || record->shared > key_size || reader.take(record->added).size() != record->added)
      return false;
    if (record->digest_type > static_cast<std::uint8_t>(DigestType::crc64nvme)) return false;
    key_size = std::size_t{record->shared} + record->added;
  }
  return reader.at_end();
}

/// Clears the trust in files that were written at `limit` or later: one more change might leave their stamp
/// as it is.
void distrust_young(std::string& block, std::int64_t limit) {
  for (std::size_t offset = 0; offset < block.size();) {
    Record record;
    std::memcpy(&record, block.data() + offset, sizeof record);
    if (record.mtime_ns >= limit || record.ctime_ns >= limit) {
      record.flags = 0;
      std::memcpy(block.data() + offset, &record, sizeof record);
    }
    offset += sizeof record + record.added;
  }
}

}  // namespace

struct StatIndex::State {
  File file;
  std::uint64_t end = 0;  ///< where the checksum begins
  std::string manifest;
  std::size_t count = 0;
};

StatIndex::StatIndex() : state_(std::make_unique<State>()) {}
StatIndex::~StatIndex() = default;
StatIndex::StatIndex(StatIndex&&) noexcept = default;
StatIndex& StatIndex::operator=(StatIndex&&) noexcept = default;

StatIndex StatIndex::load(const std::filesystem::path& path) {
  try {
    return load(File::open_for_reading(path));
  } catch (const Error&) {
    return {};  // it costs time, nothing else
  }
}

StatIndex StatIndex::load(File file) {
  try {
    State state;
    state.file = std::move(file);
    const auto size = static_cast<std::uint64_t>(state.file.status().st_size);
    if (size < sizeof(Header) + checksum_size) return {};
    state.end = size - checksum_size;
    StatIndexReader reader(state.file, state.end, StatIndexReader::Checksum::yes);
    const auto header = reader.take_fixed<Header>();
    if (!header || std::string_view(header->magic, sizeof header->magic) != magic) return {};
    if (!is_well_formed(reader, header->count)) return {};
    std::uint64_t checksum = 0;
    state.file.read_at(state.end, std::as_writable_bytes(std::span(&checksum, 1)));
    if (checksum != reader.checksum()) return {};
    if (header->has_manifest != 0) state.manifest.assign(header->manifest, hash_digits);
    state.count = header->count;
    StatIndex index;
    *index.state_ = std::move(state);
    return index;
  } catch (const Error&) {
    return {};  // it costs time, nothing else
  }
}

const std::string& StatIndex::manifest() const {
  return state_->manifest;
}

std::size_t StatIndex::size() const {
  return state_->count;
}

StatIndex::Cursor::Cursor(const StatIndex& index)
    : reader_(std::make_unique<StatIndexReader>(index.state_->file, index.state_->end,
                                                StatIndexReader::Checksum::no)),
      left_(index.size()) {
  if (left_ > 0) reader_->take(sizeof(Header));
}
StatIndex::Cursor::~Cursor() = default;
StatIndex::Cursor::Cursor(Cursor&&) noexcept = default;

std::optional<IndexedFile> StatIndex::Cursor::next() {
  if (left_ == 0) return std::nullopt;
  --left_;
  const auto record = reader_->take_fixed<Record>();
  check(record.has_value(), "an index that was whole is not cut off");
  key_.resize(record->shared);
  key_ += reader_->take(record->added);
  IndexedFile file;
  file.key = key_;
  file.stamp = {record->size, record->mtime_ns, record->ctime_ns, record->inode};
  file.digest.type = static_cast<DigestType>(record->digest_type);
  std::memcpy(file.digest.value.data(), record->digest, sizeof record->digest);
  file.trusted = (record->flags & trusted_flag) != 0;
  return file;
}

/// In blocks rather than in one text, which would be copied, and need twice the memory, whenever it grows.
struct StatIndexWriter::State {
  std::vector<std::string> blocks;
  std::string last_key;
  std::uint64_t count = 0;

  std::string& block_with_room(std::size_t size) {
    if (blocks.empty() || blocks.back().capacity() - blocks.back().size() < size) {
      blocks.emplace_back().reserve(std::max(block_size, size));
    }
    return blocks.back();
  }
};

StatIndexWriter::StatIndexWriter() : state_(std::make_unique<State>()) {}
StatIndexWriter::~StatIndexWriter() = default;

void StatIndexWriter::add(const IndexedFile& file) {
  State& state = *state_;
  check(state.count == 0 || compare_tree_order(state.last_key, file.key) < 0,
        "the index is written in tree order");
  std::size_t shared = 0;
  while (shared < state.last_key.size() && shared < file.key.size() &&
         state.last_key[shared] == file.key[shared]) {
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
  std::string& block = state.block_with_room(sizeof record + record.added);
  append(block, record);
  block.append(file.key.substr(shared));
  state.last_key.assign(file.key);
  ++state.count;
}

void StatIndexWriter::write_to(File& file, const Options& options) {
  Header header{};
  std::memcpy(header.magic, magic.data(), magic.size());
  header.count = state_->count;
  if (options.manifest_top_hash.size() == hash_digits) {
    header.has_manifest = 1;
    std::memcpy(header.manifest, options.manifest_top_hash.data(), hash_digits);
  }
  std::uint64_t checksum = 0;
  const auto write = [&](Bytes bytes) {
    checksum = crc64nvme(checksum, bytes);
    file.write(bytes);
  };
  write(std::as_bytes(std::span(&header, 1)));
  for (std::string& block : state_->blocks) {
    distrust_young(block, options.now_ns - tick_ns);
    write(as_bytes(block));
  }
  file.write(std::as_bytes(std::span(&checksum, 1)));
}

void StatIndexWriter::publish(const std::filesystem::path& path, const Options& options,
                              RandomSource& random) {
  TemporaryFile file(path.parent_path(), "index.", random);
  write_to(file.file(), options);
  file.publish_over(path);
}

StatIndex StatIndexWriter::finish_unnamed(const Options& options) {
  const int descriptor = ::memfd_create("unio-index", MFD_CLOEXEC);
  if (descriptor < 0) throw_errno("make an index in memory");
  File file(descriptor, "index in memory");
  write_to(file, options);
  return StatIndex::load(std::move(file));
}

std::int64_t filesystem_time_ns(const std::filesystem::path& directory, RandomSource& random) {
  TemporaryFile file(directory, "time.", random);
  return stamp_of(file.file().status()).mtime_ns;
}

}  // namespace unio
