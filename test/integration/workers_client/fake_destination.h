#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <grpcpp/server.h>

#include "proto/destination.grpc.pb.h"

namespace dst_load::workers::test {

namespace dst = io::linkerd::proxy::destination;

/// A destination service that says what it is told to say. A thread a stream: for a few dozen of them. Thread-safe.
class FakeDestination final : private dst::Destination::Service {
 public:
  struct Endpoint {
    std::uint32_t ip;
    std::uint32_t port;
    std::string pod;
  };

  /// Listens on loopback; port 0 takes a free one.
  explicit FakeDestination(int port = 0);
  ~FakeDestination() override;

  int Port() const { return port_; }
  std::string Address() const { return "127.0.0.1:" + std::to_string(port_); }

  /// Told to every open stream of the service at once, and to every later one first.
  void Add(const std::string& service, const std::vector<Endpoint>& endpoints);
  void Remove(const std::string& service, const std::vector<Endpoint>& endpoints);
  /// As Add, but later streams are told and the open ones are not.
  void AddUnheard(const std::string& service, const std::vector<Endpoint>& endpoints);
  /// Sends these bytes to every open stream, whatever they are.
  void Garble();
  /// Ends every open stream with a status.
  void End(const grpc::Status& status);
  /// Answers new streams with this status; OK: serves them again.
  void Refuse(const grpc::Status& status);

  std::size_t OpenStreams() const;
  /// Every request ever made.
  std::vector<dst::GetDestination> Requests() const;
  /// Peers, that is connections, that ever made a request.
  std::size_t Peers() const;

 private:
  struct Stream {
    std::string service;
    std::deque<dst::Update> queue;
    std::optional<grpc::Status> end;
  };

  grpc::Status Get(grpc::ServerContext* context, const dst::GetDestination* request,
                   grpc::ServerWriter<dst::Update>* writer) override;
  void Tell(const std::string& service, const dst::Update& update);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::list<Stream> streams_;
  std::map<std::string, std::map<std::uint32_t, Endpoint>> sets_;
  std::vector<dst::GetDestination> requests_;
  std::set<std::string> peers_;
  grpc::Status refusal_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

/// Waits until `wanted` holds, looking every few milliseconds, at most ten seconds. Returns whether it does.
bool Await(const std::function<bool()>& wanted);

}  // namespace dst_load::workers::test
