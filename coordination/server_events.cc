#include <openssl/crypto.h>

#include <algorithm>
#include <vector>

#include "base/log_scope.h"
#include "coordination/server_impl.h"
#include "coordination/wire.h"

namespace dst_load::coordination {
namespace {

constexpr const char* kMethod = "/dst_load.coordination.v1.Coordinator/Attach";

bool SameSecret(const std::string& a, const std::string& b) {
  return !a.empty() && a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

void ServerImpl::Loop() {
  const auto wait =
      gpr_time_from_millis(std::chrono::duration_cast<std::chrono::milliseconds>(kTick).count(), GPR_TIMESPAN);
  while (true) {
    void* tag = nullptr;
    bool ok = false;
    const auto next = queue_->AsyncNext(&tag, &ok, wait);
    if (next == grpc::CompletionQueue::SHUTDOWN) return;
    if (next == grpc::CompletionQueue::GOT_EVENT) OnEvent(TagOf(tag), ok);
    const auto now = clock_.Mono();
    if (now >= next_tick_) OnTick(now);
    NotifyChanges(now);
  }
}

Call::Tag ServerImpl::TagOf(const void* tag) const {
  // Under the lock as when it was made: the queue that handed it over is not known to synchronise.
  const std::lock_guard lock(mutex_);
  return *static_cast<const Call::Tag*>(tag);
}

void ServerImpl::OnEvent(const Call::Tag& tag, bool ok) {
  Call& call = *tag.call;
  if (tag.op == Call::Op::kRead) {
    OnRead(call, ok);
  } else {
    const std::lock_guard lock(mutex_);
    call.Completed(tag.op);
    if (tag.op == Call::Op::kAccept) OnAccepted(call, ok);
    if (tag.op == Call::Op::kWrite && ok) {
      if (const auto run = runs_.find(call.run_id); run != runs_.end()) Pump(call, run->second.run);
    }
  }
  const std::lock_guard lock(mutex_);
  if (call.Idle()) calls_.erase(call.Id());
}

void ServerImpl::AcceptNext() {
  const auto id = ++last_id_;
  const FloodGuard may_send(options_.messages_per_second, options_.message_burst);
  auto call = std::make_unique<Call>(id, queue_closed_, may_send);
  call->Accept(service_, *queue_);
  calls_.emplace(id, std::move(call));
}

void ServerImpl::OnAccepted(Call& call, bool ok) {
  if (!ok) return;  // shutting down
  AcceptNext();
  if (call.Method() != kMethod) {
    Refuse(call, grpc::StatusCode::UNIMPLEMENTED, "no such method", stats_.malformed);
    return;
  }
  if (Strangers() > options_.max_strangers) {
    Refuse(call, grpc::StatusCode::RESOURCE_EXHAUSTED, "too many sessions without a hello", stats_.flooded);
    return;
  }
  call.deadline = clock_.Mono() + kHelloWithin;
  call.Read();
}

std::size_t ServerImpl::Strangers() const {
  std::size_t count = 0;
  for (const auto& [id, call] : calls_) count += call->Open() && call->run_id.empty() ? 1U : 0U;
  return count;
}

void ServerImpl::OnRead(Call& call, bool ok) {
  // Before parsing, which takes a while: clock probes want to know when the bytes were here.
  const auto arrived = clock_.Wall();
  Result<v1::WorkerMessage> message = Fail(Code::kCancelled, "stream ended");
  if (ok) message = call.Message(options_.max_message_bytes);
  const std::lock_guard lock(mutex_);
  call.Completed(Call::Op::kRead);
  if (!ok) {
    Leave(call);
    call.End(grpc::Status::OK);
    return;
  }
  if (call.Ended()) return;
  if (!call.guard.Admit(clock_.Mono())) {
    Refuse(call, grpc::StatusCode::RESOURCE_EXHAUSTED, "too many messages", stats_.flooded);
    return;
  }
  Take(call, std::move(message), arrived);
  if (!call.Ended()) call.Read();
}

void ServerImpl::Take(Call& call, Result<v1::WorkerMessage> message, WallTime arrived) {
  if (!message && message.error().code == Code::kThrottled) {
    Refuse(call, grpc::StatusCode::RESOURCE_EXHAUSTED, message.error().message, stats_.oversized);
    return;
  }
  if (!message) return RefuseFor(call, message.error());
  if (call.run_id.empty()) {
    TakeHello(call, *message);
    return;
  }
  const auto it = runs_.find(call.run_id);
  if (it == runs_.end()) return;
  Run& run = it->second.run;
  const auto stage = run.CurrentStage();
  if (auto applied = Apply(run, call, *message, arrived); !applied) return RefuseFor(call, applied.error());
  // Only churn's words and a new stage concern the others.
  if (message->has_truth() || message->has_churn() || run.CurrentStage() != stage) {
    PumpAll(run);
  } else {
    Pump(call, run);
  }
}

void ServerImpl::TakeHello(Call& call, const v1::WorkerMessage& message) {
  auto greeting = FromWire(message.hello());
  if (!message.has_hello() || !greeting) {
    Refuse(call, grpc::StatusCode::INVALID_ARGUMENT, greeting ? "no hello" : greeting.error().message,
           stats_.malformed);
    return;
  }
  const auto& run_id = message.hello().run_id();
  const auto it = runs_.find(run_id);
  if (it == runs_.end()) {
    RefuseForRun(call, run_id);
    return;
  }
  Run& run = it->second.run;
  if (!SameSecret(call.Token(), run.Spec().token)) {
    Refuse(call, grpc::StatusCode::UNAUTHENTICATED, "wrong token", stats_.refused_token);
    return;
  }
  const auto stage = run.CurrentStage();
  const auto ended = run.Attach(call.Id(), *greeting, clock_.Mono());
  if (!ended && ended.error().code == Code::kThrottled) return RefuseFor(call, ended.error());
  if (!ended) {
    call.End({grpc::StatusCode::FAILED_PRECONDITION, ended.error().message});
    return;
  }
  call.run_id = run_id;
  call.deadline = {};
  ++stats_.attached;
  const log::Scope about{{"namespace", run.Spec().owner_ns}, {"name", run.Spec().owner_name}, {"runID", run_id}};
  log::Info("worker attached",
            {{"role", greeting->churn ? "churn" : "client"}, {"pod", greeting->pod}, {"instance", greeting->instance}});
  for (const auto id : *ended) EndCall(id, grpc::StatusCode::ABORTED, "replaced");
  run.CurrentStage() == stage ? Pump(call, run) : PumpAll(run);
}

Status ServerImpl::Apply(Run& run, const Call& call, v1::WorkerMessage& message, WallTime arrived) {
  const auto now = clock_.Mono();
  switch (message.message_case()) {
    case v1::WorkerMessage::kClockReply:
      run.OnClockReply(call.Id(), TimeFromWire(message.clock_reply().sent_us()),
                       TimeFromWire(message.clock_reply().received_us()), arrived, now);
      return {};
    case v1::WorkerMessage::kClient: {
      auto report = PackFromWire(message.client());
      if (!report) return Fail(report.error());
      return run.OnClient(call.Id(), std::move(*report), message.number(), now);
    }
    case v1::WorkerMessage::kChurn: {
      auto report = FromWire(message.churn());
      if (!report) return Fail(report.error());
      return run.OnChurn(call.Id(), std::move(*report), message.number(), now);
    }
    case v1::WorkerMessage::kTruth: {
      auto truth = FromWire(message.truth());
      if (!truth) return Fail(truth.error());
      return run.OnTruth(call.Id(), std::move(*truth), now);
    }
    case v1::WorkerMessage::kTruthRequest:
      return run.OnTruthRequest(call.Id(), now);
    case v1::WorkerMessage::kHello:
      return Fail(Code::kInvalid, "a second hello");
    case v1::WorkerMessage::MESSAGE_NOT_SET:
      return Fail(Code::kInvalid, "an empty message");
  }
  return Fail(Code::kInvalid, "an unknown message");
}

// Workers of a run that is over come again and again.
void ServerImpl::RefuseForRun(Call& call, const std::string& run_id) {
  ++stats_.refused_run;
  const bool first = unknown_runs_.Take(run_id);
  log::Write(first ? log::Level::kWarn : log::Level::kDebug, "worker refused",
             {{"error", "no such run"}, {"runID", run_id}});
  call.End({grpc::StatusCode::NOT_FOUND, "no such run"});
}

void ServerImpl::RefuseFor(Call& call, const Error& error) {
  if (error.code == Code::kThrottled) {
    Refuse(call, grpc::StatusCode::RESOURCE_EXHAUSTED, error.message, stats_.flooded);
  } else {
    Refuse(call, grpc::StatusCode::INVALID_ARGUMENT, error.message, stats_.malformed);
  }
}

void ServerImpl::Refuse(Call& call, grpc::StatusCode code, const std::string& why, std::uint64_t& counter) {
  ++counter;
  const auto run = runs_.find(call.run_id);
  const bool known = run != runs_.end();
  const log::Scope about{{"namespace", known ? run->second.run.Spec().owner_ns : ""},
                         {"name", known ? run->second.run.Spec().owner_name : ""},
                         {"runID", call.run_id}};
  log::Warn("worker refused", {{"error", why}});
  Leave(call);
  call.End({code, why});
}

void ServerImpl::EndCall(AttachmentId id, grpc::StatusCode code, const std::string& why) {
  const auto it = calls_.find(id);
  if (it != calls_.end()) it->second->End({code, why});
}

void ServerImpl::Leave(Call& call) {
  const auto it = runs_.find(call.run_id);
  if (it == runs_.end()) return;
  it->second.run.Detach(call.Id(), clock_.Mono());
  PumpAll(it->second.run);
}

void ServerImpl::Pump(Call& call, Run& run) {
  if (!call.CanWrite()) return;
  if (const auto directive = run.Next(call.Id(), clock_.Wall(), clock_.Mono())) call.Write(ToWire(*directive));
}

void ServerImpl::PumpAll(Run& run) {
  for (const auto id : run.Attachments()) {
    if (const auto it = calls_.find(id); it != calls_.end()) Pump(*it->second, run);
  }
}

void ServerImpl::OnTick(MonoTime now) {
  next_tick_ = now + kTick;
  const std::lock_guard lock(mutex_);
  PaceReports();
  for (auto& [id, entry] : runs_) {
    for (const auto silent : entry.run.Tick(now)) {
      if (const auto it = calls_.find(silent); it != calls_.end()) it->second->Cancel();
    }
    PumpAll(entry.run);
  }
  for (auto& [id, call] : calls_) WatchDeadline(*call, now);
}

// Each session has the same share.
void ServerImpl::PaceReports() {
  const double share = options_.report_bytes_per_second / static_cast<double>(std::max<std::size_t>(calls_.size(), 1));
  for (auto& [id, entry] : runs_) entry.run.PaceReports(share);
}

void ServerImpl::WatchDeadline(Call& call, MonoTime now) {
  const bool passed = call.deadline != MonoTime{} && now > call.deadline;
  if (call.Ended()) {
    // It does not take its last words: it is stuck.
    if (passed) call.Cancel();
  } else if (call.run_id.empty() && passed) {
    Refuse(call, grpc::StatusCode::DEADLINE_EXCEEDED, "no hello in time", stats_.malformed);
  }
  if (call.Ended() && (passed || call.deadline == MonoTime{})) call.deadline = now + kEndWithin;
}

void ServerImpl::NotifyChanges(MonoTime now) {
  std::vector<std::string> changed;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [id, entry] : runs_) {
      const bool moved = entry.run.CurrentStage() != entry.notified_stage;
      if (entry.run.Revision() == entry.notified_revision) continue;
      if (!moved && now - entry.notified_at < kNotifyEvery) continue;
      entry.notified_revision = entry.run.Revision();
      entry.notified_stage = entry.run.CurrentStage();
      entry.notified_at = now;
      changed.push_back(id);
    }
  }
  if (!on_change_) return;
  for (const auto& id : changed) on_change_(id);
}

}  // namespace dst_load::coordination
