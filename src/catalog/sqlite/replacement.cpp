#include "catalog/sqlite/replacement.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/random.hpp"

namespace unio::sql {
namespace {

namespace fs = std::filesystem;

// Of what we keep beside a replacement.
constexpr std::string_view lock_suffix = ".lock", link_suffix = ".link";
/// Of what SQLite keeps beside a database.
constexpr std::array<std::string_view, 3> log_suffixes{"-wal", "-shm", "-journal"};
constexpr std::size_t id_length = 32;

/// What a name stands for: itself, or what its link leads to.
fs::path database_file(const fs::path& name) {
  std::error_code no_link;
  const fs::path target = fs::read_symlink(name, no_link);
  return no_link ? name : name.parent_path() / target;
}

void remove_one(const fs::path& path) {
  std::error_code error;
  fs::remove(path, error);
  if (error) throw error_from_errno(error.value(), fmt::format("remove '{}'", path.string()));
}

fs::path replacement_name(const fs::path& name, std::string_view id) {
  return name.parent_path() / fmt::format("{}.{}{}", name.stem().string(), id, name.extension().string());
}

/// The replacement of `name` that a file is, or is kept beside; empty for any other file.
fs::path replacement_of(const fs::path& name, const std::string& entry) {
  const std::string start = name.stem().string() + ".";
  if (!entry.starts_with(start) || entry.size() < start.size() + id_length) return {};
  const fs::path file = replacement_name(name, std::string_view(entry).substr(start.size(), id_length));
  const std::string replacement = file.filename().string();
  if (!entry.starts_with(replacement)) return {};
  const std::string_view rest = std::string_view(entry).substr(replacement.size());
  const bool is_ours = rest.empty() || rest == lock_suffix || rest == link_suffix ||
                       std::ranges::find(log_suffixes, rest) != log_suffixes.end();
  return is_ours ? file : fs::path();
}

/// Removes what is left of a replacement, or was left beside it, unless somebody is at work on it.
void remove_left_over(const fs::path& name, const fs::path& replacement, const fs::path& left) {
  const fs::path path = replacement.string().append(lock_suffix);
  // Held until it is removed: whoever has just made it waits, and sees that it is gone.
  const File lock(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW), path.native());
  const bool is_at_work =
      lock.is_open() ? ::flock(lock.descriptor(), LOCK_EX | LOCK_NB) != 0 : errno != ENOENT;
  // Asked after that: whoever is no longer at work may just have published it.
  if (is_at_work || replacement == database_file(name)) return;
  std::error_code ignored;  // it is in nobody's way
  fs::remove(left, ignored);
}

void remove_all_left_over(const fs::path& name) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(name.parent_path(), ignored)) {
    const fs::path replacement = replacement_of(name, entry.path().filename().string());
    if (!replacement.empty()) remove_left_over(name, replacement, entry.path());
  }
  if (!fs::is_symlink(name, ignored)) return;
  for (const std::string_view suffix : log_suffixes) fs::remove(name.string().append(suffix), ignored);
}

TemporaryFile new_file(const fs::path& path) {
  return {File::create_new(path), path};
}

/// Gone again when somebody took it for left over before it was locked.
TemporaryFile lock_of(const fs::path& file) {
  TemporaryFile lock = new_file(file.string().append(lock_suffix));
  while (::flock(lock.file().descriptor(), LOCK_EX) != 0) {
    if (errno != EINTR) throw_errno(fmt::format("lock '{}'", lock.path().native()));
  }
  return lock;
}

/// False where there are no links.
bool make_link(const fs::path& target, const fs::path& link) {
  if (::symlink(target.c_str(), link.c_str()) == 0) return true;
  if (errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS) return false;
  throw_errno(fmt::format("make '{}'", link.native()));
}

}  // namespace

Replacement::Replacement(fs::path name, TemporaryFile lock, TemporaryFile file, TemporaryFile link)
    : name_(std::move(name)), lock_(std::move(lock)), file_(std::move(file)), link_(std::move(link)) {}

std::unique_ptr<Replacement> Replacement::begin(const fs::path& name) {
  remove_all_left_over(name);
  SystemRandom random;
  const fs::path path = replacement_name(name, random_id(random));
  TemporaryFile lock = lock_of(path);
  if (!fs::exists(lock.path())) return begin(name);
  TemporaryFile file = new_file(path);
  const fs::path link = path.string().append(link_suffix);
  if (!make_link(path.filename(), link)) return nullptr;
  return std::unique_ptr<Replacement>(
      new Replacement(name, std::move(lock), std::move(file), TemporaryFile(File(), link)));
}

void Replacement::publish() {
  file_.file().sync();
  // Once SQLite has the file open, closing it otherwise would take away SQLite's locks.
  file_.file().close();
  link_.publish_over(name_);
  file_.release();
  sync_directory(name_.parent_path());
  remove_all_left_over(name_);
}

void remove_database(const fs::path& name) {
  for (const fs::path& file : {database_file(name), name}) {
    remove_one(file);
    for (const std::string_view suffix : log_suffixes) remove_one(file.string().append(suffix));
  }
}

}  // namespace unio::sql
