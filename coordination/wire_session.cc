#include "coordination/wire.h"

namespace dst_load::coordination {
namespace {

constexpr std::size_t kMaxInstance = 128;

void Put(const WelcomeDirective& from, pb::Directive& out) {
  auto& wire = *out.mutable_welcome();
  wire.set_started(from.welcome.started);
  wire.set_suspended(from.welcome.suspended);
  if (from.welcome.last_progress) *wire.mutable_last_progress() = ToWire(*from.welcome.last_progress);
  if (from.welcome.truth) *wire.mutable_truth() = ToWire(*from.welcome.truth);
  if (from.truth_seq) wire.set_truth_seq(*from.truth_seq);
}
void Put(const ProbeDirective& from, pb::Directive& out) { out.mutable_clock_probe()->set_sent_us(ToWire(from.sent)); }
void Put(const TruthUpdate& from, pb::Directive& out) { *out.mutable_truth() = ToWire(from); }
void Put(const StartDirective&, pb::Directive& out) { out.mutable_start(); }
void Put(const PaceDirective& from, pb::Directive& out) { out.mutable_pace()->set_suspended(from.suspended); }
void Put(const DrainDirective& from, pb::Directive& out) { out.mutable_drain()->set_last_seq(from.last_seq); }
void Put(const StopDirective&, pb::Directive& out) { out.mutable_stop(); }
void Put(const ReleaseDirective&, pb::Directive& out) { out.mutable_release(); }
void Put(const AckDirective& from, pb::Directive& out) { out.mutable_ack()->set_number(from.number); }
void Put(const TruthCurrentDirective&, pb::Directive& out) { out.mutable_truth_current(); }
void Put(const ClockOffsetDirective& from, pb::Directive& out) {
  out.mutable_clock_offset()->set_offset_us(from.offset.offset.count());
  out.mutable_clock_offset()->set_error_us(from.offset.error.count());
}

}  // namespace

Result<Greeting> FromWire(const pb::Hello& wire) {
  if (wire.role() != pb::ROLE_CHURN && wire.role() != pb::ROLE_CLIENT) return Fail(Code::kInvalid, "hello: no role");
  if (wire.run_id().empty() || wire.run_id().size() > kMaxName) return Fail(Code::kInvalid, "hello: no run");
  if (wire.instance().empty() || wire.instance().size() > kMaxInstance)
    return Fail(Code::kInvalid, "hello: no instance");
  Greeting greeting;
  greeting.churn = wire.role() == pb::ROLE_CHURN;
  greeting.instance = wire.instance();
  greeting.pod = ClipText(wire.pod(), kMaxName);
  if (wire.has_truth_seq()) greeting.truth_seq = wire.truth_seq();
  return greeting;
}

pb::Directive ToWire(const Directive& directive) {
  pb::Directive wire;
  std::visit([&](const auto& each) { Put(each, wire); }, directive);
  return wire;
}

Result<WelcomeDirective> FromWire(const pb::Welcome& wire) {
  WelcomeDirective out;
  out.welcome.started = wire.started();
  out.welcome.suspended = wire.suspended();
  if (wire.has_last_progress()) {
    auto progress = FromWire(wire.last_progress());
    if (!progress) return Fail(progress.error());
    out.welcome.last_progress = std::move(*progress);
  }
  if (wire.has_truth()) {
    auto truth = FromWire(wire.truth());
    if (!truth) return Fail(truth.error());
    out.welcome.truth = std::move(*truth);
  }
  if (wire.has_truth_seq()) out.truth_seq = wire.truth_seq();
  return out;
}

}  // namespace dst_load::coordination
