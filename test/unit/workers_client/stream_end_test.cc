#include "workers/client/stream_end.h"

#include <grpcpp/support/status.h>

#include <algorithm>

#include <catch2/catch.hpp>

using namespace dst_load::workers;
using Kind = StreamEnd::Kind;

TEST_CASE("A server that ends an open stream with OK or a deadline has timed out on it", "[stream_end]") {
  CHECK(ClassifyEnd(grpc::Status::OK, {.opened = true}).kind == Kind::kSendTimeout);
  CHECK(ClassifyEnd({grpc::DEADLINE_EXCEEDED, "send"}, {.opened = true}).kind == Kind::kSendTimeout);
}

TEST_CASE("What we reset is no error, whatever status it gets", "[stream_end]") {
  CHECK(ClassifyEnd(grpc::Status::CANCELLED, {.reset_by_us = true, .opened = true}).kind == Kind::kReset);
  CHECK(ClassifyEnd({grpc::UNAVAILABLE, ""}, {.reset_by_us = true}).kind == Kind::kReset);
}

TEST_CASE("Everything else is an error by a reason of the bounded set", "[stream_end]") {
  CHECK(ClassifyEnd({grpc::UNAVAILABLE, "refused"}, {}).reason == "unavailable");
  CHECK(ClassifyEnd({grpc::DEADLINE_EXCEEDED, ""}, {}).reason == "deadline_exceeded");
  CHECK(ClassifyEnd(grpc::Status::CANCELLED, {.malformed = true, .opened = true}).reason == "malformed");
  for (int code = 0; code <= 17; ++code) {
    const auto end = ClassifyEnd({static_cast<grpc::StatusCode>(code), ""}, {});
    INFO(code << " " << end.reason);
    CHECK(end.kind == Kind::kError);
    CHECK(std::find(std::begin(kErrorReasons), std::end(kErrorReasons), end.reason) != std::end(kErrorReasons));
  }
}
