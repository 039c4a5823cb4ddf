#include "storage/s3/aws_handshakes.hpp"

#include <aws/common/error.h>
#include <aws/io/tls_channel_handler.h>
#include <s2n.h>

#include <cstdint>
#include <string_view>

// The library keeps the connection of a failed handshake for 10 to 30 seconds, and whoever waits for it too,
// so that the time of its end tells nothing of secrets. A client that does not like a certificate has used
// none yet, and has somebody waiting for the reason. Connections that carry data stay as they are. The linker
// puts this function in the place of the library's; see CMakeLists.txt.
extern "C" std::uint64_t __real_s2n_connection_get_delay(s2n_connection* connection);
extern "C" std::uint64_t __wrap_s2n_connection_get_delay(s2n_connection* connection) {
  const char* phase = s2n_connection_get_last_message_name(connection);
  const bool carries_data = phase == nullptr || std::string_view(phase) == "APPLICATION_DATA";
  return carries_data ? __real_s2n_connection_get_delay(connection) : 0;
}

namespace unio {

void AwsHandshakes::watch(aws_tls_connection_options& options) {
  aws_tls_connection_options_set_callbacks(&options, &AwsHandshakes::on_end, nullptr, nullptr, this);
}

void AwsHandshakes::on_end(aws_channel_handler*, aws_channel_slot*, int error, void* self) {
  auto& last = static_cast<AwsHandshakes*>(self)->last_;
  if (error == AWS_ERROR_SUCCESS) {
    last.lock()->reset();
  } else {
    *last.lock() = Failure{s2n_strerror_name(s2n_errno), s2n_strerror(s2n_errno, "EN")};
  }
}

}  // namespace unio
