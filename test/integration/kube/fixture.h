#pragma once

#include <memory>
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "kube/client.h"
#include "kube/object.h"
#include "test/support/kube_apiserver.h"

namespace dst_load::kube {

inline std::unique_ptr<Client> ClientOf(Config config, ClientOptions options = {}) {
  auto client = Client::Create(std::move(config), std::move(options), SystemClock());
  REQUIRE(client);
  return std::move(*client);
}

inline std::unique_ptr<Client> AdminClient(ClientOptions options = {}) {
  return ClientOf(test_support::SharedApiServer().Admin(), std::move(options));
}

/// A namespace of its own for each test: no controller runs that would delete what is in it.
inline std::string FreshNamespace(Client& client, const std::string& name) {
  REQUIRE(client.Create(kNamespaces, "", {{"metadata", {{"name", name}}}}));
  return name;
}

inline nlohmann::json ConfigMap(const std::string& name, const std::string& value) {
  return {{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"name", name}}}, {"data", {{"key", value}}}};
}

}  // namespace dst_load::kube
