#include "stage.h"

#include <fmt/format.h>

namespace dst_load::coordination::test {
namespace {

measure::Endpoint EndpointOf(measure::Seq seq) {
  return {fmt::format("10.0.{}.{}", seq / 250, seq % 250 + 1), 8080, fmt::format("pod-{}", seq)};
}

}  // namespace

bool Board::Await(const std::function<bool()>& wanted) {
  for (int i = 0; i < 1000; ++i) {
    if (wanted()) return true;
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::milliseconds{10});
  }
  return wanted();
}

Theatre::Theatre() : authority(MakeAuthority(SystemClock()).value()) {
  spec.run_id = "run-1";
  spec.token = "the-token";
  spec.clients_expected = 2;
  spec.streams_expected = 6;
}

std::unique_ptr<Server> Theatre::Open(std::uint16_t port) {
  ServerOptions options = limits;
  options.bind = "127.0.0.1";
  options.port = port;
  options.identity = IssueIdentity(authority, {}, SystemClock()).value();
  options.max_message_bytes = 1 << 20;
  return Server::Create(std::move(options), SystemClock(), [this](const std::string&) { board.Happened(); }).value();
}

SessionOptions Theatre::Session(const std::string& instance, std::uint16_t port) const {
  SessionOptions options;
  options.address = fmt::format("127.0.0.1:{}", port);
  options.credentials = {authority.cert_pem, spec.token};
  options.run_id = spec.run_id;
  options.instance = instance;
  options.pod = "pod-of-" + instance;
  options.backoff_min = std::chrono::milliseconds{10};
  options.backoff_max = std::chrono::milliseconds{100};
  return options;
}

Client::Client(Theatre& theatre, const SessionOptions& options, std::uint64_t streams)
    : theatre_(theatre), streams_(streams) {
  ClientHandlers handlers;
  handlers.on_truth = [this](const TruthUpdate& update) { OnTruth(update); };
  handlers.on_drain = [this](measure::Seq last_seq) { OnDrain(last_seq); };
  handlers.on_release = [this] {
    const std::lock_guard lock(mutex_);
    released_ = true;
    theatre_.board.Happened();
  };
  // The handlers may run before Create returns: they report through session_, so it is set under the lock.
  const std::lock_guard lock(mutex_);
  session_ = ClientSession::Create(options, std::move(handlers), SystemClock());
}

void Client::OnTruth(const TruthUpdate& update) {
  const std::lock_guard lock(mutex_);
  if (update.state) {
    if (seq_ && *seq_ != update.state->seq) ++gaps_;
    seq_ = update.state->seq;
    addresses_.clear();
    for (const auto& service : update.state->services) {
      for (const auto& endpoint : service) addresses_.insert(endpoint.ip);
    }
  }
  for (const auto& change : update.changes) {
    if (!seq_ || change.seq <= *seq_) continue;
    if (change.seq != *seq_ + 1) ++gaps_;
    seq_ = change.seq;
    due_ += streams_;
    change.added ? (void)addresses_.insert(change.endpoint.ip) : (void)addresses_.erase(change.endpoint.ip);
  }
  Report();
}

void Client::OnDrain(measure::Seq last_seq) {
  const std::lock_guard lock(mutex_);
  drain_ = last_seq;
  Report();
}

void Client::Withhold(std::uint64_t updates) {
  const std::lock_guard lock(mutex_);
  withheld_ = updates;
  Report();
}

bool Client::Retire() {
  {
    const std::lock_guard lock(mutex_);
    retired_ = true;
    Report();
  }
  return session_->Flush(std::chrono::seconds{10});
}

void Client::Report() {
  concluded_ = drain_ && seq_ && *seq_ >= *drain_;
  measure::ClientSnapshot snapshot;
  auto& counts = snapshot.services[0];
  counts.due = due_;
  counts.pending = std::min(due_, withheld_);
  counts.credited = due_ - counts.pending;
  counts.destination.Record(std::chrono::milliseconds{5}, counts.credited);
  snapshot.streams_target = streams_;
  snapshot.streams_open = streams_;
  snapshot.streams_joined = seq_ ? streams_ : 0;
  session_->Report(snapshot, {concluded_, "", {}, retired_});
  theatre_.board.Happened();
}

measure::Seq Client::TruthSeq() const {
  const std::lock_guard lock(mutex_);
  return seq_.value_or(0);
}
std::uint64_t Client::Gaps() const {
  const std::lock_guard lock(mutex_);
  return gaps_;
}
std::set<std::string> Client::Addresses() const {
  const std::lock_guard lock(mutex_);
  return addresses_;
}
bool Client::Released() const {
  const std::lock_guard lock(mutex_);
  return released_;
}
bool Client::Concluded() const {
  const std::lock_guard lock(mutex_);
  return concluded_;
}

Churn::Churn(Theatre& theatre, const SessionOptions& options) : theatre_(theatre) {
  ChurnHandlers handlers;
  const auto note = [this](auto change) {
    return [this, change] {
      const std::lock_guard lock(mutex_);
      change();
      theatre_.board.Happened();
    };
  };
  handlers.on_welcome = [this](const Welcome& welcome) {
    const std::lock_guard lock(mutex_);
    welcome_ = welcome;
    suspended_ = welcome.suspended;
    theatre_.board.Happened();
  };
  handlers.on_start = note([this] { ++starts_; });
  handlers.on_pace = [this](bool suspended) {
    const std::lock_guard lock(mutex_);
    suspended_ = suspended;
    theatre_.board.Happened();
  };
  handlers.on_stop = note([this] { ++stops_; });
  handlers.on_release = note([this] { released_ = true; });
  session_ = ChurnSession::Create(options, std::move(handlers), SystemClock());
}

void Churn::Begin(const measure::TruthState& state) {
  const std::lock_guard lock(mutex_);
  seq_ = state.seq;
  session_->SetState(state);
}

void Churn::Report(ChurnStep step, std::uint32_t cycle) {
  const std::lock_guard lock(mutex_);
  ChurnProgress progress;
  progress.step = step;
  progress.cycle = cycle;
  progress.cycles = 3;
  progress.last_seq = seq_;
  session_->Report(progress, snapshot_);
}

void Churn::Grow(int count) {
  const std::lock_guard lock(mutex_);
  std::vector<measure::Change> changes;
  for (int i = 0; i < count; ++i) {
    ++seq_;
    ++snapshot_.changes;
    snapshot_.kubernetes.Record(std::chrono::milliseconds{20});
    changes.push_back({seq_, 0, EndpointOf(seq_), true, WallTime{Micros{1}}, WallTime{Micros{2}}});
  }
  session_->Publish(changes);
}

std::optional<Welcome> Churn::Welcomed() const {
  const std::lock_guard lock(mutex_);
  return welcome_;
}
int Churn::Starts() const {
  const std::lock_guard lock(mutex_);
  return starts_;
}
int Churn::Stops() const {
  const std::lock_guard lock(mutex_);
  return stops_;
}
bool Churn::Suspended() const {
  const std::lock_guard lock(mutex_);
  return suspended_;
}
bool Churn::Released() const {
  const std::lock_guard lock(mutex_);
  return released_;
}
measure::Seq Churn::LastSeq() const {
  const std::lock_guard lock(mutex_);
  return seq_;
}

}  // namespace dst_load::coordination::test
