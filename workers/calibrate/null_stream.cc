#include "workers/calibrate/null_stream.h"

namespace dst_load::workers::calibrate {

static_assert(alignof(NullStream) > NullStream::kOps);

void NullStream::Await(grpc::AsyncGenericService& service, grpc::ServerCompletionQueue& queue) {
  service.RequestCall(&context_, &call_, &queue, &queue, Tag(Op::kCall));
}

void NullStream::Send(const grpc::ByteBuffer& message) {
  const std::lock_guard lock(mutex_);
  if (broken_) return;
  if (writing_) {
    waiting_.push_back(&message);
    return;
  }
  writing_ = true;
  call_.Write(message, Tag(Op::kWrite));
}

void NullStream::OnWritten(bool ok) {
  const std::lock_guard lock(mutex_);
  writing_ = false;
  broken_ = !ok;
  if (broken_ || waiting_.empty()) return waiting_.clear();
  writing_ = true;
  call_.Write(*waiting_.front(), Tag(Op::kWrite));
  waiting_.pop_front();
}

}  // namespace dst_load::workers::calibrate
