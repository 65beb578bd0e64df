#include "workers/client/stream_end.h"

#include <grpcpp/support/status.h>

namespace dst_load::workers {
namespace {

const char* CodeName(grpc::StatusCode code) {
  switch (code) {
    case grpc::OK:
      return "ended_before_start";  // OK from a server that we never reached
    case grpc::CANCELLED:
      return "cancelled";
    case grpc::INVALID_ARGUMENT:
      return "invalid_argument";
    case grpc::DEADLINE_EXCEEDED:
      return "deadline_exceeded";
    case grpc::NOT_FOUND:
      return "not_found";
    case grpc::ALREADY_EXISTS:
      return "already_exists";
    case grpc::PERMISSION_DENIED:
      return "permission_denied";
    case grpc::UNAUTHENTICATED:
      return "unauthenticated";
    case grpc::RESOURCE_EXHAUSTED:
      return "resource_exhausted";
    case grpc::FAILED_PRECONDITION:
      return "failed_precondition";
    case grpc::ABORTED:
      return "aborted";
    case grpc::OUT_OF_RANGE:
      return "out_of_range";
    case grpc::UNIMPLEMENTED:
      return "unimplemented";
    case grpc::INTERNAL:
      return "internal";
    case grpc::UNAVAILABLE:
      return "unavailable";
    case grpc::DATA_LOSS:
      return "data_loss";
    default:
      return "unknown";
  }
}

}  // namespace

StreamEnd ClassifyEnd(const grpc::Status& status, const StreamFate& fate) {
  if (fate.malformed) return {StreamEnd::Kind::kError, "malformed"};
  if (fate.reset_by_us) return {StreamEnd::Kind::kReset, ""};
  const auto code = status.error_code();
  if (fate.opened && (code == grpc::OK || code == grpc::DEADLINE_EXCEEDED)) return {StreamEnd::Kind::kSendTimeout, ""};
  return {StreamEnd::Kind::kError, CodeName(code)};
}

}  // namespace dst_load::workers
