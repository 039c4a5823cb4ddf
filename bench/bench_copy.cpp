// The least that storing every file of a tree under its hash can cost: reads, hashes, and writes one file
// each, in some threads, into TARGET/<first two hex>/<hex>, with the flush policy of
// src/storage/local_batch.cpp: files are written under temporary names in one folder and not flushed; when a
// round of them is full, one syncfs for all, then all get their names, while other threads fill the next
// round; one more syncfs at the end.
//
//   bench_copy SOURCE TARGET THREADS        prints how many files and bytes it stored

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "system_error.hpp"

namespace unio::bench {
namespace {

constexpr std::size_t files_in_round = 8192;
constexpr std::uint64_t bytes_in_round = std::uint64_t{1} << 30;

/// An open file or folder.
class Descriptor {
 public:
  Descriptor(int folder, const std::string& name, int flags, ::mode_t mode = 0)
      : value_(::openat(folder, name.c_str(), flags | O_CLOEXEC, mode)) {
    if (value_ < 0) fail(name);
  }
  ~Descriptor() { ::close(value_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return value_; }

 private:
  int value_;
};

/// One thread's buffer and hash, used for file after file.
class Worker {
 public:
  Worker() : sha256_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {}
  ~Worker() {
    EVP_MD_CTX_free(context_);
    EVP_MD_free(sha256_);
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void read(int folder, const std::string& name) {
    const Descriptor file(folder, name, O_RDONLY);
    struct ::stat status {};
    if (::fstat(file.get(), &status) != 0) fail(name);
    content_.resize(static_cast<std::size_t>(status.st_size));
    const ::ssize_t count = ::read(file.get(), content_.data(), content_.size());
    if (count != status.st_size) throw std::runtime_error(name + " was not read whole");
  }

  void write(int folder, const std::string& name) const {
    const Descriptor file(folder, name, O_WRONLY | O_CREAT | O_EXCL, 0666);
    const ::ssize_t count = ::write(file.get(), content_.data(), content_.size());
    if (count != static_cast<::ssize_t>(content_.size())) fail(name);
  }

  std::string hex() const {
    unsigned char value[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_DigestInit_ex(context_, sha256_, nullptr);
    EVP_DigestUpdate(context_, content_.data(), content_.size());
    if (EVP_DigestFinal_ex(context_, value, &size) != 1) throw std::runtime_error("hashing");
    constexpr const char* digits = "0123456789abcdef";
    std::string text;
    for (unsigned i = 0; i < size; ++i) {
      text += digits[value[i] >> 4U];
      text += digits[value[i] & 15U];
    }
    return text;
  }

  std::uint64_t size() const { return content_.size(); }

 private:
  EVP_MD* sha256_;
  EVP_MD_CTX* context_;
  std::vector<char> content_;
};

/// Files that are written and wait for one flush: temporary name and hash of each.
struct Round {
  std::vector<std::pair<std::string, std::string>> files;
  std::uint64_t bytes = 0;

  bool is_full() const { return files.size() >= files_in_round || bytes >= bytes_in_round; }
};

class Copy {
 public:
  Copy(const std::string& source, const std::string& target)
      : source_(AT_FDCWD, source, O_RDONLY | O_DIRECTORY),
        target_(AT_FDCWD, with_folders(target), O_RDONLY | O_DIRECTORY),
        temporary_(target_.get(), "tmp", O_RDONLY | O_DIRECTORY) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(source)) {
      if (entry.is_regular_file()) names_.push_back(entry.path().native().substr(source.size() + 1));
    }
  }

  void run(unsigned threads) {
    std::vector<std::exception_ptr> errors(threads);
    {
      std::vector<std::jthread> workers;
      for (unsigned i = 0; i < threads; ++i) {
        workers.emplace_back([this, &error = errors[i]] { work(error); });
      }
    }
    for (const std::exception_ptr& error : errors) {
      if (error) std::rethrow_exception(error);
    }
    finish(round_);
    flush();
    std::printf("%zu files, %llu bytes\n", names_.size(), static_cast<unsigned long long>(bytes_.load()));
  }

 private:
  static const std::string& with_folders(const std::string& target) {
    std::filesystem::create_directories(target + "/tmp");
    for (unsigned i = 0; i < 256; ++i) {
      char name[3];
      std::snprintf(name, sizeof name, "%02x", i);
      std::filesystem::create_directory(target + "/" + name);
    }
    return target;
  }

  void work(std::exception_ptr& error) {
    try {
      Worker worker;
      for (std::size_t i = next_++; i < names_.size(); i = next_++) one_file(worker, i);
    } catch (...) {
      error = std::current_exception();
      next_ = names_.size();
    }
  }

  void one_file(Worker& worker, std::size_t i) {
    worker.read(source_.get(), names_[i]);
    std::string hash = worker.hex();
    std::string temporary = std::to_string(i);
    worker.write(temporary_.get(), temporary);
    bytes_ += worker.size();
    Round full;
    {
      const std::lock_guard lock(mutex_);
      round_.files.emplace_back(std::move(temporary), std::move(hash));
      round_.bytes += worker.size();
      if (round_.is_full()) std::swap(full, round_);
    }
    finish(full);
  }

  void finish(const Round& round) {
    if (round.files.empty()) return;
    flush();
    for (const auto& [temporary, hash] : round.files) {
      const std::string name = hash.substr(0, 2) + "/" + hash;
      if (::renameat(temporary_.get(), temporary.c_str(), target_.get(), name.c_str()) != 0) fail(name);
    }
  }

  void flush() {
    const std::lock_guard lock(flushing_);
    if (::syncfs(target_.get()) != 0) fail("syncfs");
  }

  Descriptor source_;
  Descriptor target_;
  Descriptor temporary_;
  std::vector<std::string> names_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<std::uint64_t> bytes_ = 0;
  std::mutex mutex_;
  std::mutex flushing_;
  Round round_;
};

void main_of(int argc, char** argv) {
  if (argc != 4) throw std::invalid_argument("bench_copy SOURCE TARGET THREADS");
  Copy(argv[1], argv[2]).run(static_cast<unsigned>(std::stoul(argv[3])));
}

}  // namespace
}  // namespace unio::bench

int main(int argc, char** argv) {
  return unio::bench::run([&] { unio::bench::main_of(argc, argv); });
}
