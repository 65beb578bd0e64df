#include "coordination/server.h"

#include <fmt/format.h>

#include "coordination/checkpoint.h"
#include "coordination/server_impl.h"

namespace dst_load::coordination {
namespace {

constexpr int kHandshakeTimeoutMs = 10'000;
constexpr int kIdleConnectionMs = 60'000;
constexpr int kStreamsPerConnection = 16;
constexpr int kKeepaliveMs = 10'000;

void Configure(grpc::ServerBuilder& builder, const ServerOptions& options, int& port) {
  grpc::SslServerCredentialsOptions tls(GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
  tls.pem_key_cert_pairs.push_back({options.identity.key_pem, options.identity.cert_pem});
  builder.AddListeningPort(fmt::format("{}:{}", options.bind, options.port), grpc::SslServerCredentials(tls), &port);
  // What is beyond the limit but within twice of it is read, refused and counted; what is larger breaks its stream.
  builder.SetMaxReceiveMessageSize(static_cast<int>(2 * options.max_message_bytes));
  builder.SetMaxSendMessageSize(-1);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kIdleConnectionMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kStreamsPerConnection);
  // gRPC keeps a buffer for the next read of each connection, as large as what it has read before at one time.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveMs);
}

}  // namespace

Result<std::unique_ptr<Server>> Server::Create(ServerOptions options, const Clock& clock,
                                               std::function<void(const std::string& run_id)> on_change) {
  auto server = std::make_unique<ServerImpl>(std::move(options), clock, std::move(on_change));
  if (auto started = server->Start(); !started) return Fail(started.error());
  return server;
}

Status ServerImpl::Start() {
  if (options_.identity.cert_pem.empty() || options_.identity.key_pem.empty()) {
    return Fail(Code::kInvalid, "start coordinator: no certificate");
  }
  grpc::ServerBuilder builder;
  int port = 0;
  Configure(builder, options_, port);
  builder.RegisterAsyncGenericService(&service_);
  queue_ = builder.AddCompletionQueue();
  server_ = builder.BuildAndStart();
  // From here on the queue must be drained, whatever happens.
  thread_ = std::jthread([this] { Loop(); });
  if (server_ == nullptr || port == 0) {
    return Fail(Code::kUnavailable,
                fmt::format("listen on {}:{}: port taken or certificate unusable", options_.bind, options_.port));
  }
  port_ = static_cast<std::uint16_t>(port);
  const std::lock_guard lock(mutex_);
  AcceptNext();
  return {};
}

ServerImpl::~ServerImpl() {
  if (server_ != nullptr) server_->Shutdown(gpr_time_0(GPR_TIMESPAN));
  {
    const std::lock_guard lock(mutex_);
    queue_closed_ = true;
    if (queue_ != nullptr) queue_->Shutdown();
  }
  // The loop takes what is still to complete, and ends.
  if (thread_.joinable()) thread_.join();
}

Status ServerImpl::AddRun(RunSpec spec, const std::string& checkpoint) {
  Saved saved;
  if (!checkpoint.empty()) {
    auto decoded = DecodeCheckpoint(checkpoint);
    if (!decoded) return Fail(decoded.error());
    saved = std::move(*decoded);
  }
  const std::lock_guard lock(mutex_);
  const std::string id = spec.run_id;
  const auto [it, added] = runs_.try_emplace(id, std::move(spec));
  if (!added) return Fail(Code::kAlreadyExists, "add run " + id + ": already there");
  if (!checkpoint.empty()) {
    it->second.run.Restore(std::move(saved), clock_.Mono());
    it->second.saved = checkpoint;
    it->second.saved_revision = it->second.run.SaveRevision();
  }
  unknown_runs_.Forget(id);
  PaceReports();
  return {};
}

bool ServerImpl::HasRun(const std::string& run_id) const {
  const std::lock_guard lock(mutex_);
  return runs_.contains(run_id);
}

template <class Change>
void ServerImpl::ChangeRun(const std::string& run_id, Change change) {
  const std::lock_guard lock(mutex_);
  const auto it = runs_.find(run_id);
  if (it == runs_.end()) return;
  change(it->second.run, clock_.Mono());
  PumpAll(it->second.run);
}

void ServerImpl::Expect(const std::string& run_id, std::uint64_t clients, std::uint64_t streams) {
  ChangeRun(run_id, [&](Run& run, MonoTime now) { run.Expect(clients, streams, now); });
}

void ServerImpl::Suspend(const std::string& run_id, bool suspended) {
  ChangeRun(run_id, [&](Run& run, MonoTime now) { run.Suspend(suspended, now); });
}

void ServerImpl::Stop(const std::string& run_id) {
  ChangeRun(run_id, [](Run& run, MonoTime now) { run.Stop(now); });
}

void ServerImpl::EndClient(const std::string& run_id, const std::string& instance, const std::string& why) {
  ChangeRun(run_id, [&](Run& run, MonoTime now) { run.EndClient(instance, why, now); });
}

void ServerImpl::Release(const std::string& run_id) {
  ChangeRun(run_id, [](Run& run, MonoTime now) { run.Release(now); });
}

void ServerImpl::RemoveRun(const std::string& run_id) {
  const std::lock_guard lock(mutex_);
  const auto it = runs_.find(run_id);
  if (it == runs_.end()) return;
  const auto ids = it->second.run.Attachments();
  runs_.erase(it);
  for (const auto id : ids) EndCall(id, grpc::StatusCode::NOT_FOUND, "the run is over");
}

std::optional<RunView> ServerImpl::View(const std::string& run_id) const {
  Run::Frozen frozen;
  MergeCache::Key at{};
  std::shared_ptr<const MergedReports> merged;
  {
    const std::lock_guard lock(mutex_);
    const auto it = runs_.find(run_id);
    if (it == runs_.end()) return std::nullopt;
    const Entry& entry = it->second;
    frozen = entry.run.Freeze(clock_.Mono());
    at = {entry.run.CurrentStage(), entry.run.ReportsTaken()};
    merged = entry.merged.Find(at, clock_.Mono());
  }
  if (merged) return FillView(frozen, *merged);
  const MonoTime began = clock_.Mono();
  merged = std::make_shared<const MergedReports>(MergeReports(frozen.clients));
  {
    const std::lock_guard lock(mutex_);
    const MonoTime now = clock_.Mono();
    if (const auto it = runs_.find(run_id); it != runs_.end()) it->second.merged.Keep(merged, at, now - began, now);
  }
  return FillView(frozen, *merged);
}

std::string ServerImpl::Checkpoint(const std::string& run_id) const {
  Saved saved;
  std::uint64_t revision = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto it = runs_.find(run_id);
    if (it == runs_.end()) return "";
    const Entry& entry = it->second;
    revision = entry.run.SaveRevision();
    if (entry.saved_revision == revision) return entry.saved;
    saved = entry.run.Save();
  }
  // Takes a while with many clients that are gone.
  std::string bytes = EncodeCheckpoint(saved);
  const std::lock_guard lock(mutex_);
  if (const auto it = runs_.find(run_id); it != runs_.end() && it->second.saved_revision < revision) {
    it->second.saved = bytes;
    it->second.saved_revision = revision;
  }
  return bytes;
}

void ServerImpl::CheckpointKept(const std::string& run_id, const std::string& bytes) {
  const std::lock_guard lock(mutex_);
  const auto it = runs_.find(run_id);
  if (it == runs_.end() || it->second.saved != bytes) return;
  it->second.run.Kept(it->second.saved_revision);
  PumpAll(it->second.run);
}

ServerStats ServerImpl::Stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

}  // namespace dst_load::coordination
