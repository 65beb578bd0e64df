#pragma once

#include <cstdint>
#include <deque>
#include <mutex>

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/support/byte_buffer.h>

namespace dst_load::workers::calibrate {

/// One call to the null destination. Send is thread-safe; the rest belongs to the completion queue's thread.
class NullStream {
 public:
  /// What ended on the completion queue; a tag is the stream's address and this.
  enum class Op : std::uintptr_t { kCall = 0, kRead, kWrite };
  static constexpr std::uintptr_t kOps = 3;

  void* Tag(Op op) {
    return reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(this) | static_cast<std::uintptr_t>(op));
  }
  static NullStream& Of(void* tag) {
    return *reinterpret_cast<NullStream*>(reinterpret_cast<std::uintptr_t>(tag) & ~kOps);
  }
  static Op OpOf(void* tag) { return static_cast<Op>(reinterpret_cast<std::uintptr_t>(tag) & kOps); }

  /// Waits for a call.
  void Await(grpc::AsyncGenericService& service, grpc::ServerCompletionQueue& queue);
  /// The call is here: asks for its request.
  void Read() { call_.Read(&request_, Tag(Op::kRead)); }
  const grpc::ByteBuffer& Request() const { return request_; }

  /// Sends once what came before has been taken. `message` must outlive the stream.
  void Send(const grpc::ByteBuffer& message);
  void OnWritten(bool ok);

 private:
  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter call_{&context_};
  grpc::ByteBuffer request_;
  std::mutex mutex_;
  bool writing_ = false, broken_ = false;  // under mutex_, with the next
  std::deque<const grpc::ByteBuffer*> waiting_;
};

}  // namespace dst_load::workers::calibrate
