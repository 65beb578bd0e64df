#include "workers/reference/call.h"

#include <utility>

#include "workers/reference/call_home.h"

namespace dst_load::workers::reference {
namespace {

// The path that a request asks for; empty when it cannot be read.
std::string PathOf(const grpc::ByteBuffer& bytes) {
  grpc::Slice slice;
  io::linkerd::proxy::destination::GetDestination request;
  if (!bytes.DumpToSingleSlice(&slice).ok()) return "";
  if (!request.ParseFromArray(slice.begin(), static_cast<int>(slice.size()))) return "";
  return request.path();
}

}  // namespace

Call::Call(Home& home, grpc::ServerCompletionQueue& queue) : home_(home), queue_(queue), writer_(&context_) {
  ++home_.calls;
  context_.AsyncNotifyWhenDone(&done_);
  home_.service.RequestGet(&context_, &request_, &writer_, &queue_, &queue_, &begin_);
}

Call::~Call() {
  --home_.calls;
  home_.calls.notify_all();
}

void Call::Await(Home& home, grpc::ServerCompletionQueue& queue) { new Call(home, queue); }

void Call::OnEvent(void* tag, bool ok) {
  const Tag event = *static_cast<Tag*>(tag);
  Call& call = *event.call;
  switch (event.op) {
    case Op::kBegin:
      return call.OnBegin(ok);
    case Op::kWrite:
      return call.OnWritten(ok);
    case Op::kFinish: {
      {
        const std::lock_guard lock(call.mutex_);
        call.finishing_ = false;
      }
      return call.GoIfDone();
    }
    case Op::kDone: {
      {
        const std::lock_guard lock(call.mutex_);
        call.done_seen_ = true;
        call.waiting_.clear();
        if (!call.end_) call.end_ = grpc::Status::CANCELLED;  // nothing more is said
      }
      return call.GoIfDone();
    }
  }
}

void Call::OnBegin(bool ok) {
  if (!ok) {  // the server is going; done is not told of a call that never was
    delete this;
    return;
  }
  Await(home_, queue_);
  ++home_.total;
  ++home_.active;
  auto target = ReadPath(PathOf(request_), home_.cluster_domain);
  if (!target) {
    ++home_.refused;
    return End({grpc::INVALID_ARGUMENT, target.error().message});
  }
  target_ = std::move(*target);
  home_.topics.Subscribe(*target_, *this);
}

void Call::Tell(const Message& message) {
  const std::lock_guard lock(mutex_);
  if (end_) return;
  if (!writing_) {
    writing_ = true;
    ++home_.sent;
    writer_.Write(*message, &write_);
    return;
  }
  if (waiting_.size() < kQueueLimit) {
    waiting_.push_back(message);
    return;
  }
  ++home_.overflows;
  waiting_.clear();
  end_ = grpc::Status::OK;  // finished when the write that hangs is through
}

void Call::OnWritten(bool ok) {
  {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (!ok) waiting_.clear();  // the peer is gone: done follows
    if (ok && !end_ && !waiting_.empty()) {
      writing_ = true;
      ++home_.sent;
      writer_.Write(*waiting_.front(), &write_);
      waiting_.erase(waiting_.begin());
      return;
    }
    FinishIfQuiet();
  }
  GoIfDone();
}

void Call::End(const grpc::Status& status) {
  const std::lock_guard lock(mutex_);
  end_ = status;
  FinishIfQuiet();
}

// Under mutex_.
void Call::FinishIfQuiet() {
  if (!end_ || writing_ || finishing_ || done_seen_) return;
  finishing_ = true;
  writer_.Finish(*end_, &finish_);
}

void Call::GoIfDone() {
  {
    const std::lock_guard lock(mutex_);
    if (!done_seen_ || writing_ || finishing_) return;
  }
  if (target_) home_.topics.Unsubscribe(*target_, *this);
  --home_.active;
  delete this;
}

}  // namespace dst_load::workers::reference
