#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "kube/config.h"

namespace dst_load::test_support {

/// A real etcd and a real kube-apiserver on 127.0.0.1, in a folder of their own, ended by the destructor; about five
/// seconds to start. No controllers run: nothing schedules Pods or collects garbage. RBAC is on, the ServiceAccount
/// admission plugin is off.
///
/// The programs come from the folder $DST_LOAD_TOOLS, or else from hack/tools/build.sh, which builds them the first
/// time.
class KubeApiServer {
 public:
  /// Errors: kNotFound when there are no programs, kUnavailable when they do not start (with the end of their log).
  static Result<std::unique_ptr<KubeApiServer>> Start();
  ~KubeApiServer();

  /// A member of system:masters, with a client certificate.
  kube::Config Admin() const;
  /// The bearer of `token`. The server knows "alice-token" (user alice) and "bob-token" (user bob); neither has a
  /// right.
  kube::Config Bearer(const std::string& token) const;
  /// Admin's kubeconfig, a file that lives as long as this object.
  std::string KubeconfigPath() const;
  const std::string& ToolsFolder() const;
  /// Makes etcd forget all versions but the present. A watch of PodTemplates, which alone the API server does not
  /// cache, from an older one is then refused with 410.
  Status CompactEtcd();
  /// Kills the API server, or etcd, with SIGKILL and starts it again on the same port with the same data, running
  /// `while_down` in between; returns once it serves. On the main thread.
  Status RestartApiServer(const std::function<void()>& while_down = {});
  Status RestartEtcd(const std::function<void()>& while_down = {});

 private:
  struct Impl;
  explicit KubeApiServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The API server that all tests of a program share, started when first asked for: on the main thread. Without the
/// programs it ends the test program with exit status 77, which ctest reports as skipped.
KubeApiServer& SharedApiServer();

}  // namespace dst_load::test_support
