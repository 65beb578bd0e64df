#include <mutex>

#include "base/log.h"
#include "coordination/link.h"
#include "coordination/outbox.h"
#include "coordination/truth_log.h"
#include "coordination/wire.h"
#include "coordination/worker_session.h"

namespace dst_load::coordination {
namespace {

constexpr std::size_t kTruthBatch = 1000;

class LinkedChurnSession final : public ChurnSession, private Link::Talker {
 public:
  LinkedChurnSession(SessionOptions options, ChurnHandlers handlers, const Clock& clock)
      : handlers_(std::move(handlers)), link_(std::move(options), *this, clock) {}

  void Start() { link_.Start(); }

  void SetState(const measure::TruthState& state) override {
    {
      const std::lock_guard lock(mutex_);
      truth_.Reset(state);
      const auto& now = truth_.State();
      const bool as_told = told_ && told_->seq == now.seq && told_->services == now.services;
      if (!as_told) peer_known_.reset();
    }
    link_.Kick();
  }

  void Publish(const std::vector<measure::Change>& changes) override {
    {
      const std::lock_guard lock(mutex_);
      if (auto appended = truth_.Append(changes); !appended) {
        log::Err("published truth is not contiguous", {{"error", appended.error().message}});
        return;
      }
    }
    link_.Kick();
  }

  void Report(const ChurnProgress& progress, const measure::ChurnSnapshot& snapshot) override {
    v1::WorkerMessage message;
    *message.mutable_churn() = ToWire(ChurnReport{progress, snapshot});
    outbox_.Put(std::move(message));
    link_.Kick();
  }

  bool Flush(Micros timeout) override {
    link_.Hurry();
    return outbox_.WaitAcked(timeout);
  }
  bool Attached() const override { return link_.Attached(); }

 private:
  v1::Hello MakeHello() override {
    outbox_.Rewind();
    v1::Hello hello;
    hello.set_role(v1::ROLE_CHURN);
    return hello;
  }

  /// Truth before reports: a report's last_seq is there when it arrives.
  std::optional<v1::WorkerMessage> NextMessage() override {
    {
      const std::lock_guard lock(mutex_);
      if (auto truth = NextTruth()) {
        v1::WorkerMessage message;
        *message.mutable_truth() = ToWire(*truth);
        return message;
      }
    }
    return outbox_.Take();
  }

  std::optional<TruthUpdate> NextTruth() {
    if (!truth_.Known() || peer_known_ == truth_.Last()) return std::nullopt;
    TruthUpdate update;
    auto changes = peer_known_ ? truth_.Since(*peer_known_, kTruthBatch) : std::nullopt;
    if (!changes) {
      update.state = truth_.Base();
      peer_known_ = truth_.Base().seq;
      changes = truth_.Since(*peer_known_, kTruthBatch);
    }
    update.changes = std::move(*changes);
    if (!update.changes.empty()) peer_known_ = update.changes.back().seq;
    return update;
  }

  Status OnDirective(const v1::Directive& directive) override {
    switch (directive.directive_case()) {
      case v1::Directive::kWelcome:
        return OnWelcome(directive.welcome());
      case v1::Directive::kStart:
        if (handlers_.on_start) handlers_.on_start();
        return {};
      case v1::Directive::kPace:
        if (handlers_.on_pace) handlers_.on_pace(directive.pace().suspended());
        return {};
      case v1::Directive::kStop:
        if (handlers_.on_stop) handlers_.on_stop();
        return {};
      case v1::Directive::kRelease:
        if (handlers_.on_release) handlers_.on_release();
        return {};
      case v1::Directive::kAck:
        outbox_.Acked(directive.ack().number());
        return {};
      default:
        return {};
    }
  }

  Status OnWelcome(const v1::Welcome& wire) {
    const auto directive = FromWire(wire);
    if (!directive) return Fail(directive.error());
    {
      const std::lock_guard lock(mutex_);
      peer_known_ = directive->truth_seq;
      told_.reset();
      if (directive->welcome.truth) told_ = directive->welcome.truth->state;
    }
    if (handlers_.on_welcome) handlers_.on_welcome(directive->welcome);
    return {};
  }

  const ChurnHandlers handlers_;
  Outbox outbox_;
  std::mutex mutex_;
  TruthLog truth_;
  std::optional<measure::Seq> peer_known_;   ///< what the coordinator has, or is being sent, of our truth
  std::optional<measure::TruthState> told_;  ///< the state it welcomed us with
  Link link_;                                ///< last: its thread uses the others
};

}  // namespace

std::unique_ptr<ChurnSession> ChurnSession::Create(SessionOptions options, ChurnHandlers handlers, const Clock& clock) {
  auto session = std::make_unique<LinkedChurnSession>(std::move(options), std::move(handlers), clock);
  session->Start();
  return session;
}

}  // namespace dst_load::coordination
