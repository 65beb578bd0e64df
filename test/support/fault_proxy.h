#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "kube/config.h"

namespace dst_load::test_support {

/// What goes wrong between a client and its API server.
struct Faults {
  std::chrono::milliseconds latency{0};         ///< before each request is passed on
  int throttled = 0;                            ///< so many requests are answered 429 with Retry-After: 1
  bool status_conflicts = false;                ///< every second PATCH of a status is answered 409
  std::chrono::milliseconds watch_lifetime{0};  ///< after which each watch is cut in mid-stream; 0: never
  bool forget_versions = false;  ///< only the first watch after a list is let through, every other is answered 410
  std::string token = "";        ///< requests without this bearer are answered 401; empty: any will do
  bool down = false;             ///< connections are broken, new ones and those there are
};

/// Where a proxy listens, when other programs are to find it.
struct ProxyAddress {
  int port = 0;
  kube::KeyPair certificate;  ///< of an authority that its clients trust
};

/// Stands between a client and an API server of this machine and makes trouble. Speaks TLS on both sides and verifies
/// the server's; passes everything on as the upstream config's user, or as the sender where that config has none. One
/// request a connection, one thread each.
///
/// Thread-safe. The destructor breaks all connections and waits for their threads.
class FaultProxy {
 public:
  /// Ends the program when it can't listen: no test can go on without it.
  explicit FaultProxy(const kube::Config& upstream);
  /// Listens on every address of its network namespace.
  FaultProxy(const kube::Config& upstream, const ProxyAddress& address);
  ~FaultProxy();

  /// How to reach it over loopback, without credentials of one's own. Not for one with an address of its own.
  kube::Config Config() const;
  /// From the next request on; `down` at once.
  void Set(Faults faults);
  /// Requests that a fault made go wrong or wait, since the start.
  std::uint64_t Injected() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dst_load::test_support
