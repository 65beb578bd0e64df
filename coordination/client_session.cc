#include <mutex>

#include "coordination/link.h"
#include "coordination/outbox.h"
#include "coordination/wire.h"
#include "coordination/worker_session.h"

namespace dst_load::coordination {
namespace {

class LinkedClientSession final : public ClientSession, private Link::Talker {
 public:
  LinkedClientSession(SessionOptions options, ClientHandlers handlers, const Clock& clock)
      : handlers_(std::move(handlers)), link_(std::move(options), *this, clock) {}

  void Start() { link_.Start(); }

  void Report(const measure::ClientSnapshot& snapshot, const ClientStatus& status) override {
    v1::WorkerMessage message;
    *message.mutable_client() = ToWire(snapshot, status);
    outbox_.Put(std::move(message));
    link_.Kick();
  }

  void RequestTruth() override {
    {
      const std::lock_guard lock(mutex_);
      truth_known_.reset();
      truth_wanted_ = true;
    }
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
    hello.set_role(v1::ROLE_CLIENT);
    const std::lock_guard lock(mutex_);
    truth_wanted_ = false;  // a hello without truth_seq asks for the state
    if (truth_known_) hello.set_truth_seq(*truth_known_);
    return hello;
  }

  std::optional<v1::WorkerMessage> NextMessage() override {
    {
      const std::lock_guard lock(mutex_);
      if (truth_wanted_) {
        truth_wanted_ = false;
        v1::WorkerMessage message;
        message.mutable_truth_request();
        return message;
      }
    }
    return outbox_.Take();
  }

  Status OnDirective(const v1::Directive& directive) override {
    switch (directive.directive_case()) {
      case v1::Directive::kTruth:
        return OnTruth(directive.truth());
      case v1::Directive::kDrain:
        if (handlers_.on_drain) handlers_.on_drain(directive.drain().last_seq());
        return {};
      case v1::Directive::kRelease:
        if (handlers_.on_release) handlers_.on_release();
        return {};
      case v1::Directive::kClockOffset:
        if (handlers_.on_clock) {
          handlers_.on_clock(
              {Micros{directive.clock_offset().offset_us()}, Micros{directive.clock_offset().error_us()}});
        }
        return {};
      case v1::Directive::kTruthCurrent:
        if (handlers_.on_truth_current) handlers_.on_truth_current();
        return {};
      case v1::Directive::kAck:
        outbox_.Acked(directive.ack().number());
        return {};
      default:
        return {};
    }
  }

  Status OnTruth(const v1::Truth& wire) {
    const auto update = FromWire(wire);
    if (!update) return Fail(update.error());
    {
      const std::lock_guard lock(mutex_);
      if (update->state) truth_known_ = update->state->seq;
      // History that was on its way when the state was asked for is of no use without it, and does not count as known.
      if (!update->changes.empty() && truth_known_) truth_known_ = update->changes.back().seq;
    }
    if (handlers_.on_truth) handlers_.on_truth(*update);
    return {};
  }

  const ClientHandlers handlers_;
  Outbox outbox_;
  std::mutex mutex_;
  std::optional<measure::Seq> truth_known_;  ///< told to the worker up to here
  bool truth_wanted_ = false;
  Link link_;  ///< last: its thread uses the others
};

}  // namespace

std::unique_ptr<ClientSession> ClientSession::Create(SessionOptions options, ClientHandlers handlers,
                                                     const Clock& clock) {
  auto session = std::make_unique<LinkedClientSession>(std::move(options), std::move(handlers), clock);
  session->Start();
  return session;
}

}  // namespace dst_load::coordination
