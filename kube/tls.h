#pragma once

#include <memory>
#include <string>

#include <openssl/ssl.h>

#include "base/error.h"
#include "kube/config.h"

namespace dst_load::kube {

struct OpenSslFree {
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
template <class T>
using OpenSslPtr = std::unique_ptr<T, OpenSslFree>;

/// The authorities in PEM text. Errors: kInvalid when there is no certificate in it.
Result<OpenSslPtr<X509_STORE>> ParseAuthorities(const std::string& pem);

/// Makes `context` present this certificate, with the chain that follows it. Errors: kInvalid when certificate and key
/// can't be read or do not belong together.
Status UseKeyPair(SSL_CTX* context, const KeyPair& pair);

/// Makes `context` accept only certificates issued to `name`, a host name or an IP address, and only TLS 1.2 or newer.
Status RequireName(SSL_CTX* context, const std::string& name);

}  // namespace dst_load::kube
