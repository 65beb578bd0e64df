#pragma once

#include <memory>
#include <string>

#include <fmt/format.h>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "kube/client.h"
#include "operator/load_test.h"
#include "test/integration/crd/install.h"
#include "test/support/kube_apiserver.h"

namespace dst_load::op::test {

/// An API server that knows LoadTests.
inline std::unique_ptr<kube::Client> ClientWithCrd() {
  auto client = kube::Client::Create(test_support::SharedApiServer().Admin(), {}, SystemClock());
  REQUIRE(client);
  const auto installed = test_support::InstallLoadTests(**client);
  INFO((installed ? "" : installed.error().message));
  REQUIRE(installed);
  return std::move(*client);
}

/// A LoadTest with this spec, as JSON text.
inline nlohmann::json Manifest(const std::string& name, const std::string& spec) {
  return {{"apiVersion", "dst-load.dev/v1alpha1"},
          {"kind", "LoadTest"},
          {"metadata", {{"name", name}}},
          {"spec", nlohmann::json::parse(spec)}};
}

inline std::string FreshName() {
  static int count = 0;
  return fmt::format("t{}", ++count);
}

}  // namespace dst_load::op::test
