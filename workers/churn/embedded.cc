#include "workers/churn/embedded.h"

#include <algorithm>

#include "base/log.h"
#include "base/random.h"
#include "workers/churn/threads.h"

namespace dst_load::workers::churn {

using coordination::Stage;

namespace {

/// Where this process reaches what listens on `host`.
std::string DialableHost(const std::string& host) {
  if (host == "0.0.0.0") return "127.0.0.1";
  return host == "[::]" ? "[::1]" : host;
}

// Also those that wait for the Ack of their last words: without it they would look for the coordinator.
bool HasClients(const coordination::RunView& view) {
  return std::any_of(view.workers.begin(), view.workers.end(),
                     [](const auto& worker) { return !worker.churn && worker.attached; });
}

}  // namespace

EmbeddedCoordinator::EmbeddedCoordinator(std::string host, std::string run_id, coordination::Credentials credentials,
                                         const Clock& clock)
    : host_(std::move(host)), run_id_(std::move(run_id)), credentials_(std::move(credentials)), clock_(clock) {}

EmbeddedCoordinator::~EmbeddedCoordinator() {
  thread_ = {};
  server_.reset();
}

Result<std::unique_ptr<EmbeddedCoordinator>> EmbeddedCoordinator::Start(const ListenOptions& options,
                                                                        const Clock& clock) {
  const auto authority = coordination::MakeAuthority(clock);
  if (!authority) return Fail(authority.error());
  coordination::ServerOptions server;
  server.bind = options.host;
  server.port = options.port;
  auto identity = coordination::IssueIdentity(*authority, {"dst-load-coordinator", "localhost", "127.0.0.1"}, clock);
  if (!identity) return Fail(identity.error());
  server.identity = std::move(*identity);
  coordination::Credentials credentials{authority->cert_pem, RandomHex(32)};
  const std::string run_id = options.run_id.empty() ? RandomHex(8) : options.run_id;

  std::unique_ptr<EmbeddedCoordinator> self(
      new EmbeddedCoordinator(DialableHost(options.host), run_id, credentials, clock));
  auto started = coordination::Server::Create(std::move(server), clock, [raw = self.get()](const std::string&) {
    {
      const std::lock_guard lock(raw->mutex_);
      ++raw->changes_;
    }
    raw->changed_.notify_all();
  });
  if (!started) return Fail(started.error());
  self->server_ = std::move(*started);
  coordination::RunSpec spec;
  spec.run_id = run_id;
  spec.token = credentials.token;
  spec.clients_expected = options.clients;
  spec.streams_expected = options.streams;
  if (auto added = self->server_->AddRun(std::move(spec)); !added) return Fail(added.error());
  if (auto written = coordination::WriteCredentials(options.dir, credentials); !written) return Fail(written.error());
  log::Info("coordinating", {{"port", std::to_string(self->server_->Port())},
                             {"runID", run_id},
                             {"clients", std::to_string(options.clients)},
                             {"credentials", options.dir}});
  self->thread_ = std::jthread([raw = self.get()](std::stop_token stop) {
    NameThread("churn-coord");
    raw->Conclude(stop);
  });
  return self;
}

coordination::SessionOptions EmbeddedCoordinator::Session() const {
  coordination::SessionOptions session;
  session.address = host_ + ":" + std::to_string(server_->Port());
  session.credentials = credentials_;
  session.run_id = run_id_;
  return session;
}

void EmbeddedCoordinator::Conclude(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const std::uint64_t seen = changes_;
    lock.unlock();
    auto view = server_->View(run_id_);
    const bool over = view && view->stage >= Stage::kConcluded;
    if (over) server_->Release(run_id_);
    lock.lock();
    if (over) {
      concluded_ = std::move(view);
      changed_.notify_all();
      return;
    }
    changed_.wait(lock, stop, [&] { return changes_ != seen; });
  }
}

coordination::RunView EmbeddedCoordinator::Finish(Micros timeout) {
  const MonoTime deadline = clock_.Mono() + timeout;
  std::unique_lock lock(mutex_);
  while (true) {
    const std::uint64_t seen = changes_;
    lock.unlock();
    auto view = server_->View(run_id_);
    lock.lock();
    const bool alone = !view || !HasClients(*view);
    const Micros left = deadline - clock_.Mono();
    if (concluded_ && (alone || left <= Micros{0})) return *concluded_;
    if (left <= Micros{0} || alone) return view.value_or(coordination::RunView{});
    changed_.wait_for(lock, left, [&] { return changes_ != seen; });
  }
}

}  // namespace dst_load::workers::churn
