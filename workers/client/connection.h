#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <grpcpp/generic/generic_stub.h>

#include "base/time.h"

namespace dst_load::workers {

/// One TCP connection to the destination service: a channel that shares nothing with other channels. Reconnects by
/// itself. Not thread-safe.
class Connection {
 public:
  /// `number` is unique to the process: channels with equal arguments would share a connection. `slow`: for readers
  /// that are to be waited for, so that as little as possible is read ahead of them.
  Connection(const std::string& destination, std::int64_t number, bool slow = false);

  grpc::GenericStub& Stub() { return *stub_; }
  /// A stream is about to be opened: remembers since when the connection is being made, when it has to be.
  void Using(MonoTime now);
  /// A stream got through. Returns how long connecting took, once for every connection made.
  std::optional<Micros> Connected(MonoTime now);

 private:
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<grpc::GenericStub> stub_;
  std::optional<MonoTime> connecting_since_;
};

}  // namespace dst_load::workers
