#pragma once

#include <memory>
#include <optional>
#include <string>

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include "coordination/worker_session.h"
#include "proto/coordination.pb.h"

namespace dst_load::coordination::test {

/// A connection to where a worker would attach, over TLS, for peers that say whatever they want.
std::shared_ptr<grpc::Channel> RawChannel(const SessionOptions& to);

/// One stream of bytes. Blocks; ends by itself after 60 seconds. Not thread-safe.
class RawPeer {
 public:
  RawPeer(const std::shared_ptr<grpc::Channel>& channel, const std::string& token);
  ~RawPeer();

  /// False when the stream is over.
  bool Send(const std::string& bytes);
  bool Send(const v1::WorkerMessage& message) { return Send(message.SerializeAsString()); }
  /// nullopt when the stream is over.
  std::optional<v1::Directive> Read();
  /// Says good-bye, takes what still comes and returns how the stream ended.
  grpc::Status Finish();

 private:
  bool Done();

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  bool open_ = false;
};

}  // namespace dst_load::coordination::test
