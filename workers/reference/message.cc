#include "workers/reference/message.h"

#include <arpa/inet.h>

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include "proto/destination.pb.h"

namespace dst_load::workers::reference {
namespace {

namespace dst = io::linkerd::proxy::destination;

constexpr std::uint32_t kWeight = 10'000;  // as Linkerd's

void Fill(const Endpoint& endpoint, dst::TcpAddress& out) {
  out.set_port(endpoint.port);
  in_addr v4{};
  in6_addr v6{};
  if (inet_pton(AF_INET, endpoint.ip.c_str(), &v4) == 1) {
    out.mutable_ip()->set_ipv4(ntohl(v4.s_addr));
  } else if (inet_pton(AF_INET6, endpoint.ip.c_str(), &v6) == 1) {
    std::uint64_t first = 0, last = 0;
    for (int i = 0; i < 8; ++i) {
      first = first << 8 | v6.s6_addr[i];
      last = last << 8 | v6.s6_addr[8 + i];
    }
    out.mutable_ip()->mutable_ipv6()->set_first(first);
    out.mutable_ip()->mutable_ipv6()->set_last(last);
  }
}

Message Pack(const dst::Update& update) {
  const grpc::Slice slice(update.SerializeAsString());
  return std::make_shared<const grpc::ByteBuffer>(&slice, 1);
}

}  // namespace

Message MakeAdd(const Target& target, const std::vector<Endpoint>& endpoints, Metadata metadata) {
  const bool right = metadata == Metadata::kRight;
  dst::Update update;
  auto& set = *update.mutable_add();
  (*set.mutable_metric_labels())["namespace"] = target.ns;
  (*set.mutable_metric_labels())["service"] = right ? target.service : "not-" + target.service;
  for (const auto& endpoint : endpoints) {
    auto& addr = *set.add_addrs();
    Fill(endpoint, *addr.mutable_addr());
    addr.set_weight(right ? kWeight : 1);
    if (!endpoint.pod.empty()) (*addr.mutable_metric_labels())["pod"] = endpoint.pod;
  }
  return Pack(update);
}

Message MakeRemove(const std::vector<Endpoint>& endpoints) {
  dst::Update update;
  for (const auto& endpoint : endpoints) Fill(endpoint, *update.mutable_remove()->add_addrs());
  return Pack(update);
}

}  // namespace dst_load::workers::reference
