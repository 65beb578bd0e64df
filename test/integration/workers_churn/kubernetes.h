#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "kube/client.h"
#include "workers/churn/options.h"

namespace dst_load::workers::churn {

/// A client of the shared API server with every right, as churn makes one.
std::unique_ptr<kube::Client> AdminClient();

/// Plays the part of Kubernetes' controllers and kubelets in one namespace, which it creates: as soon as a Deployment
/// asks for n replicas, an EndpointSlice with n ready endpoints is there; it goes with the Deployment.
class Kubernetes {
 public:
  explicit Kubernetes(const std::string& ns);
  ~Kubernetes();

  kube::Client& Client() { return *client_; }
  const std::string& Namespace() const { return ns_; }
  /// As long as it is behind, no Deployment gets what it asks for.
  void SetBehind(bool behind);
  /// Names of the objects of a kind here.
  std::vector<std::string> Names(const kube::Resource& resource);

 private:
  void Follow(const std::string& deployment, std::int64_t replicas, const std::string& labels);

  const std::string ns_;
  std::unique_ptr<kube::Client> client_;
  std::map<std::string, int> numbers_;  ///< the watch's thread's own: makes addresses unique
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool behind_ = false;
  std::jthread watch_;
};

/// Options of a run here: services a-1 to a-3; with flags as given.
ChurnOptions OptionsFor(const Kubernetes& kubernetes, ChurnFlags flags);

}  // namespace dst_load::workers::churn
