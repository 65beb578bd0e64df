#include "coordination/outbox.h"

#include <catch2/catch.hpp>

namespace dst_load::coordination {
namespace {

v1::WorkerMessage Report(std::uint64_t streams) {
  v1::WorkerMessage message;
  message.mutable_client()->set_streams_target(streams);
  return message;
}

TEST_CASE("Only the newest report is sent, once an attachment", "[outbox]") {
  Outbox outbox;
  REQUIRE_FALSE(outbox.Take().has_value());
  outbox.Put(Report(1));
  outbox.Put(Report(2));
  const auto sent = outbox.Take();
  REQUIRE(sent->client().streams_target() == 2);
  REQUIRE(sent->number() == 2);
  REQUIRE_FALSE(outbox.Take().has_value());
  outbox.Rewind();
  REQUIRE(outbox.Take()->number() == 2);
}

TEST_CASE("A client's next report waits for the Ack of the last one, one with news does not, nor does churn's",
          "[outbox]") {
  Outbox outbox;
  outbox.Put(Report(1));
  REQUIRE(outbox.Take().has_value());
  outbox.Put(Report(2));
  outbox.Put(Report(3));
  REQUIRE_FALSE(outbox.Take().has_value());
  outbox.Acked(1);
  REQUIRE(outbox.Take()->client().streams_target() == 3);

  auto news = Report(4);
  SECTION("joined") { news.mutable_client()->set_streams_joined(4); }
  SECTION("concluded") { news.mutable_client()->set_concluded(true); }
  SECTION("retired") { news.mutable_client()->set_retired(true); }
  SECTION("churn") { news.mutable_churn(); }
  outbox.Put(news);
  REQUIRE(outbox.Take().value().number() == 4);
}

TEST_CASE("What a client reports after its news waits again, until there is other news", "[outbox]") {
  Outbox outbox;
  auto report = Report(4);
  auto& client = *report.mutable_client();
  std::uint64_t number = 0;
  const auto taken = [&] {
    outbox.Put(report);
    ++number;
    const auto message = outbox.Take();
    REQUIRE((!message || message->number() == number));
    return message.has_value();
  };
  REQUIRE(taken());
  REQUIRE_FALSE(taken());
  client.set_streams_joined(4);
  REQUIRE(taken());
  REQUIRE_FALSE(taken());
  client.set_streams_joined(3);
  REQUIRE(taken());
  client.set_streams_joined(2);  // no more than before
  REQUIRE_FALSE(taken());
  client.set_concluded(true);
  REQUIRE(taken());
  REQUIRE_FALSE(taken());
  REQUIRE_FALSE(taken());
  client.set_retired(true);
  REQUIRE(taken());
}

TEST_CASE("A new attachment waits for no Ack of the one before it", "[outbox]") {
  Outbox outbox;
  outbox.Put(Report(1));
  REQUIRE(outbox.Take().has_value());
  outbox.Put(Report(2));
  outbox.Rewind();
  REQUIRE(outbox.Take()->number() == 2);
}

TEST_CASE("A flush waits for the newest report's acknowledgement", "[outbox]") {
  Outbox outbox;
  REQUIRE(outbox.WaitAcked(Micros{0}));
  outbox.Put(Report(1));
  REQUIRE_FALSE(outbox.WaitAcked(Micros{1000}));
  outbox.Acked(1);
  REQUIRE(outbox.WaitAcked(Micros{0}));
  outbox.Put(Report(2));
  outbox.Acked(1);
  REQUIRE_FALSE(outbox.WaitAcked(Micros{0}));
  outbox.Acked(99);  // of nothing we sent
  REQUIRE(outbox.WaitAcked(Micros{0}));
  outbox.Put(Report(3));
  REQUIRE_FALSE(outbox.WaitAcked(Micros{0}));
}

}  // namespace
}  // namespace dst_load::coordination
