#include "measure/endpoint_table.h"

#include <set>

#include <catch2/catch.hpp>

namespace dst_load::measure {
namespace {

TEST_CASE("Endpoints are Pods at addresses, and keep their ids", "[table]") {
  EndpointTable table;
  const EndpointId a = table.Intern("10.0.0.1", 8080, "a");
  const EndpointId heir = table.Intern("10.0.0.1", 8080, "b");
  const EndpointId other_port = table.Intern("10.0.0.1", 8081, "a");
  CHECK(std::set<EndpointId>{a, heir, other_port}.size() == 3);
  CHECK(table.Intern("10.0.0.1", 8080, "a") == a);
  CHECK(table[a].address == table[heir].address);
  CHECK(table[a].address != table[other_port].address);
  CHECK(table.Find(table.FindAddress("10.0.0.1", 8080), "b") == heir);
  CHECK(table.Find(table.FindAddress("10.0.0.1", 8080), "c") == kNone);
  CHECK(table.FindAddress("10.0.0.2", 8080) == kNone);
  table[heir].held.Add(5);
  CHECK(table.OwnerAt(table[a].address, 5) == heir);
  CHECK(table.OwnerAt(table[a].address, 4) == kNone);
}

TEST_CASE("Addresses are spelled as people write them", "[table]") {
  EndpointTable table;
  CHECK(table.Text(table.Intern("10.0.0.1", 8080, "")) == "10.0.0.1:8080");
  CHECK(table.Text(table.Intern("fd00::1", 80, "a")) == "[fd00::1]:80 (pod a)");
}

TEST_CASE("Endpoints that nobody needs are remembered for a while, and then their ids are used again", "[table]") {
  EndpointTable table;
  const EndpointId kept = table.Intern("10.1.0.1", 80, "kept");
  table[kept].held.Add(0);
  const EndpointId gone = table.Intern("10.1.0.2", 80, "gone");
  table[gone].was_true = true;
  table.Release(gone);
  table.Release(kept);
  CHECK(table.Intern("10.1.0.2", 80, "gone") == gone);
  CHECK(table[gone].was_true);
  for (int i = 0; i < 10'000; ++i) {
    table.Release(table.Intern("10.2.0." + std::to_string(i), 80, "pod"));
  }
  CHECK(table.Size() < 1'000);
  CHECK(table.FindAddress("10.1.0.2", 80) == kNone);
  CHECK(table.Find(table.FindAddress("10.1.0.1", 80), "kept") == kept);
  CHECK(table.OwnerAt(table[kept].address, 0) == kept);
}

TEST_CASE("A pinned address keeps its id without endpoints", "[table]") {
  EndpointTable table;
  const EndpointId id = table.Intern("10.1.0.1", 80, "a");
  const AddressId address = table[id].address;
  table.Pin(address);
  table.Release(id);
  for (int i = 0; i < 1'000; ++i) table.Release(table.Intern("10.2.0." + std::to_string(i), 80, "pod"));
  CHECK(table.FindAddress("10.1.0.1", 80) == address);
  CHECK(table.At(address).empty());
  table.Unpin(address);
  CHECK(table.FindAddress("10.1.0.1", 80) == kNone);
}

TEST_CASE("A set of streams grows, shrinks, and is walked in order while it shrinks", "[table]") {
  StreamSet set;
  CHECK(set.Add(200));
  CHECK(set.Add(3));
  CHECK_FALSE(set.Add(3));
  CHECK(set.Add(64));
  CHECK(set.Count() == 3);
  CHECK_FALSE(set.Has(1'000));
  CHECK_FALSE(set.Remove(4));
  std::vector<std::uint32_t> seen;
  set.Each([&](std::uint32_t i) {
    seen.push_back(i);
    set.Remove(i);
  });
  CHECK(seen == std::vector<std::uint32_t>{3, 64, 200});
  CHECK(set.empty());
}

}  // namespace
}  // namespace dst_load::measure
