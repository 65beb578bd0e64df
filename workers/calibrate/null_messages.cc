#include "workers/calibrate/null_messages.h"

#include <arpa/inet.h>

#include <charconv>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <grpcpp/support/slice.h>

#include "proto/destination.pb.h"

namespace dst_load::workers::calibrate {
namespace {

namespace dst = io::linkerd::proxy::destination;

constexpr std::uint32_t kWeight = 10'000;  // as Linkerd's

void Fill(const measure::Endpoint& endpoint, dst::TcpAddress& out) {
  in_addr ip{};
  inet_pton(AF_INET, endpoint.ip.c_str(), &ip);
  out.mutable_ip()->set_ipv4(ntohl(ip.s_addr));
  out.set_port(endpoint.port);
}

grpc::ByteBuffer Pack(const dst::Update& update) {
  const grpc::Slice slice(update.SerializeAsString());
  return {&slice, 1};
}

grpc::ByteBuffer Add(std::uint32_t service, const std::vector<measure::Endpoint>& endpoints) {
  dst::Update update;
  auto& set = *update.mutable_add();
  (*set.mutable_metric_labels())["namespace"] = "calibrate";
  (*set.mutable_metric_labels())["service"] = fmt::format("calibrate-{}", service + 1);
  for (const auto& endpoint : endpoints) {
    auto& addr = *set.add_addrs();
    Fill(endpoint, *addr.mutable_addr());
    addr.set_weight(kWeight);
    (*addr.mutable_metric_labels())["pod"] = endpoint.pod;
  }
  return Pack(update);
}

}  // namespace

NullMessages MessagesOf(std::uint32_t service) {
  dst::Update remove;
  for (const auto& guest : Cell::Guests(service)) Fill(guest, *remove.mutable_remove()->add_addrs());
  return {Add(service, {Cell::Keeper(service)}), Add(service, Cell::Guests(service)), Pack(remove)};
}

std::optional<std::uint32_t> ServiceAskedFor(const grpc::ByteBuffer& request, const Cell& cell) {
  grpc::Slice slice;
  dst::GetDestination get;
  if (!request.DumpToSingleSlice(&slice).ok()) return std::nullopt;
  if (!get.ParseFromArray(slice.begin(), static_cast<int>(slice.size()))) return std::nullopt;
  const auto hyphen = get.path().find('-');
  std::uint32_t number = 0;
  if (hyphen == std::string::npos) return std::nullopt;
  std::from_chars(get.path().data() + hyphen + 1, get.path().data() + get.path().size(), number);
  if (number < 1 || number > cell.services || get.path() != Cell::ServiceName(number - 1)) return std::nullopt;
  return number - 1;
}

}  // namespace dst_load::workers::calibrate
