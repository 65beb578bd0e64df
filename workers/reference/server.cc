#include "workers/reference/server.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <thread>
#include <utility>
#include <vector>

#include "workers/reference/call_home.h"

namespace dst_load::workers::reference {

struct Server::Impl {
  Impl(Topics& topics, const Clock& clock) : home(topics, clock) {}

  static void Serve(grpc::ServerCompletionQueue& queue) {
    void* tag = nullptr;
    bool ok = false;
    while (queue.Next(&tag, &ok)) Call::OnEvent(tag, ok);
  }

  Call::Home home;
  int port = 0;
  std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> queues;
  std::unique_ptr<grpc::Server> server;
  std::vector<std::jthread> threads;
};

Result<std::unique_ptr<Server>> Server::Create(ServerOptions options, Topics& topics, const Clock& clock) {
  auto impl = std::make_unique<Impl>(topics, clock);
  impl->home.cluster_domain = options.cluster_domain;
  const std::string address = options.listen.starts_with(':') ? "[::]" + options.listen : options.listen;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &impl->port);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);
  builder.RegisterService(&impl->home.service);
  for (unsigned i = 0; i < options.threads; ++i) impl->queues.push_back(builder.AddCompletionQueue());
  impl->server = builder.BuildAndStart();
  if (!impl->server || impl->port == 0) {
    for (auto& queue : impl->queues) queue->Shutdown();
    return Fail(Code::kUnavailable, "listen on " + options.listen + ": address not available");
  }
  for (auto& queue : impl->queues) {
    Call::Await(impl->home, *queue);
    impl->threads.emplace_back([&queue = *queue] { Impl::Serve(queue); });
  }
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() {
  impl_->server->Shutdown(std::chrono::system_clock::time_point{});  // at once: streams never end by themselves
  // Only a queue without calls may be shut down: they may still start an operation.
  for (auto calls = impl_->home.calls.load(); calls != 0; calls = impl_->home.calls.load()) {
    impl_->home.calls.wait(calls);
  }
  for (auto& queue : impl_->queues) queue->Shutdown();
}

std::uint16_t Server::Port() const { return static_cast<std::uint16_t>(impl_->port); }

ServerStats Server::Stats() const {
  const auto& home = impl_->home;
  return {home.active, home.total, home.sent, home.waiting, home.overflows, home.refused, home.topics.Faults()};
}

}  // namespace dst_load::workers::reference
