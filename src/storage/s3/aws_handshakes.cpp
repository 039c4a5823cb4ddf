#include "storage/s3/aws_handshakes.hpp"

#include <aws/common/error.h>
#include <aws/io/channel.h>
#include <aws/io/io.h>
#include <aws/io/tls_channel_handler.h>
#include <s2n.h>

namespace unio {

void AwsHandshakes::watch(aws_tls_connection_options& options) {
  aws_tls_connection_options_set_callbacks(&options, &AwsHandshakes::on_end, nullptr, nullptr, this);
}

void AwsHandshakes::on_end(aws_channel_handler*, aws_channel_slot* slot, int error, void* self) {
  auto& last = static_cast<AwsHandshakes*>(self)->last_;
  if (error == AWS_ERROR_SUCCESS) {
    last.lock()->reset();
    return;
  }
  *last.lock() = Failure{s2n_strerror_name(s2n_errno), s2n_strerror(s2n_errno, "EN")};
  // The library would keep the connection for 10 to 30 seconds, so that its end tells nothing of how far
  // secrets were right. A client that did not like a certificate has used none yet. It ends a connection at
  // once for this error only, and the first one to end it decides.
  aws_channel_shutdown(slot->channel, AWS_IO_SOCKET_CLOSED);
}

}  // namespace unio
