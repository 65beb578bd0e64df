#include "workers/client/client_worker.h"

#include <atomic>
#include <condition_variable>
#include <optional>
#include <utility>

#include "base/anchored_clock.h"
#include "base/clock_watch.h"
#include "base/log.h"
#include "base/random.h"
#include "coordination/worker_session.h"
#include "workers/client/drain.h"
#include "workers/client/engine.h"
#include "workers/client/farewell.h"

namespace dst_load::workers {
namespace {

constexpr Micros kReportEvery = std::chrono::milliseconds{500};
constexpr Micros kReportEveryWhenWatched = std::chrono::milliseconds{100};  // while a barrier waits for us
constexpr Micros kAskAgainEvery = std::chrono::seconds{1};

}  // namespace

struct ClientWorker::Impl {
  Impl(ClientOptions o, const Clock& machine)
      : options(std::move(o)),
        clock(machine),
        engine(options, !options.coordination.address.empty(), RandomSeed(), clock) {}

  void Attach(coordination::Credentials credentials);
  coordination::ClientHandlers Handlers();
  void Wait(const std::stop_token& stop, std::optional<MonoTime> end);
  void Turn();
  void Publish(ShardView view);
  bool Released();

  const ClientOptions options;
  const AnchoredClock clock;
  Engine engine;

  mutable std::mutex mutex;
  std::condition_variable_any told;
  // Guarded by mutex. The session's thread writes what it was told.
  bool news = false;
  std::atomic<bool> met{false};  ///< the coordinator told us something
  std::optional<measure::Seq> drain_asked;
  bool released = false;
  std::shared_ptr<const ShardView> latest = std::make_shared<const ShardView>();

  // Run's own.
  ClockWatch clock_watch;
  std::uint64_t clock_jumps = 0;
  Drain drain;
  bool concluded = false;
  bool retired = false;  ///< it reports for the last time
  bool closed = false;
  MonoTime ask_again{};  ///< for the truth, when its history had a hole
  std::string last_trouble;
  std::unique_ptr<coordination::ClientSession> session;  ///< last: its thread calls the handlers
};

coordination::ClientHandlers ClientWorker::Impl::Handlers() {
  coordination::ClientHandlers handlers;
  handlers.on_truth = [this](const coordination::TruthUpdate& truth) {
    met = true;
    engine.Apply(truth);
  };
  handlers.on_clock = [this](const coordination::ClockOffset& offset) { engine.SetClock(offset); };
  handlers.on_truth_current = [this] { engine.TruthIsCurrent(); };
  handlers.on_drain = [this](measure::Seq last_seq) {
    const std::lock_guard lock(mutex);
    drain_asked = last_seq;
    news = true;
    told.notify_all();
  };
  handlers.on_release = [this] {
    const std::lock_guard lock(mutex);
    released = news = true;
    told.notify_all();
  };
  return handlers;
}

void ClientWorker::Impl::Attach(coordination::Credentials credentials) {
  coordination::SessionOptions session_options;
  session_options.address = options.coordination.address;
  session_options.credentials = std::move(credentials);
  session_options.run_id = options.coordination.run_id;
  session_options.instance = RandomHex(8);
  session_options.pod = options.coordination.pod;
  session = coordination::ClientSession::Create(std::move(session_options), Handlers(), clock);
}

// Until the next report is due, there is news, or it is over.
void ClientWorker::Impl::Wait(const std::stop_token& stop, std::optional<MonoTime> end) {
  const auto& counts = latest->snapshot;
  const bool watched = (drain.Asked() && !concluded) || counts.streams_joined < counts.streams_target;
  Micros span = session && watched ? kReportEveryWhenWatched : kReportEvery;
  if (end) span = std::min(span, std::max(*end - clock.Mono(), Micros{0}));
  std::unique_lock lock(mutex);
  told.wait_for(lock, stop, span, [this] { return std::exchange(news, false); });
}

// One look at the engine: reports it, and acts on what the coordinator said.
void ClientWorker::Impl::Turn() {
  bool close = false;
  {
    const std::lock_guard lock(mutex);
    if (drain_asked) {
      if (!drain.Asked()) log::Info("draining", {{"last_seq", std::to_string(*drain_asked)}});
      drain.Ask(*drain_asked, clock.Mono(), options.convergence_deadline);
      drain_asked.reset();
    }
    close = released && !std::exchange(closed, released);
  }
  if (clock_watch.Look(clock.Machine())) {
    ++clock_jumps;
    log::Warn("the wall clock was set: no matter, times here go on from the start's");
  }
  if (drain.Asked()) engine.KeepOpen();
  auto view = engine.View();
  if (drain.TakeDone(view.settled, view.truth_seq, clock.Mono())) {
    log::Info("concluding", {{"settled", view.settled ? "true" : "false"}});
    engine.Conclude(drain.LastSeq());
    concluded = true;
    view = engine.View();
  }
  if (session && view.truth_hole && clock.Mono() >= ask_again) {
    session->RequestTruth();
    ask_again = clock.Mono() + kAskAgainEvery;
  }
  Publish(std::move(view));
  if (close) {
    log::Info("released, closing the streams");
    engine.Close();
  }
}

void ClientWorker::Impl::Publish(ShardView view) {
  view.snapshot.clock_jumps = clock_jumps;
  if (view.mismatch) view.trouble = "the run's services are not those of --services";
  if (view.trouble != last_trouble && !view.trouble.empty()) log::Warn("trouble", {{"cause", view.trouble}});
  last_trouble = view.trouble;
  if (session) session->Report(view.snapshot, {concluded, view.trouble, view.offences, retired});
  auto shared = std::make_shared<const ShardView>(std::move(view));
  const std::lock_guard lock(mutex);
  latest = std::move(shared);
}

bool ClientWorker::Impl::Released() {
  const std::lock_guard lock(mutex);
  return released;
}

ClientWorker::ClientWorker(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ClientWorker::~ClientWorker() = default;

Result<std::unique_ptr<ClientWorker>> ClientWorker::Create(ClientOptions options, const Clock& clock) {
  std::optional<coordination::Credentials> credentials;
  if (!options.coordination.address.empty()) {
    auto read = coordination::ReadCredentials(options.coordination.dir);
    if (!read) return Fail(read.error().code, "--coordinator-dir: " + read.error().message);
    credentials = std::move(*read);
  }
  auto impl = std::make_unique<Impl>(std::move(options), clock);
  impl->latest = std::make_shared<const ShardView>(impl->engine.View());
  if (credentials) impl->Attach(std::move(*credentials));
  return std::unique_ptr<ClientWorker>(new ClientWorker(std::move(impl)));
}

void ClientWorker::Run(const std::stop_token& stop) {
  auto& impl = *impl_;
  std::optional<MonoTime> end;
  if (impl.options.duration) end = impl.clock.Mono() + *impl.options.duration;
  impl.engine.Start();
  while (!stop.stop_requested() && (!end || impl.clock.Mono() < *end)) {
    impl.Wait(stop, end);
    impl.Turn();
  }
  impl.engine.Stop();
  impl.retired = true;
  impl.Publish(impl.engine.View());
  // Also while the session is broken off: it may be back in a moment, and who goes without a word is lost. Unless the
  // results are taken: then nothing is wanted of it any more.
  if (impl.session && !impl.Released()) {
    impl.session->Flush(impl.options.farewell_patience.value_or(FarewellPatience(impl.met)));
  }
}

std::shared_ptr<const ShardView> ClientWorker::Latest() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->latest;
}

}  // namespace dst_load::workers
