// A fault proxy as a program: listens where Pods of a local cluster reach it, and does what a file says for as long as
// the file says it. Requests go on with their sender's own credentials.
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/time.h"
#include "kube/wait.h"
#include "test/support/fault_proxy.h"

using namespace dst_load;
using test_support::Faults;

namespace {

constexpr Micros kLookEvery = std::chrono::milliseconds{100};

volatile std::sig_atomic_t g_ended = 0;

std::string TextOf(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Nobody reads half of it.
void WriteWhole(const std::string& file, std::uint64_t count) {
  const std::string fresh = file + ".fresh";
  std::ofstream(fresh) << count << '\n';
  std::rename(fresh.c_str(), file.c_str());
}

Faults ParseFaults(const std::string& text) {
  const auto json = nlohmann::json::parse(text);
  Faults faults;
  faults.latency = std::chrono::milliseconds{json.value("latencyMillis", 0)};
  faults.throttled = json.value("throttled", 0);
  faults.status_conflicts = json.value("statusConflicts", false);
  faults.watch_lifetime = std::chrono::milliseconds{json.value("watchLifetimeMillis", 0)};
  faults.forget_versions = json.value("forgetVersions", false);
  faults.down = json.value("down", false);
  return faults;
}

}  // namespace

int main(int argc, char** argv) {
  std::string server, authority, certificate, key, faults_file, count_file;
  int port = 0;
  CLI::App app{"Passes requests on to an API server, with faults"};
  app.add_option("--server", server, "https://127.0.0.1:PORT of the API server")->required();
  app.add_option("--authority", authority, "Certificate authority of the API server")->required();
  app.add_option("--certificate", certificate, "Certificate to serve with")->required();
  app.add_option("--key", key, "Its key")->required();
  app.add_option("--port", port, "Where to listen, on every address")->required();
  app.add_option("--faults", faults_file, "Read again and again: one JSON object")->required();
  app.add_option("--count", count_file, "Where to write how often a fault did something")->required();
  CLI11_PARSE(app, argc, argv);
  std::signal(SIGTERM, [](int) { g_ended = 1; });
  std::signal(SIGPIPE, SIG_IGN);

  kube::Config upstream;
  upstream.server = server;
  upstream.ca_pem = TextOf(authority);
  test_support::FaultProxy proxy(upstream, {port, {TextOf(certificate), TextOf(key)}});
  std::string text;
  while (g_ended == 0) {
    if (std::string now = TextOf(faults_file); now != text && !now.empty()) {
      text = std::move(now);
      proxy.Set(ParseFaults(text));
    }
    WriteWhole(count_file, proxy.Injected());
    kube::WaitFor({}, kLookEvery);
  }
}
