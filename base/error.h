#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace dst_load {

/// What kind of failure it was; callers branch on predicates below, never on text.
enum class Code {
  kInvalid,        ///< bad input: flag, field, manifest (HTTP 400, 422)
  kUnauthorized,   ///< HTTP 401, a refused token
  kForbidden,      ///< HTTP 403, quota included
  kNotFound,       ///< HTTP 404
  kConflict,       ///< HTTP 409: a stale resourceVersion, or a field owned by another manager
  kAlreadyExists,  ///< HTTP 409 with reason AlreadyExists
  kGone,           ///< HTTP 410: the resourceVersion is too old
  kThrottled,      ///< HTTP 429
  kUnavailable,    ///< no connection, HTTP 5xx, an aborted transfer: worth a retry
  kTimeout,        ///< our own deadline passed
  kCancelled,      ///< we were asked to stop
  kInternal,       ///< what should not happen: unparsable answers, our own bugs
};

std::string_view CodeName(Code code);

/// A failure of the network or of a user. The message names verb, object and cause, lower case, no period:
/// "patch loadtests/ns/x status: resourceVersion 12 is stale".
struct Error {
  Code code = Code::kInternal;
  std::string message;

  bool operator==(const Error&) const = default;
};

inline bool IsNotFound(const Error& e) { return e.code == Code::kNotFound; }
inline bool IsConflict(const Error& e) { return e.code == Code::kConflict; }
inline bool IsAlreadyExists(const Error& e) { return e.code == Code::kAlreadyExists; }
inline bool IsGone(const Error& e) { return e.code == Code::kGone; }
inline bool IsForbidden(const Error& e) { return e.code == Code::kForbidden; }
inline bool IsInvalid(const Error& e) { return e.code == Code::kInvalid; }
inline bool IsCancelled(const Error& e) { return e.code == Code::kCancelled; }
/// Worth trying again with a delay: nothing about the request itself is wrong.
bool IsTransient(const Error& e);

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

/// `return Fail(Code::kInvalid, "--cycles: must be positive")`
inline tl::unexpected<Error> Fail(Code code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}
inline tl::unexpected<Error> Fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

}  // namespace dst_load
