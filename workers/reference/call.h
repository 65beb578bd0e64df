#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/byte_buffer.h>

#include "workers/reference/topics.h"

namespace dst_load::workers::reference {

/// One Get stream: a bounded queue of messages and at most one write under way. A stream that does not keep up is ended
/// with OK, as Linkerd does. Deletes itself when gRPC is done with it.
///
/// Events come on the completion queue's thread, messages from any.
class Call final : private Topics::Subscriber {
 public:
  static constexpr std::size_t kQueueLimit = 100;

  struct Home;
  /// Waits for the next call of a peer on `queue`, which must outlive it, as must `home`.
  static void Await(Home& home, grpc::ServerCompletionQueue& queue);
  /// Takes an event of this queue.
  static void OnEvent(void* tag, bool ok);

 private:
  enum class Op { kBegin, kWrite, kFinish, kDone };
  struct Tag {
    Call* call;
    Op op;
  };

  Call(Home& home, grpc::ServerCompletionQueue& queue);
  ~Call() override;
  void OnBegin(bool ok);
  void OnWritten(bool ok);
  void Tell(const Message& message) override;
  void End(const grpc::Status& status);
  void FinishIfQuiet();
  void GoIfDone();

  Home& home_;
  grpc::ServerCompletionQueue& queue_;
  grpc::ServerContext context_;
  grpc::ByteBuffer request_;
  grpc::ServerAsyncWriter<grpc::ByteBuffer> writer_;
  Tag begin_{this, Op::kBegin}, write_{this, Op::kWrite}, finish_{this, Op::kFinish}, done_{this, Op::kDone};
  std::optional<Target> target_;

  std::mutex mutex_;
  // Guarded by mutex_.
  std::vector<Message> waiting_;
  std::optional<grpc::Status> end_;
  bool writing_ = false, finishing_ = false, done_seen_ = false;
};

}  // namespace dst_load::workers::reference
