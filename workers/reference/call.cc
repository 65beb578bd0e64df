#include "workers/reference/call.h"

#include <algorithm>
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
    case Op::kFinish:
      return call.OnFinished();
    case Op::kDone:
      return call.OnDone();
  }
}

void Call::OnBegin(bool ok) {
  if (!ok) {  // the server is going; done is not told of a call that never was
    delete this;
    return;
  }
  Await(home_, queue_);
  ++home_.active;
  auto target = ReadPath(PathOf(request_), home_.cluster_domain);
  if (!target) {
    ++home_.total;
    ++home_.refused;
    const std::lock_guard lock(mutex_);
    return Finish({grpc::INVALID_ARGUMENT, target.error().message});
  }
  target_ = std::move(*target);
  home_.topics.Subscribe(*target_, *this);
  ++home_.total;  // and has been told its first set
}

void Call::TellLater(const Message& message, Micros delay) {
  const std::lock_guard lock(mutex_);
  if (end_) return;
  if (held_.empty() && delay == Micros{0}) return Say(message);
  HoldBack(delay, message, {});
}

void Call::End(StreamEnding ending) {
  const std::lock_guard lock(mutex_);
  if (end_) return;
  if (held_.empty()) return EndAsTold(ending);
  HoldBack(Micros{0}, nullptr, ending);
}

// Under mutex_.
void Call::Say(const Message& message) {
  if (end_) return;
  if (!writing_) return Write(*message);
  if (waiting_.size() < kQueueLimit) {
    ++home_.waiting;
    waiting_.push_back(message);
    return;
  }
  ++home_.overflows;
  DropWaiting();
  end_ = grpc::Status::OK;  // finished when the write that hangs is through
}

// Under mutex_.
void Call::Write(const grpc::ByteBuffer& bytes) {
  writing_ = true;
  ++home_.sent;
  writer_.Write(bytes, &write_);
}

// Under mutex_.
void Call::DropWaiting() {
  home_.waiting -= waiting_.size();
  waiting_.clear();
}

// Under mutex_.
void Call::EndAsTold(StreamEnding ending) {
  const bool overflow = ending == StreamEnding::kOverflow;
  if (overflow) ++home_.overflows;
  Finish(overflow ? grpc::Status::OK : grpc::Status(grpc::UNAVAILABLE, "reset by a fault"));
}

// Under mutex_. Messages and the end keep their order, so one that is not delayed waits for those before it.
void Call::HoldBack(Micros delay, const Message& message, StreamEnding ending) {
  MonoTime due = home_.clock.Mono() + delay;
  if (!held_.empty()) due = std::max(due, held_.back().due);
  held_.push_back({due, message, ending});
  ++home_.waiting;
  if (!std::exchange(asleep_, true)) home_.delays->Sleep(*this, due);
}

void Call::Awake() {
  bool going = false;
  {
    const std::lock_guard lock(mutex_);
    asleep_ = false;
    for (const MonoTime now = home_.clock.Mono(); !held_.empty() && held_.front().due <= now; held_.pop_front()) {
      const Held& held = held_.front();
      held.message ? Say(held.message) : EndAsTold(held.ending);
      --home_.waiting;
    }
    if (!held_.empty()) {
      asleep_ = true;
      home_.delays->Sleep(*this, held_.front().due);
    }
    going = MayGo();
  }
  if (going) Go();
}

void Call::OnWritten(bool ok) {
  bool going = false, taken = false;
  {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (!ok) DropWaiting();  // the peer is gone: done follows
    if (waiting_.empty()) {
      FinishIfQuiet();
    } else {
      Write(*waiting_.front());
      waiting_.erase(waiting_.begin());
      --home_.waiting;
    }
    taken = ok && !done_seen_;
    going = MayGo();
  }
  if (taken && home_.topics.Blocks()) home_.topics.Taken(*target_, *this);
  if (going) Go();
}

void Call::OnFinished() {
  bool going = false;
  {
    const std::lock_guard lock(mutex_);
    finishing_ = false;
    going = MayGo();
  }
  if (going) Go();
}

void Call::OnDone() {
  bool going = false;
  {
    const std::lock_guard lock(mutex_);
    done_seen_ = true;
    DropWaiting();
    home_.waiting -= held_.size();
    held_.clear();
    if (asleep_ && home_.delays->Cancel(*this)) asleep_ = false;
    if (!end_) end_ = grpc::Status::CANCELLED;  // nothing more is said
    going = MayGo();
  }
  if (going) Go();
}

// Under mutex_.
void Call::Finish(const grpc::Status& status) {
  end_ = status;
  FinishIfQuiet();
}

// Under mutex_.
void Call::FinishIfQuiet() {
  if (!end_ || writing_ || !waiting_.empty() || finishing_ || done_seen_) return;
  finishing_ = true;
  writer_.Finish(*end_, &finish_);
}

// Under mutex_. True once: after that only who asked may touch the call.
bool Call::MayGo() {
  if (!done_seen_ || writing_ || finishing_ || asleep_ || going_) return false;
  going_ = true;
  return true;
}

void Call::Go() {
  if (target_) home_.topics.Unsubscribe(*target_, *this);
  --home_.active;
  delete this;
}

}  // namespace dst_load::workers::reference
