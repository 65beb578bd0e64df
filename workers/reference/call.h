#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/byte_buffer.h>

#include "workers/reference/delay_line.h"
#include "workers/reference/topics.h"

namespace dst_load::workers::reference {

/// One Get stream: a bounded queue of messages and at most one write under way. A stream that does not keep up is ended
/// with OK, as Linkerd does. Deletes itself when gRPC is done with it.
///
/// Events come on the completion queue's thread, messages from any, and those that a fault delays on the delay line's.
class Call final : private Topics::Subscriber, private DelayLine::Sleeper {
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
  void OnFinished();
  void OnDone();
  void Tell(const Message& message) override { TellLater(message, Micros{0}); }
  void TellLater(const Message& message, Micros delay) override;
  void End(StreamEnding ending) override;
  void Awake() override;
  void Say(const Message& message);
  void Write(const grpc::ByteBuffer& bytes);
  void HoldBack(Micros delay, const Message& message, StreamEnding ending);
  void DropWaiting();
  void EndAsTold(StreamEnding ending);
  void Finish(const grpc::Status& status);
  void FinishIfQuiet();
  bool MayGo();
  void Go();

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
  std::optional<grpc::Status> end_;  ///< behind what waits
  bool writing_ = false, finishing_ = false, done_seen_ = false, going_ = false;
  /// What a fault delays, and everything behind it: a message, or the end.
  struct Held {
    MonoTime due;
    Message message;
    StreamEnding ending;
  };
  std::deque<Held> held_;
  bool asleep_ = false;  ///< in the delay line
};

}  // namespace dst_load::workers::reference
