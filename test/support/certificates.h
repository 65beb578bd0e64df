#pragma once

#include <string>
#include <vector>

#include "kube/config.h"

namespace dst_load::test_support {

/// A certificate authority made for one test; its key never leaves the process, unless the test writes it out.
struct Authority {
  kube::KeyPair pair;
};

struct Subject {
  std::string name;                         ///< CN: the user, for Kubernetes
  std::string organization = "";            ///< O: the user's group
  std::vector<std::string> alt_names = {};  ///< "DNS:localhost", "IP:127.0.0.1"
};

/// Certificates of P-256 keys, valid from an hour ago until a day from now. They end the program when OpenSSL fails:
/// no test can go on without them.
Authority MakeAuthority(const std::string& name);
kube::KeyPair Issue(const Authority& authority, const Subject& subject);
/// A private key in PEM, for what signs tokens.
std::string MakeKey();

}  // namespace dst_load::test_support
