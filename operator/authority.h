#pragma once

#include <string>

#include "base/error.h"
#include "base/time.h"
#include "coordination/tls.h"
#include "kube/client.h"

namespace dst_load::op {

/// Name of the Secret that holds the coordinator's certificate authority, in the operator's own namespace.
inline constexpr const char* kAuthoritySecret = "dst-load-coordinator-ca";

/// The coordinator's authority: read, or made and stored by whoever comes first. Errors: those of the API server;
/// kInvalid when the Secret holds something else.
Result<coordination::Authority> EnsureAuthority(kube::Client& client, const std::string& ns, const Clock& clock);

}  // namespace dst_load::op
