#include "base/error.h"

namespace dst_load {

std::string_view CodeName(Code code) {
  switch (code) {
    case Code::kInvalid:
      return "invalid";
    case Code::kUnauthorized:
      return "unauthorized";
    case Code::kForbidden:
      return "forbidden";
    case Code::kNotFound:
      return "not found";
    case Code::kConflict:
      return "conflict";
    case Code::kAlreadyExists:
      return "already exists";
    case Code::kGone:
      return "gone";
    case Code::kThrottled:
      return "throttled";
    case Code::kUnavailable:
      return "unavailable";
    case Code::kTimeout:
      return "timeout";
    case Code::kCancelled:
      return "cancelled";
    case Code::kInternal:
      return "internal";
  }
  return "internal";
}

bool IsTransient(const Error& e) {
  return e.code == Code::kThrottled || e.code == Code::kUnavailable || e.code == Code::kTimeout;
}

}  // namespace dst_load
