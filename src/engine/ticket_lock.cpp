#include "engine/ticket_lock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <thread>

#include "base/error.hpp"

namespace unio {
namespace {

using std::chrono::steady_clock;

constexpr std::string_view choosing = "choosing-";
constexpr std::size_t number_digits = 16;
constexpr auto taken_for_dead = std::chrono::seconds(60);
constexpr auto refresh_interval = std::chrono::seconds(10);
constexpr auto poll_interval = std::chrono::milliseconds(20);

std::uint64_t number_of(std::string_view name) {
  std::uint64_t number = 0;
  const std::string_view digits = name.substr(0, number_digits);
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

}  // namespace

TicketLock::TicketLock(ObjectStore& store, std::string folder, const Context& context)
    : store_(store), folder_(std::move(folder)), context_(context), id_(random_id(context.random)) {
  take_number();
  try {
    while (!is_first()) {
      throw_if_stopped(context_.stop);
      std::this_thread::sleep_for(poll_interval);
    }
  } catch (...) {
    store_.remove(ticket_, Condition::none());
    throw;
  }
}

TicketLock::~TicketLock() {
  try {
    store_.remove(ticket_, Condition::none());
  } catch (const Error&) {
    // Whoever waits takes it away in a minute.
  }
}

std::vector<ObjectInfo> TicketLock::list() const {
  std::vector<ObjectInfo> all;
  for_each_object(store_, folder_, [&](const ObjectInfo& object) { all.push_back(object); });
  return all;
}

void TicketLock::take_number() {
  const std::string choice = fmt::format("{}{}{}", folder_, choosing, id_);
  store_.write(choice, {}, Condition::none());
  std::uint64_t highest = 0;
  for (const ObjectInfo& object : list()) {
    const std::string_view name = std::string_view(object.key).substr(folder_.size());
    if (!name.starts_with(choosing)) highest = std::max(highest, number_of(name));
  }
  ticket_ = fmt::format("{}{:0{}}-{}", folder_, highest + 1, number_digits, id_);
  refresh();
  store_.remove(choice, Condition::none());
}

void TicketLock::refresh() {
  store_.write(ticket_, {}, Condition::none());
  refreshed_ = steady_clock::now();
}

bool TicketLock::is_first() {
  if (steady_clock::now() - refreshed_ > refresh_interval) refresh();
  const std::vector<ObjectInfo> all = list();
  const auto own =
      std::find_if(all.begin(), all.end(), [&](const auto& object) { return object.key == ticket_; });
  if (own == all.end()) {
    // Somebody took us for dead, which we are not: back in the queue, with the same number.
    refresh();
    return false;
  }
  const Time now =
      own->modified + std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - refreshed_);
  bool first = true;
  for (const ObjectInfo& object : all) {
    const bool before = object.key < ticket_ || object.key.starts_with(folder_ + std::string(choosing));
    if (!before) continue;
    first = false;
    if (now - object.modified > taken_for_dead) store_.remove(object.key, Condition::none());
  }
  return first;
}

void TicketLock::check() const {
  if (store_.find(ticket_)) return;
  throw Error(ErrorCode::conflict, fmt::format("the lock '{}' was taken away", folder_), "try again");
}

}  // namespace unio
