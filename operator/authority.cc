#include "operator/authority.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "kube/base64.h"
#include "kube/object.h"

namespace dst_load::op {
namespace {

using nlohmann::json;

/// The value of one key; its name holds a dot, which is no path.
std::string ValueOf(const json& secret, std::string_view key) {
  const json* data = kube::Member(secret, "data");
  const json* value = data == nullptr ? nullptr : kube::Member(*data, key);
  if (value == nullptr || !value->is_string()) return "";
  return kube::DecodeBase64(value->get<std::string>()).value_or("");
}

Result<coordination::Authority> Read(const json& secret, const std::string& ns) {
  coordination::Authority authority{ValueOf(secret, "tls.crt"), ValueOf(secret, "tls.key")};
  if (authority.cert_pem.empty() || authority.key_pem.empty()) {
    return Fail(Code::kInvalid, fmt::format("secrets/{}/{}: no tls.crt and tls.key in it", ns, kAuthoritySecret));
  }
  return authority;
}

json Build(const coordination::Authority& authority, const std::string& ns) {
  return {{"apiVersion", "v1"},
          {"kind", "Secret"},
          {"type", "kubernetes.io/tls"},
          {"metadata",
           {{"name", kAuthoritySecret},
            {"namespace", ns},
            {"labels",
             {{"app.kubernetes.io/name", "dst-load"},
              {"app.kubernetes.io/component", "coordinator"},
              {"app.kubernetes.io/managed-by", "dst-load-operator"}}}}},
          {"data",
           {{"tls.crt", kube::EncodeBase64(authority.cert_pem)}, {"tls.key", kube::EncodeBase64(authority.key_pem)}}}};
}

}  // namespace

Result<coordination::Authority> EnsureAuthority(kube::Client& client, const std::string& ns, const Clock& clock) {
  auto held = client.Get(kube::kSecrets, ns, kAuthoritySecret);
  if (held) return Read(*held, ns);
  if (!IsNotFound(held.error())) return Fail(held.error());
  auto made = coordination::MakeAuthority(clock);
  if (!made) return made;
  auto stored = client.Create(kube::kSecrets, ns, Build(*made, ns));
  if (stored) {
    log::Info("made the coordinator's certificate authority", {{"secret", ns + "/" + kAuthoritySecret}});
    return made;
  }
  if (!IsAlreadyExists(stored.error())) return Fail(stored.error());
  held = client.Get(kube::kSecrets, ns, kAuthoritySecret);
  if (!held) return Fail(held.error());
  return Read(*held, ns);
}

}  // namespace dst_load::op
