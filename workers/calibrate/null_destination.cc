#include "workers/calibrate/null_destination.h"

#include <atomic>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include "workers/calibrate/null_messages.h"
#include "workers/calibrate/null_stream.h"
#include "workers/calibrate/pacer.h"

namespace dst_load::workers::calibrate {

struct NullDestination::Impl {
  Impl(const Cell& c, const Clock& with) : cell(c), clock(with), streams(c.services) {
    for (std::uint32_t i = 0; i < cell.services; ++i) messages.push_back(MessagesOf(i));
  }

  void Serve();
  void OnCall();
  void OnRequest(NullStream& stream);

  const Cell cell;
  const Clock& clock;
  std::vector<NullMessages> messages;  ///< by service; outlive the calls
  grpc::AsyncGenericService service;
  std::unique_ptr<grpc::ServerCompletionQueue> queue;
  int port = 0;
  measure::Histogram send_lag;

  std::mutex mutex;
  std::vector<std::unique_ptr<NullStream>> calls;  ///< under mutex, as the next
  std::vector<std::vector<NullStream*>> streams;   ///< by service: those whose request has come
  std::unique_ptr<grpc::Server> server;
  std::jthread thread;
};

void NullDestination::Impl::Serve() {
  void* tag = nullptr;
  bool ok = false;
  while (queue->Next(&tag, &ok)) {
    NullStream& stream = NullStream::Of(tag);
    switch (NullStream::OpOf(tag)) {
      case NullStream::Op::kCall:
        if (!ok) break;  // the server is going
        OnCall();
        stream.Read();
        break;
      case NullStream::Op::kRead:
        if (ok) OnRequest(stream);
        break;
      case NullStream::Op::kWrite:
        stream.OnWritten(ok);
        break;
    }
  }
}

/// A call has come: waits for the next one.
void NullDestination::Impl::OnCall() {
  const std::lock_guard lock(mutex);
  calls.push_back(std::make_unique<NullStream>());
  calls.back()->Await(service, *queue);
}

void NullDestination::Impl::OnRequest(NullStream& stream) {
  const auto asked = ServiceAskedFor(stream.Request(), cell);
  if (!asked) return;  // it hears nothing
  stream.Send(messages[*asked].first);
  const std::lock_guard lock(mutex);
  streams[*asked].push_back(&stream);
}

Result<std::unique_ptr<NullDestination>> NullDestination::Create(const Cell& cell, const Clock& clock) {
  auto impl = std::make_unique<Impl>(cell, clock);
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &impl->port);
  builder.RegisterAsyncGenericService(&impl->service);
  impl->queue = builder.AddCompletionQueue();
  impl->server = builder.BuildAndStart();
  if (!impl->server || impl->port == 0) {
    impl->queue->Shutdown();
    return Fail(Code::kUnavailable, "listen on 127.0.0.1: no address available");
  }
  impl->OnCall();
  impl->thread = std::jthread([raw = impl.get()] { raw->Serve(); });
  return std::unique_ptr<NullDestination>(new NullDestination(std::move(impl)));
}

NullDestination::NullDestination(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

NullDestination::~NullDestination() {
  impl_->server->Shutdown(std::chrono::system_clock::time_point{});  // at once: streams never end by themselves
  impl_->queue->Shutdown();
  impl_->thread.join();
}

std::uint16_t NullDestination::Port() const { return static_cast<std::uint16_t>(impl_->port); }

void NullDestination::Play(WallTime start) {
  Pacer pacer(impl_->clock, {});
  for (std::uint64_t change = 0; change < impl_->cell.Changes(); ++change) {
    const WallTime due = start + impl_->cell.At(change);
    const std::uint32_t service = impl_->cell.ServiceOf(change);
    const NullMessages& messages = impl_->messages[service];
    pacer.Until(due);
    const std::lock_guard lock(impl_->mutex);
    for (NullStream* stream : impl_->streams[service]) {
      impl_->send_lag.Record(std::max(impl_->clock.Wall() - due, Micros{0}));
      stream->Send(impl_->cell.Adds(change) ? messages.add : messages.remove);
    }
  }
}

const measure::Histogram& NullDestination::SendLag() const { return impl_->send_lag; }

}  // namespace dst_load::workers::calibrate
