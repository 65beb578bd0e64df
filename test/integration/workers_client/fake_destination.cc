#include "fake_destination.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/server_context.h>

#include <condition_variable>

namespace dst_load::workers::test {
namespace {

dst::Update AddOf(const std::vector<FakeDestination::Endpoint>& endpoints) {
  dst::Update update;
  for (const auto& endpoint : endpoints) {
    auto& addr = *update.mutable_add()->add_addrs();
    addr.mutable_addr()->mutable_ip()->set_ipv4(endpoint.ip);
    addr.mutable_addr()->set_port(endpoint.port);
    (*addr.mutable_metric_labels())["pod"] = endpoint.pod;
    (*addr.mutable_metric_labels())["namespace"] = "ns";
  }
  return update;
}

}  // namespace

FakeDestination::FakeDestination(int port) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:" + std::to_string(port), grpc::InsecureServerCredentials(), &port_);
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
}

FakeDestination::~FakeDestination() {
  End({grpc::UNAVAILABLE, "going away"});
  server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds{1});
}

void FakeDestination::Tell(const std::string& service, const dst::Update& update) {
  for (auto& stream : streams_) {
    if (stream.service == service) stream.queue.push_back(update);
  }
  changed_.notify_all();
}

void FakeDestination::Add(const std::string& service, const std::vector<Endpoint>& endpoints) {
  AddUnheard(service, endpoints);
  const std::lock_guard lock(mutex_);
  Tell(service, AddOf(endpoints));
}

void FakeDestination::AddUnheard(const std::string& service, const std::vector<Endpoint>& endpoints) {
  const std::lock_guard lock(mutex_);
  for (const auto& endpoint : endpoints) sets_[service][endpoint.ip] = endpoint;
}

void FakeDestination::Remove(const std::string& service, const std::vector<Endpoint>& endpoints) {
  const std::lock_guard lock(mutex_);
  dst::Update update;
  for (const auto& endpoint : endpoints) {
    sets_[service].erase(endpoint.ip);
    auto& addr = *update.mutable_remove()->add_addrs();
    addr.mutable_ip()->set_ipv4(endpoint.ip);
    addr.set_port(endpoint.port);
  }
  Tell(service, update);
}

void FakeDestination::Garble() {
  const std::lock_guard lock(mutex_);
  dst::Update update;
  // A weighted address whose TcpAddress is no message.
  update.mutable_add()->GetReflection()->MutableUnknownFields(update.mutable_add())->AddLengthDelimited(1, "\x0a\x7f");
  for (auto& stream : streams_) stream.queue.push_back(update);
  changed_.notify_all();
}

void FakeDestination::End(const grpc::Status& status) {
  const std::lock_guard lock(mutex_);
  for (auto& stream : streams_) stream.end = status;
  changed_.notify_all();
}

void FakeDestination::Refuse(const grpc::Status& status) {
  const std::lock_guard lock(mutex_);
  refusal_ = status;
}

std::size_t FakeDestination::OpenStreams() const {
  const std::lock_guard lock(mutex_);
  return streams_.size();
}

std::vector<dst::GetDestination> FakeDestination::Requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::size_t FakeDestination::Peers() const {
  const std::lock_guard lock(mutex_);
  return peers_.size();
}

grpc::Status FakeDestination::Get(grpc::ServerContext* context, const dst::GetDestination* request,
                                  grpc::ServerWriter<dst::Update>* writer) {
  std::unique_lock lock(mutex_);
  requests_.push_back(*request);
  peers_.insert(context->peer());
  if (!refusal_.ok()) return refusal_;
  const auto stream = streams_.insert(streams_.end(), Stream{request->path(), {}, {}});
  std::vector<Endpoint> all;
  for (const auto& [ip, endpoint] : sets_[request->path()]) all.push_back(endpoint);
  if (!all.empty()) stream->queue.push_back(AddOf(all));
  while (!context->IsCancelled()) {
    if (!stream->queue.empty()) {
      const auto update = stream->queue.front();
      stream->queue.pop_front();
      lock.unlock();
      const bool written = writer->Write(update);
      lock.lock();
      if (!written) break;
    } else if (stream->end) {
      break;
    } else {
      changed_.wait_for(lock, std::chrono::milliseconds{20});
    }
  }
  const auto status = stream->end.value_or(grpc::Status::CANCELLED);
  streams_.erase(stream);
  return status;
}

bool Await(const std::function<bool()>& wanted) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  for (int i = 0; i < 2000; ++i) {
    if (wanted()) return true;
    never.wait_for(lock, std::chrono::milliseconds{5});
  }
  return wanted();
}

}  // namespace dst_load::workers::test
