#pragma once

#include <memory>
#include <string>
#include <thread>

#include "fake_destination.h"
#include "workers/client/client_worker.h"

namespace dst_load::workers::test {

inline const std::string kServiceA = "a.ns.svc.cluster.local:8080";
inline const std::string kServiceB = "b.ns.svc.cluster.local:8080";

/// Two services, two streams each, on two connections and two threads.
inline ClientOptions SmallOptions(const std::string& destination) {
  ClientOptions options;
  options.destination = destination;
  options.services = {kServiceA, kServiceB};
  options.streams_per_service = 2;
  options.streams_per_connection = 2;
  options.threads = 2;
  options.context_tokens = {R"({"ns":"default"})"};
  options.convergence_deadline = std::chrono::seconds{5};
  return options;
}

/// A client that runs on a thread of its own until it goes.
class RunningClient {
 public:
  /// `clock` must outlive it.
  explicit RunningClient(ClientOptions options, const Clock& clock = SystemClock())
      : worker_(ClientWorker::Create(std::move(options), clock).value()),
        thread_([this](const std::stop_token& stop) { worker_->Run(stop); }) {}

  std::shared_ptr<const ShardView> Latest() const { return worker_->Latest(); }
  measure::ClientSnapshot Counts() const { return worker_->Latest()->snapshot; }
  /// Waits until all streams are open.
  bool AwaitOpen() const {
    return Await([&] { return Counts().streams_open == Counts().streams_target; });
  }
  void Stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::unique_ptr<ClientWorker> worker_;
  std::jthread thread_;
};

}  // namespace dst_load::workers::test
