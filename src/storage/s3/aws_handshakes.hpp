#pragma once

#include <optional>
#include <string>

#include "base/threads.hpp"

struct aws_channel_handler;
struct aws_channel_slot;
struct aws_tls_connection_options;

namespace unio {

/// Keeps why the last TLS handshake of a client failed, which the library writes only into its log.
///
/// Must outlive the client. Thread-safe. Hears nothing of connections through an HTTP proxy.
class AwsHandshakes {
 public:
  struct Failure {
    std::string name;  ///< the library's, "S2N_ERR_CERT_UNTRUSTED"
    std::string why;   ///< for people
  };

  /// Makes connections with these options tell this of their handshakes.
  void watch(aws_tls_connection_options& options);
  /// Absent when the last handshake went well, or there was none.
  std::optional<Failure> find_last_failure() { return *last_.lock(); }

 private:
  static void on_end(aws_channel_handler*, aws_channel_slot*, int error, void* self);

  Synchronized<std::optional<Failure>> last_;
};

}  // namespace unio
