#include "loopback_run.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace dst_load::workers::test {
namespace {

std::vector<measure::Endpoint> EndpointsOf(const Addresses& ready) {
  std::vector<measure::Endpoint> endpoints;
  for (const auto& address : ready) endpoints.push_back({address.ip, 8080, address.pod});
  std::sort(endpoints.begin(), endpoints.end());
  return endpoints;
}

std::vector<measure::Endpoint> Minus(const std::vector<measure::Endpoint>& from,
                                     const std::vector<measure::Endpoint>& what) {
  std::vector<measure::Endpoint> rest;
  std::set_difference(from.begin(), from.end(), what.begin(), what.end(), std::back_inserter(rest));
  return rest;
}

}  // namespace

LoopbackRun::LoopbackRun(reference::FaultPlan faults, std::vector<std::string> services, ClientOptions options,
                         const Clock& clock)
    : services_(std::move(services)), topics_(std::move(faults)) {
  reference::ServerOptions serve;
  serve.listen = "127.0.0.1:0";
  serve.threads = 2;
  server_ = reference::Server::Create(serve, topics_).value();
  options.destination = "127.0.0.1:" + std::to_string(server_->Port());
  for (const auto& name : services_) options.services.push_back(name + ".ns.svc.cluster.local:8080");
  options.context_tokens = {R"({"ns":"default"})"};
  engine_ = std::make_unique<Engine>(options, true, 1, clock);
}

LoopbackRun::~LoopbackRun() { engine_->Stop(); }

void LoopbackRun::Open(const std::vector<Addresses>& truth) {
  truth_ = truth;
  measure::TruthState state;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    state.services.push_back(EndpointsOf(truth[i]));
    Tell(i, truth[i]);
  }
  engine_->Apply({state, {}});
  engine_->Start();
}

coordination::TruthUpdate LoopbackRun::Change(std::size_t service, const Addresses& ready, WallTime t0, WallTime t1) {
  const auto before = EndpointsOf(std::exchange(truth_[service], ready)), after = EndpointsOf(ready);
  coordination::TruthUpdate update;
  const auto index = static_cast<std::uint32_t>(service);
  for (const auto& one : Minus(before, after)) update.changes.push_back({++seq_, index, one, false, t0, t1});
  for (const auto& one : Minus(after, before)) update.changes.push_back({++seq_, index, one, true, t0, t1});
  return update;
}

void LoopbackRun::Tell(std::size_t service, const Addresses& ready) {
  topics_.Set({"ns", services_[service] + "-1"}, {"ns", services_[service], {8080}, ready});
}

}  // namespace dst_load::workers::test
