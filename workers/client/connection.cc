#include "workers/client/connection.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

namespace dst_load::workers {
namespace {

constexpr int kSlowWindow = 4096;

grpc::ChannelArguments Arguments(std::int64_t number, bool slow) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt("dst_load.connection", static_cast<int>(number));
  arguments.SetMaxReceiveMessageSize(-1);  // one Add can pass the default 4 MiB
  arguments.SetUserAgentPrefix("dst-load-client");
  // Streams are opened again by us, with our own backoff: gRPC's must not be the slower one.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 500);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5'000);  // in truth the time that one attempt is given
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 5'000);
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 1'000);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_CHANNELZ, 0);  // nobody looks, and it costs memory
  // Finds out about a peer that vanished without a word. grpc-go says GOAWAY to pings more often than every 5 minutes.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 320'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  if (slow) {
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kSlowWindow);
  }
  return arguments;
}

}  // namespace

Connection::Connection(const std::string& destination, std::int64_t number, bool slow)
    : channel_(grpc::CreateCustomChannel(destination, grpc::InsecureChannelCredentials(), Arguments(number, slow))),
      stub_(std::make_unique<grpc::GenericStub>(channel_)) {}

void Connection::Using(MonoTime now) {
  if (!connecting_since_ && channel_->GetState(false) != GRPC_CHANNEL_READY) connecting_since_ = now;
}

std::optional<Micros> Connection::Connected(MonoTime now) {
  if (!connecting_since_) return std::nullopt;
  const auto took = now - *connecting_since_;
  connecting_since_.reset();
  return took;
}

}  // namespace dst_load::workers
