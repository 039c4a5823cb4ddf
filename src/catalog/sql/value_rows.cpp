#include "catalog/sql/value_rows.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>

#include "base/error.hpp"

namespace unio::sql {
namespace {

static_assert(std::endian::native == std::endian::little, "rows are written as they stand in memory");

constexpr std::uint64_t kept = 1, searched = 2;

class Encoder {
 public:
  void number(std::uint64_t value) { raw(&value, sizeof value); }
  template <class T>
  void rows(const std::vector<ValueRow<T>>& rows) {
    static_assert(sizeof(ValueRow<T>) == 32 && std::is_trivially_copyable_v<ValueRow<T>>);
    number(rows.size());
    raw(rows.data(), rows.size() * sizeof(ValueRow<T>));
  }
  void text(std::string_view text) {
    number(text.size());
    bytes_ += text;
  }
  std::string take() { return std::move(bytes_); }

 private:
  void raw(const void* data, std::size_t size) { bytes_.append(static_cast<const char*>(data), size); }

  std::string bytes_;
};

class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  /// How many items follow, of which each has at least so many bytes.
  std::size_t count(std::size_t least) {
    const std::uint64_t count = number();
    if (count > rest_.size() / least) fail();
    return static_cast<std::size_t>(count);
  }
  template <class T>
  std::vector<ValueRow<T>> rows() {
    std::vector<ValueRow<T>> rows(count(sizeof(ValueRow<T>)));
    const std::string_view bytes = take(rows.size() * sizeof(ValueRow<T>));
    if (!rows.empty()) std::memcpy(rows.data(), bytes.data(), bytes.size());
    return rows;
  }
  std::string text() { return std::string(take(count(1))); }
  void end() const {
    if (!rest_.empty()) fail();
  }

 private:
  std::string_view take(std::size_t size) {
    if (size > rest_.size()) fail();
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  [[noreturn]] static void fail() {
    throw Error(ErrorCode::corruption, "what waits to be indexed in the catalogue is damaged",
                "the catalogue is only an index: unio reindex makes it anew from the store");
  }

  std::string_view rest_;
};

template <class T>
void move_all(std::vector<T>& to, std::vector<T>& from) {
  to.insert(to.end(), std::move_iterator(from.begin()), std::move_iterator(from.end()));
}

}  // namespace

void ValueRows::sort() {
  std::sort(strings.begin(), strings.end());
  std::sort(numbers.begin(), numbers.end());
  sort_texts();
}

void ValueRows::sort_texts() {
  std::ranges::sort(texts, {}, &TextRow::hash);
  std::vector<TextRow> once;
  for (TextRow& row : texts) {
    if (once.empty() || once.back().hash != row.hash) {
      once.push_back(std::move(row));
    } else {
      once.back().is_searched |= row.is_searched;
    }
  }
  texts = std::move(once);
}

void ValueRows::append(ValueRows more) {
  move_all(strings, more.strings);
  move_all(numbers, more.numbers);
  move_all(texts, more.texts);
}

std::string ValueRows::encode() const {
  Encoder encoder;
  encoder.rows(strings);
  encoder.rows(numbers);
  encoder.number(texts.size());
  for (const TextRow& row : texts) {
    encoder.number(std::bit_cast<std::uint64_t>(row.hash));
    encoder.number((row.is_kept ? kept : 0) + (row.is_searched ? searched : 0));
    encoder.text(row.text);
  }
  return encoder.take();
}

ValueRows ValueRows::decode(std::string_view bytes) {
  Decoder decoder(bytes);
  ValueRows rows{decoder.rows<std::int64_t>(), decoder.rows<double>(), {}};
  rows.texts.resize(decoder.count(3 * sizeof(std::uint64_t)));
  for (TextRow& row : rows.texts) {
    row.hash = std::bit_cast<std::int64_t>(decoder.number());
    const std::uint64_t uses = decoder.number();
    row.is_kept = (uses & kept) != 0;
    row.is_searched = (uses & searched) != 0;
    row.text = decoder.text();
  }
  decoder.end();
  return rows;
}

}  // namespace unio::sql
