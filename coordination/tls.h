#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace dst_load::coordination {

/// A certificate authority of our own: one an operator, or one a churn worker that listens by itself. PEM.
struct Authority {
  std::string cert_pem;
  std::string key_pem;  ///< secret
};

/// What a server shows. PEM.
struct ServerIdentity {
  std::string cert_pem;
  std::string key_pem;  ///< secret
};

/// EC P-256, valid ten years, not before an hour ago. Errors: kInternal.
Result<Authority> MakeAuthority(const Clock& clock);
/// A server certificate for DNS names and IP addresses, valid a year. Errors: kInvalid for an unusable authority.
Result<ServerIdentity> IssueIdentity(const Authority& authority, const std::vector<std::string>& names,
                                     const Clock& clock);

/// The folder that a worker is given (a mounted Secret, or --coordinator-dir by hand): files "ca.crt" and "token".
struct Credentials {
  std::string ca_pem;
  std::string token;  ///< secret
};
/// Errors: kInvalid naming the file.
Result<Credentials> ReadCredentials(const std::string& dir);
/// Mode 0600, created whole. Errors: kUnavailable naming the file.
Status WriteCredentials(const std::string& dir, const Credentials& credentials);

}  // namespace dst_load::coordination
