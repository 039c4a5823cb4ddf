#pragma once

#include <memory>
#include <optional>
#include <string>

struct aws_client_bootstrap;
struct aws_tls_ctx;

namespace unio {

/// What all clients share of the AWS C libraries: event loops, name resolution, TLS. Starting it takes 40 to
/// 70 ms, so it is made when the first bucket is opened.
///
/// Must outlive its signers and clients; its destructor waits for its threads. Thread-safe.
///
/// A forked child must neither use nor destroy what it inherited; it makes its own beside it.
class AwsRuntime {
 public:
  struct Options {
    /// A PEM file of the authorities that are trusted instead of the system's.
    std::optional<std::string> ca_file;
    unsigned event_loops = 2;
  };
  explicit AwsRuntime(const Options& options);
  ~AwsRuntime();
  AwsRuntime(const AwsRuntime&) = delete;
  AwsRuntime& operator=(const AwsRuntime&) = delete;

  aws_client_bootstrap* bootstrap() const;
  /// Made on first use: it reads all authorities, twice.
  aws_tls_ctx* tls();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace unio
