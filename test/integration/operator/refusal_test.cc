#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "test/integration/coordination/raw_peer.h"
#include "test/integration/operator/cluster.h"

namespace dst_load::op::test {
namespace {

using coordination::test::RawChannel;
using coordination::test::RawPeer;
using grpc::StatusCode;
namespace v1 = coordination::v1;

/// Whoever speaks to the coordinator of a test that has just started, and what the operator's page says of it.
struct Door {
  Door() {
    cluster.Apply(R"({"client":{"replicas":1}})");
    REQUIRE(Cluster::Await([&] { return cluster.Exists(kube::kDeployments, "x-client"); }));
    session = cluster.Session("peer");
    channel = RawChannel(session);
  }
  v1::WorkerMessage Hello() const {
    v1::WorkerMessage message;
    message.mutable_hello()->set_run_id(session.run_id);
    message.mutable_hello()->set_instance("peer");
    message.mutable_hello()->set_role(v1::ROLE_CLIENT);
    return message;
  }
  bool Refused(const char* reason, int times) {
    const auto line = fmt::format("dst_load_coordinator_refused_total{{reason=\"{}\"}} {}\n", reason, times);
    return cluster.Metrics().Render().find(line) != std::string::npos;
  }
  Cluster cluster{"door"};
  coordination::SessionOptions session;
  std::shared_ptr<grpc::Channel> channel;
};

TEST_CASE("The coordinator refuses and counts, on the operator's page, what has no place in a run", "[operator]") {
  Door at;
  for (const char* reason : {"token", "run", "malformed", "oversized", "flood"}) CHECK(at.Refused(reason, 0));

  for (const char* token : {"", "guessed"}) {
    RawPeer peer(at.channel, token);
    peer.Send(at.Hello());
    CHECK(peer.Finish().error_code() == StatusCode::UNAUTHENTICATED);
  }
  CHECK(at.Refused("token", 2));

  {
    RawPeer peer(at.channel, at.session.credentials.token);
    auto hello = at.Hello();
    hello.mutable_hello()->set_run_id("another");
    peer.Send(hello);
    CHECK(peer.Finish().error_code() == StatusCode::NOT_FOUND);
    CHECK(at.Refused("run", 1));
  }
  {
    RawPeer peer(at.channel, at.session.credentials.token);
    peer.Send(at.Hello());
    peer.Send("\xFF\xFF no message");
    CHECK(peer.Finish().error_code() == StatusCode::INVALID_ARGUMENT);
    CHECK(at.Refused("malformed", 1));
  }
  {
    RawPeer peer(at.channel, at.session.credentials.token);
    peer.Send(at.Hello());
    peer.Send(std::string((16 << 20) + 1, 'x'));
    CHECK(peer.Finish().error_code() == StatusCode::RESOURCE_EXHAUSTED);
    CHECK(at.Refused("oversized", 1));
  }
  {
    RawPeer peer(at.channel, at.session.credentials.token);
    v1::WorkerMessage asks;
    asks.mutable_truth_request();
    peer.Send(at.Hello());
    for (int i = 0; i < 100'000 && peer.Send(asks); ++i) {
    }
    CHECK(peer.Finish().error_code() == StatusCode::RESOURCE_EXHAUSTED);
    CHECK(at.Refused("flood", 1));
  }
  // Nothing of this is in anybody's way, and no token is told to anybody.
  const std::string page = at.cluster.Metrics().Render();
  CHECK(page.find(at.session.credentials.token) == std::string::npos);
  CHECK(at.cluster.Object(kLoadTests, "x").dump().find(at.session.credentials.token) == std::string::npos);
}

}  // namespace
}  // namespace dst_load::op::test
