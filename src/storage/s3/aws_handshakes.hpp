#pragma once

#include <optional>
#include <string>

#include "base/threads.hpp"

struct aws_channel_handler;
struct aws_channel_slot;
struct aws_tls_connection_options;

namespace unio {

/// How the TLS handshakes of a client end: keeps why one failed, which the library writes only into its log,
/// and ends the connection of one that failed at once.
///
/// Must outlive the client. Thread-safe. Not asked about connections through an HTTP proxy.
class AwsHandshakes {
 public:
  struct Failure {
    std::string name;  ///< the library's, "S2N_ERR_CERT_UNTRUSTED"
    std::string why;   ///< for people
  };

  /// Makes connections with these options tell this of their handshakes.
  void watch(aws_tls_connection_options& options);
  /// Of the last handshake; absent when it went well, or there was none.
  std::optional<Failure> find_last_failure() { return *last_.lock(); }

 private:
  static void on_end(aws_channel_handler*, aws_channel_slot* slot, int error, void* self);

  Synchronized<std::optional<Failure>> last_;
};

}  // namespace unio
