#include "coordination/link.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include "base/log.h"
#include "coordination/wire.h"
#include "proto/coordination.grpc.pb.h"

namespace dst_load::coordination {
namespace {

constexpr int kConnectTimeoutMs = 5'000;
constexpr int kTickMs = 500;
constexpr int kMaxDirectiveBytes = 64 << 20;

enum Tag : std::intptr_t { kConnected = 1, kRead, kWritten, kFinished };
void* AsPointer(Tag tag) { return reinterpret_cast<void*>(static_cast<std::intptr_t>(tag)); }

std::shared_ptr<grpc::Channel> MakeChannel(const SessionOptions& options) {
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = options.credentials.ca_pem;
  grpc::ChannelArguments args;
  // The name is the coordinator's role, whatever address it was reached at; the certificate must hold it.
  args.SetSslTargetNameOverride(options.server_name);
  args.SetMaxReceiveMessageSize(kMaxDirectiveBytes);
  args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  args.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 100);
  // Also how long one address may take to answer.
  args.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectTimeoutMs);
  args.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  args.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(options.address, grpc::SslCredentials(tls), args);
}

}  // namespace

/// One stream. Its operations are started under the link's lock, and complete on the link's thread.
struct Link::Attempt {
  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  std::unique_ptr<v1::Coordinator::Stub> stub;
  std::unique_ptr<grpc::ClientAsyncReaderWriter<v1::WorkerMessage, v1::Directive>> stream;
  v1::Directive incoming;
  std::optional<v1::WorkerMessage> clock_reply;
  bool writing = false, welcomed = false, ending = false;
  MonoTime heard{};
  grpc::Status status;
  std::string broken;  ///< why we ended it
};

Link::Link(SessionOptions options, Talker& talker, const Clock& clock)
    : options_(std::move(options)),
      talker_(talker),
      clock_(clock),
      pause_(options_.backoff_min, options_.backoff_max, RandomSeed()) {}

Link::~Link() {
  thread_.request_stop();
  {
    const std::lock_guard lock(mutex_);
    if (attempt_ != nullptr) attempt_->context.TryCancel();
  }
  if (thread_.joinable()) thread_.join();
}

void Link::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Loop(stop); });
}

bool Link::Attached() const {
  const std::lock_guard lock(mutex_);
  return attempt_ != nullptr && attempt_->welcomed && !attempt_->ending;
}

void Link::Kick() {
  const std::lock_guard lock(mutex_);
  if (attempt_ != nullptr) WriteNext(*attempt_);
}

void Link::Hurry() {
  const std::lock_guard lock(mutex_);
  hurried_ = true;
  stopped_.notify_all();
}

void Link::Loop(const std::stop_token& stop) {
  std::string reported;
  while (!stop.stop_requested()) {
    bool welcomed = false;
    const auto why = RunAttempt(stop, welcomed);
    if (stop.stop_requested()) return;
    // The same trouble again and again is told once.
    if (welcomed || why != reported)
      log::Warn("no session with the coordinator", {{"address", options_.address}, {"error", why}});
    reported = why;
    std::unique_lock lock(mutex_);
    const bool hurried = hurried_;
    stopped_.wait_for(lock, stop, pause_.Next(welcomed, hurried), [&] { return hurried_ != hurried; });
  }
}

std::string Link::RunAttempt(const std::stop_token& stop, bool& welcomed) {
  Attempt attempt;
  attempt.heard = clock_.Mono();
  attempt.context.AddMetadata("authorization", "Bearer " + options_.credentials.token);
  attempt.stub = v1::Coordinator::NewStub(MakeChannel(options_));
  {
    const std::lock_guard lock(mutex_);
    if (stop.stop_requested()) return "stopped";
    attempt.stream = attempt.stub->AsyncAttach(&attempt.context, &attempt.queue, AsPointer(kConnected));
    attempt_ = &attempt;
  }
  Serve(attempt);
  {
    const std::lock_guard lock(mutex_);
    attempt_ = nullptr;
    welcomed = attempt.welcomed;
  }
  attempt.queue.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (attempt.queue.Next(&tag, &ok)) {
  }
  if (!attempt.broken.empty()) return attempt.broken;
  return attempt.status.ok() ? "the coordinator ended the stream" : attempt.status.error_message();
}

void Link::Serve(Attempt& attempt) {
  while (true) {
    void* raw = nullptr;
    bool ok = false;
    const auto next = attempt.queue.AsyncNext(&raw, &ok, gpr_time_from_millis(kTickMs, GPR_TIMESPAN));
    if (clock_.Mono() - attempt.heard > kSilence && attempt.broken.empty()) {
      attempt.broken = fmt::format("the coordinator is silent since {} s", kSilence / std::chrono::seconds{1});
      attempt.context.TryCancel();
    }
    if (next == grpc::CompletionQueue::TIMEOUT) continue;
    const auto tag = static_cast<Tag>(reinterpret_cast<std::intptr_t>(raw));
    if (tag == kFinished) return;
    if (tag == kRead) {
      OnRead(attempt, ok);
      continue;
    }
    const std::lock_guard lock(mutex_);
    if (tag == kConnected && ok) {
      SayHello(attempt);
      attempt.stream->Read(&attempt.incoming, AsPointer(kRead));
    } else if (tag == kConnected) {
      attempt.ending = true;
      attempt.stream->Finish(&attempt.status, AsPointer(kFinished));
    } else if (tag == kWritten) {
      attempt.writing = false;
      if (ok) WriteNext(attempt);
    }
  }
}

void Link::OnRead(Attempt& attempt, bool ok) {
  const auto arrived = clock_.Wall();
  attempt.heard = clock_.Mono();
  Status taken;
  const bool probe = ok && attempt.incoming.has_clock_probe();
  // Without the lock: handlers may call the session.
  if (ok && !probe) taken = talker_.OnDirective(attempt.incoming);
  const std::lock_guard lock(mutex_);
  if (!ok) {
    attempt.ending = true;
    attempt.stream->Finish(&attempt.status, AsPointer(kFinished));
    return;
  }
  if (!taken) {
    attempt.broken = taken.error().message;
    attempt.context.TryCancel();
  }
  if (attempt.incoming.has_welcome() && taken) {
    attempt.welcomed = true;
    log::Info("attached to the coordinator", {{"address", options_.address}});
  }
  if (probe) {
    v1::WorkerMessage reply;
    reply.mutable_clock_reply()->set_sent_us(attempt.incoming.clock_probe().sent_us());
    reply.mutable_clock_reply()->set_received_us(ToWire(arrived));
    attempt.clock_reply = std::move(reply);
  }
  attempt.stream->Read(&attempt.incoming, AsPointer(kRead));
  WriteNext(attempt);
}

void Link::SayHello(Attempt& attempt) {
  v1::WorkerMessage message;
  auto& hello = *message.mutable_hello();
  hello = talker_.MakeHello();
  hello.set_run_id(options_.run_id);
  hello.set_instance(options_.instance);
  hello.set_pod(options_.pod);
  attempt.writing = true;
  attempt.stream->Write(message, AsPointer(kWritten));
}

void Link::WriteNext(Attempt& attempt) {
  if (attempt.writing || attempt.ending || !attempt.welcomed) return;
  std::optional<v1::WorkerMessage> message;
  if (attempt.clock_reply) {
    message.swap(attempt.clock_reply);
  } else {
    message = talker_.NextMessage();
  }
  if (!message) return;
  attempt.writing = true;
  attempt.stream->Write(*message, AsPointer(kWritten));
}

}  // namespace dst_load::coordination
