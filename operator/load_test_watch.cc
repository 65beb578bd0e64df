#include "operator/load_test_watch.h"

#include <nlohmann/json.hpp>

namespace dst_load::op {
namespace {

kube::WatcherOptions Watching(const std::string& ns) {
  kube::WatcherOptions options;
  options.ns = ns;
  return options;
}

Result<WatchedTest> Parse(const nlohmann::json& object) {
  return WatchedTest{ParseLoadTest(object), ParseScheduledTest(object)};
}

}  // namespace

LoadTestWatch::LoadTestWatch(kube::Client& client, const std::string& ns, const Clock& clock)
    : informer_(client, kLoadTests, Watching(ns), clock, Parse, [this](const Change& change) { Tell(change); }) {}

void LoadTestWatch::Tell(const Change& change) {
  const std::lock_guard lock(mutex_);
  for (const auto& [of, listener] : listeners_) listener(change);
}

LoadTestWatch::Listening::Listening(LoadTestWatch& watch, Listener listener) : watch_(watch) {
  const std::lock_guard lock(watch_.mutex_);
  // What is there already was told before; what changes from now on waits for the lock.
  for (const auto& [key, test] : watch_.Store().All()) listener({key, nullptr, test, {}, true});
  watch_.listeners_.emplace(this, std::move(listener));
}

LoadTestWatch::Listening::~Listening() {
  const std::lock_guard lock(watch_.mutex_);
  watch_.listeners_.erase(this);
}

}  // namespace dst_load::op
