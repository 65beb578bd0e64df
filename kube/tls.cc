#include "kube/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace dst_load::kube {
namespace {

OpenSslPtr<BIO> Reader(const std::string& text) {
  return OpenSslPtr<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

OpenSslPtr<X509> NextCertificate(BIO* from) {
  OpenSslPtr<X509> certificate(PEM_read_bio_X509(from, nullptr, nullptr, nullptr));
  // The end of the text is an error to OpenSSL; it must not stay in this thread's queue.
  ERR_clear_error();
  return certificate;
}

tl::unexpected<Error> Bad(const char* cause) {
  ERR_clear_error();
  return Fail(Code::kInvalid, cause);
}

}  // namespace

Result<OpenSslPtr<X509_STORE>> ParseAuthorities(const std::string& pem) {
  OpenSslPtr<X509_STORE> store(X509_STORE_new());
  const auto text = Reader(pem);
  int count = 0;
  while (const auto certificate = NextCertificate(text.get())) {
    if (X509_STORE_add_cert(store.get(), certificate.get()) != 1) return Bad("certificate authority: cannot be used");
    ++count;
  }
  if (count == 0) return Bad("certificate authority: there is no PEM certificate in it");
  // An intermediate authority given as the one to trust is trusted, as Go does.
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  return store;
}

Status UseKeyPair(SSL_CTX* context, const KeyPair& pair) {
  const auto certificates = Reader(pair.cert_pem);
  const auto leaf = NextCertificate(certificates.get());
  if (!leaf) return Bad("client certificate: there is no PEM certificate in it");
  const OpenSslPtr<EVP_PKEY> key(PEM_read_bio_PrivateKey(Reader(pair.key_pem).get(), nullptr, nullptr, nullptr));
  if (!key) return Bad("client key: there is no PEM private key in it");
  if (SSL_CTX_use_certificate(context, leaf.get()) != 1) return Bad("client certificate: cannot be used");
  while (const auto issuer = NextCertificate(certificates.get())) {
    if (SSL_CTX_add1_chain_cert(context, issuer.get()) != 1) return Bad("client certificate: its chain is unusable");
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    return Bad("client key: does not belong to the client certificate");
  }
  return {};
}

Status RequireName(SSL_CTX* context, const std::string& name) {
  if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1) return Bad("tls: cannot require TLS 1.2");
  X509_VERIFY_PARAM* const checks = SSL_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_hostflags(checks, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (X509_VERIFY_PARAM_set1_ip_asc(checks, name.c_str()) == 1) return {};
  ERR_clear_error();
  if (X509_VERIFY_PARAM_set1_host(checks, name.data(), name.size()) != 1)
    return Bad("tls: the server's name is unusable");
  return {};
}

}  // namespace dst_load::kube
