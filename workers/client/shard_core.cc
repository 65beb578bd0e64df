#include "workers/client/shard_core.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "base/thread_cpu.h"
#include "workers/client/request.h"

namespace dst_load::workers {
namespace {

constexpr Micros kExpireEvery = std::chrono::seconds{1};
constexpr Micros kTroubleLingers = std::chrono::seconds{5};
constexpr unsigned kOpBits = 3;
constexpr std::uint64_t kTimeEvery = 16;  // of the messages: reading the clock costs a third of crediting

std::vector<Lifecycle::Place> Places(const ShardPlan& plan) {
  std::vector<Lifecycle::Place> places;
  for (const auto& stream : plan.streams) places.push_back(stream.place);
  return places;
}

}  // namespace

Shard::Core::Core(ShardConfig config, const Clock& clock)
    : config_(std::move(config)),
      clock_(clock),
      streams_(config_.plan.streams.size()),
      lifecycle_(config_.lifecycle, Places(config_.plan), config_.seed),
      ledger_(config_.services.size(), config_.limits),
      tally_(config_.services.size()),
      loop_(clock) {
  for (std::uint32_t i = 0; i < config_.plan.connections; ++i) {
    const bool slow = i + config_.plan.slow_connections >= config_.plan.connections;
    connections_.emplace_back(config_.destination, (std::int64_t{config_.number} << 20) + i, slow);
  }
  for (const auto& service : config_.services) {
    for (const auto& token : config_.context_tokens) requests_.push_back(MakeRequest(service, token));
    ledger_.NameService(static_cast<std::uint32_t>(expected_.size()), service);
    expected_.push_back(ExpectMetadata(service));
  }
  for (const auto& stream : config_.plan.streams) ledger_.AddStream(stream.service, {stream.context, stream.slow});
  tally_.streams.streams_target = streams_.size();
}

void* Shard::Core::Tag(std::uint32_t stream, Op op) {
  return reinterpret_cast<void*>(std::uintptr_t{stream} << kOpBits | static_cast<std::uintptr_t>(op));
}

void Shard::Core::Begin() {
  begun_ = true;
  const MonoTime now = clock_.Mono();
  begun_at_ = now;
  lifecycle_.Begin(now);
  next_expire_ = now + kExpireEvery;
}

MonoTime Shard::Core::OnTurn(MonoTime now) {
  const MonoTime later = now + kExpireEvery;
  if (!begun_ || closing_) return later;
  while (const auto action = lifecycle_.TakeDue(now)) {
    if (action->kind == Lifecycle::Kind::kOpen) {
      Open(action->stream, now);
    } else {
      Reset(action->stream);
    }
  }
  if (now >= next_expire_) {
    next_expire_ = now + kExpireEvery;
    if (Judging()) ledger_.Expire(Wall(), now, current_at_);
  }
  return std::min({lifecycle_.Next().value_or(later), next_expire_, ReadSlowly(now)});
}

// What happens before there is anything to measure is nobody's lateness.
void Shard::Core::OnProbe(Micros late) {
  if (Judging() && truth_known_) tally_.streams.lag.queue.Record(late);
}

void Shard::Core::SetClock(const coordination::ClockOffset& offset) {
  clock_offset_ = offset;
  tally_.streams.clock_error = std::max(tally_.streams.clock_error, offset.error);
}

void Shard::Core::OnEvent(std::uintptr_t tag, bool ok) {
  const auto id = static_cast<std::uint32_t>(tag >> kOpBits);
  --streams_[id].pending;
  switch (static_cast<Op>(tag & ((1U << kOpBits) - 1))) {
    case Op::kStart:
      return OnStarted(id, ok);
    case Op::kWrite:
      return FinishWhenQuiet(id);  // a failed write fails the read as well
    case Op::kRead:
      return OnRead(id, ok);
    case Op::kFinish:
      return OnFinished(id);
  }
}

void Shard::Core::Open(std::uint32_t id, MonoTime now) {
  auto& stream = streams_[id];
  auto& connection = connections_[config_.plan.streams[id].connection];
  connection.Using(now);
  stream.context = std::make_unique<grpc::ClientContext>();
  stream.call = connection.Stub().PrepareCall(stream.context.get(), kGetMethod, &loop_.Queue());
  stream.over = stream.heard = false;
  stream.fate = {};
  stream.pending = 1;
  ++in_flight_;
  stream.call->StartCall(Tag(id, Op::kStart));
}

void Shard::Core::Reset(std::uint32_t id) {
  auto& stream = streams_[id];
  if (!stream.context || stream.over) return;
  stream.fate.reset_by_us = true;
  stream.context->TryCancel();
}

void Shard::Core::OnStarted(std::uint32_t id, bool ok) {
  auto& stream = streams_[id];
  if (!ok) {
    stream.over = true;
    return FinishWhenQuiet(id);
  }
  const MonoTime now = clock_.Mono();
  const auto& plan = config_.plan.streams[id];
  if (const auto took = connections_[plan.connection].Connected(now)) {
    tally_.streams.connection_duration.Record(*took);
    log::Info("connected", {{"destination", config_.destination}, {"took_us", std::to_string(took->count())}});
  }
  stream.opened = now;
  stream.fate.opened = true;
  ++tally_.streams.streams_created;
  ++tally_.streams.streams_open;
  lifecycle_.Opened(id, now);
  if (Judging()) ledger_.Opened(id, now, Wall());
  stream.pending = 2;
  stream.call->WriteLast(requests_[plan.service * config_.context_tokens.size() + plan.context], grpc::WriteOptions(),
                         Tag(id, Op::kWrite));
  stream.call->Read(&stream.message, Tag(id, Op::kRead));
}

void Shard::Core::OnRead(std::uint32_t id, bool ok) {
  const WallTime t2 = Wall();
  const MonoTime mono = clock_.Mono();
  auto& stream = streams_[id];
  if (ok && Take(id, t2, mono)) {
    if (Judging() && truth_known_ && ++messages_ % kTimeEvery == 0) {
      tally_.streams.lag.credit.Record(clock_.Mono() - mono);
    }
    stream.message.Clear();  // an idle stream must not hold on to its last message
    if (config_.plan.streams[id].slow && !closing_) {
      slow_reads_.emplace_back(mono + config_.slow_read_delay, id);
    } else {
      ReadNext(id);
    }
    return;
  }
  stream.over = true;
  FinishWhenQuiet(id);
}

void Shard::Core::ReadNext(std::uint32_t id) {
  auto& stream = streams_[id];
  ++stream.pending;
  stream.call->Read(&stream.message, Tag(id, Op::kRead));
}

// Returns when the next one is due. A stream that ended meanwhile learns of it by its read.
MonoTime Shard::Core::ReadSlowly(MonoTime now) {
  while (!slow_reads_.empty() && slow_reads_.front().first <= now) {
    const auto id = slow_reads_.front().second;
    slow_reads_.pop_front();
    ReadNext(id);
  }
  return slow_reads_.empty() ? MonoTime::max() : slow_reads_.front().first;
}

// False for a message that cannot be read: the stream is then given up.
bool Shard::Core::Take(std::uint32_t id, WallTime t2, MonoTime mono) {
  auto& stream = streams_[id];
  if (!decoder_.Decode(wire_.Of(stream.message), &expected_[config_.plan.streams[id].service])) {
    stream.fate.malformed = true;
    stream.context->TryCancel();
    return false;
  }
  const auto service = config_.plan.streams[id].service;
  tally_.Updates(service, decoder_.Added().size() + decoder_.Removed().size());
  if (Judging()) {
    ledger_.Observe(id, decoder_.Added(), decoder_.Removed(), decoder_.NoEndpoints(), t2, mono);
  } else if (!config_.judged) {
    tally_.Message(service);
    if (!stream.heard) tally_.FirstMessage(service, mono - stream.opened);
  }
  stream.heard = true;
  return true;
}

void Shard::Core::FinishWhenQuiet(std::uint32_t id) {
  auto& stream = streams_[id];
  if (!stream.over || stream.pending != 0) return;
  stream.pending = 1;
  stream.call->Finish(&stream.status, Tag(id, Op::kFinish));
}

void Shard::Core::OnFinished(std::uint32_t id) {
  auto& stream = streams_[id];
  const MonoTime now = clock_.Mono();
  const auto end = ClassifyEnd(stream.status, stream.fate);
  if (stream.fate.opened) {
    --tally_.streams.streams_open;
    tally_.streams.stream_lifetime.Record(now - stream.opened);
    if (Judging()) ledger_.Closed(id);
  }
  if (!closing_) {
    CountEnd(end, config_.plan.streams[id], stream.status, now);
    const auto ending = end.kind == StreamEnd::Kind::kReset         ? Ending::kReset
                        : end.kind == StreamEnd::Kind::kSendTimeout ? Ending::kServer
                                                                    : Ending::kFailure;
    lifecycle_.Ended(id, ending, stream.heard, now);
  }
  stream.call.reset();
  stream.context.reset();
  stream.message.Clear();
  stream.status = grpc::Status();
  --in_flight_;
}

void Shard::Core::CountEnd(const StreamEnd& end, const StreamPlan& plan, const grpc::Status& status, MonoTime now) {
  switch (end.kind) {
    case StreamEnd::Kind::kReset:
      ++tally_.streams.streams_reset;
      return;
    case StreamEnd::Kind::kSendTimeout:
      ++tally_.streams.send_timeouts;
      if (status.ok()) ++tally_.streams.closed_ok;
      return;
    case StreamEnd::Kind::kError:
      break;
  }
  ++tally_.streams.errors[end.reason];
  trouble_ = fmt::format("destination {}: {}: {}", config_.destination, end.reason, status.error_message());
  trouble_at_ = now;
  if (!log::Enabled(log::Level::kDebug)) return;
  log::Debug("stream failed", {{"service", config_.services[plan.service]}, {"cause", trouble_}});
}

// The truth must be about the services that we watch: it names them by index.
bool Shard::Core::Fits(const coordination::TruthUpdate& truth) const {
  if (truth.state && truth.state->services.size() != config_.services.size()) return false;
  for (const auto& change : truth.changes) {
    if (change.service >= config_.services.size()) return false;
  }
  return true;
}

void Shard::Core::Apply(const coordination::TruthUpdate& truth) {
  if (!Judging()) return;
  if (!Fits(truth)) {
    mismatch_ = true;
    return;
  }
  if (truth.state) {
    ledger_.SetTruth(*truth.state);
    truth_known_ = true;
    if (config_.told_when_current && !current_at_) current_at_ = Wall();
    truth_hole_ = false;
  }
  if (!truth.changes.empty() && !ledger_.ApplyChanges(truth.changes)) truth_hole_ = true;
}

void Shard::Core::Conclude(measure::Seq last_seq) {
  if (!Judging()) return;
  if (ledger_.TruthSeq() < last_seq) {
    // What was never told cannot be judged by: what is pending stays so, and nobody may believe that this was all.
    ++tally_.streams.truth_gaps;
  } else {
    ledger_.Conclude(Wall());
  }
  concluded_ = true;
}

void Shard::Core::Close() {
  if (std::exchange(closing_, true)) return;
  ReadSlowly(MonoTime::max());  // nobody waits any more
  for (auto& stream : streams_) {
    if (stream.context) stream.context->TryCancel();
  }
}

ShardView Shard::Core::View() {
  const auto judged = ledger_.Snapshot();
  tally_.streams.lag.cpu = ThreadCpuTime();
  tally_.streams.lag.wall = begun_ ? clock_.Mono() - begun_at_ : Micros{0};
  ShardView view;
  view.snapshot = tally_.Merged(config_.judged ? &judged : nullptr);
  view.updates = tally_.UpdatesByService();
  view.truth_seq = ledger_.TruthSeq();
  view.settled = ledger_.Settled();
  view.truth_hole = truth_hole_;
  view.mismatch = mismatch_;
  view.offences = ledger_.Offences();
  // Old trouble is forgotten once everything is as it should be.
  const bool well = tally_.streams.streams_open == tally_.streams.streams_target;
  if (well && clock_.Mono() - trouble_at_ > kTroubleLingers) trouble_.clear();
  view.trouble = trouble_;
  return view;
}

}  // namespace dst_load::workers
