#include "measure/snapshot.h"

#include <catch2/catch.hpp>

namespace dst_load::measure {
namespace {

using std::chrono::milliseconds;

TEST_CASE("Snapshots of several workers add up, service by service", "[snapshot]") {
  ClientSnapshot a, b;
  a.services[0].due = a.services[0].credited = 3;
  a.services[1].missing = a.services[1].due = 1;
  b.services[1].pending = b.services[1].due = 2;
  b.services[1].destination.Record(milliseconds{5});
  a.violations[0] = 1;
  b.violations[0] = 2;
  a.errors["unavailable"] = 1;
  b.errors["unavailable"] = 4;
  b.streams_joined = 7;
  ClientSnapshot ab = a, ba = b;
  ab.Merge(b);
  ba.Merge(a);
  CHECK(ab == ba);
  CHECK(ab.services.at(1).due == 3);
  CHECK(ab.Total().due == 6);
  CHECK(ab.Total().destination.Count() == 1);
  CHECK(ab.violations[0] == 3);
  CHECK(ab.errors.at("unavailable") == 5);
  CHECK(ab.streams_joined == 7);
  ChurnSnapshot churn, more;
  more.changes = 4;
  more.kubernetes.Record(milliseconds{1}, 4);
  churn.Merge(more);
  churn.Merge(more);
  CHECK(churn.changes == 8);
  CHECK(churn.kubernetes.Count() == 8);
}

}  // namespace
}  // namespace dst_load::measure
