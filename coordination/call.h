#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include "base/error.h"
#include "base/time.h"
#include "coordination/flood_guard.h"
#include "coordination/run.h"
#include "proto/coordination.pb.h"

namespace dst_load::coordination {

/// The mechanics of one worker's stream on the server: at most one read and one write in flight, and one end.
///
/// Operations are started under the server's lock and complete on its queue, each with its own Tag. The call must live
/// until Idle(). Not thread-safe.
class Call {
 public:
  enum class Op { kAccept, kRead, kWrite, kFinish };
  struct Tag {
    Call* call;
    Op op;
  };

  /// `queue_closed` tells, under the server's lock, that no operation may be started any more; it outlives the call.
  Call(AttachmentId id, const bool& queue_closed, FloodGuard may_send)
      : guard(may_send), id_(id), queue_closed_(queue_closed) {}

  AttachmentId Id() const { return id_; }
  void Accept(grpc::AsyncGenericService& service, grpc::ServerCompletionQueue& queue);
  void Read();
  void Write(const v1::Directive& directive);
  /// Ends the stream with a status as soon as nothing is being written; a stream that is stuck is cancelled.
  /// Idempotent.
  void End(const grpc::Status& status);
  /// Breaks the stream without a word: the peer is gone.
  void Cancel() { context_.TryCancel(); }
  /// An operation came back.
  void Completed(Op op);

  bool CanWrite() const { return !writing_ && !end_; }
  bool Ended() const { return end_.has_value(); }
  bool Idle() const { return pending_ == 0; }
  std::string Method() const { return context_.method(); }
  /// The token of "authorization: Bearer TOKEN"; empty when there is none.
  std::string Token() const;
  /// True between Accept's completion and the end.
  bool Open() const { return accepted_ && !end_; }
  /// What Read brought. Errors: kInvalid for what is no WorkerMessage, kThrottled for what is larger than `limit`.
  Result<v1::WorkerMessage> Message(std::size_t limit);

  std::string run_id;  ///< empty until attached
  FloodGuard guard;
  MonoTime deadline{};  ///< for the hello, once accepted; for the end, once Ended. Zero: none yet

 private:
  void* Begin(Op op);
  void Finish();

  AttachmentId id_;
  const bool& queue_closed_;
  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter stream_{&context_};
  grpc::ByteBuffer incoming_;
  std::array<Tag, 4> tags_{Tag{this, Op::kAccept}, Tag{this, Op::kRead}, Tag{this, Op::kWrite}, Tag{this, Op::kFinish}};
  int pending_ = 0;
  bool accepted_ = false, writing_ = false, finishing_ = false;
  std::optional<grpc::Status> end_;
};

}  // namespace dst_load::coordination
