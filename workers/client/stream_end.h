#pragma once

#include <string>

namespace grpc {
class Status;
}

namespace dst_load::workers {

/// Why a stream ended, as it is counted.
struct StreamEnd {
  enum class Kind {
    kReset,        ///< by us: lifetime, reset interval
    kSendTimeout,  ///< by the server with OK or a deadline: overflow of its queue, or shutdown
    kError,        ///< counted by reason
  };
  Kind kind;
  std::string reason;  ///< of kError: a gRPC code's name in lower case, or "malformed"
};

/// Every reason there can be, for metrics that exist at zero. Bounded.
inline constexpr const char* kErrorReasons[] = {
    "cancelled",           "unknown",   "invalid_argument",   "deadline_exceeded", "not_found",
    "already_exists",      "aborted",   "permission_denied",  "out_of_range",      "resource_exhausted",
    "failed_precondition", "internal",  "unimplemented",      "unavailable",       "data_loss",
    "unauthenticated",     "malformed", "ended_before_start",
};

/// What the shard knows about a stream when its status arrives.
struct StreamFate {
  bool reset_by_us = false;
  bool malformed = false;  ///< we hung up on bytes that are no Update
  bool opened = false;     ///< the request reached a connection
};
StreamEnd ClassifyEnd(const grpc::Status& status, const StreamFate& fate);

}  // namespace dst_load::workers
