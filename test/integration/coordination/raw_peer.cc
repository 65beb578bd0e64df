#include "raw_peer.h"

#include <grpcpp/impl/codegen/proto_utils.h>

namespace dst_load::coordination::test {
namespace {

constexpr const char* kMethod = "/dst_load.coordination.v1.Coordinator/Attach";

}  // namespace

std::shared_ptr<grpc::Channel> RawChannel(const SessionOptions& to) {
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = to.credentials.ca_pem;
  grpc::ChannelArguments args;
  args.SetSslTargetNameOverride(to.server_name);
  args.SetMaxSendMessageSize(-1);
  args.SetMaxReceiveMessageSize(-1);
  // A connection of its own, not one shared with other channels to this address.
  args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(to.address, grpc::SslCredentials(tls), args);
}

RawPeer::RawPeer(const std::shared_ptr<grpc::Channel>& channel, const std::string& token) : stub_(channel) {
  if (!token.empty()) context_.AddMetadata("authorization", "Bearer " + token);
  context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds{60});
  stream_ = stub_.PrepareCall(&context_, kMethod, &queue_);
  stream_->StartCall(this);
  open_ = Done();
}

RawPeer::~RawPeer() {
  context_.TryCancel();
  queue_.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
  }
}

bool RawPeer::Done() {
  void* tag = nullptr;
  bool ok = false;
  return queue_.Next(&tag, &ok) && ok;
}

bool RawPeer::Send(const std::string& bytes) {
  if (!open_) return false;
  const grpc::Slice slice(bytes);
  stream_->Write(grpc::ByteBuffer(&slice, 1), this);
  return open_ = Done();
}

std::optional<v1::Directive> RawPeer::Read() {
  grpc::ByteBuffer bytes;
  stream_->Read(&bytes, this);
  if (!Done()) return std::nullopt;
  v1::Directive directive;
  if (!grpc::SerializationTraits<v1::Directive>::Deserialize(&bytes, &directive).ok()) return std::nullopt;
  return directive;
}

grpc::Status RawPeer::Finish() {
  if (open_) {
    stream_->WritesDone(this);
    Done();
  }
  while (Read()) {
  }
  grpc::Status status;
  stream_->Finish(&status, this);
  Done();
  return status;
}

}  // namespace dst_load::coordination::test
