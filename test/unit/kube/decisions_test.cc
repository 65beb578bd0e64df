#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "kube/error_mapping.h"
#include "kube/rate_limiter.h"
#include "kube/retry.h"

namespace dst_load::kube {
namespace {

using namespace std::chrono_literals;

std::string StatusBody(const std::string& reason, int code) {
  return R"({"kind":"Status","reason":")" + reason + R"(","message":"said so","code":)" + std::to_string(code) + "}";
}

TEST_CASE("A response's status and reason decide the code", "[errors]") {
  CHECK(ErrorFromResponse("get x", 404, StatusBody("NotFound", 404)) == Error{Code::kNotFound, "get x: said so"});
  CHECK(ErrorFromResponse("x", 409, StatusBody("AlreadyExists", 409)).code == Code::kAlreadyExists);
  CHECK(ErrorFromResponse("x", 409, StatusBody("Conflict", 409)).code == Code::kConflict);
  CHECK(ErrorFromResponse("x", 410, StatusBody("Expired", 410)).code == Code::kGone);
  CHECK(ErrorFromResponse("x", 403, StatusBody("Forbidden", 403)).code == Code::kForbidden);
  CHECK(ErrorFromResponse("x", 401, "").code == Code::kUnauthorized);
  CHECK(ErrorFromResponse("x", 422, StatusBody("Invalid", 422)).code == Code::kInvalid);
  CHECK(ErrorFromResponse("x", 429, "").code == Code::kThrottled);
  CHECK(ErrorFromResponse("x", 500, "").code == Code::kUnavailable);
  CHECK(ErrorFromResponse("x", 504, "").code == Code::kUnavailable);
  CHECK(ErrorFromResponse("x", 302, "").code == Code::kInternal);
}

TEST_CASE("An answer that is no Status is still an error of one line", "[errors]") {
  CHECK(ErrorFromResponse("get x", 502, "bad\ngateway\n").message == "get x: bad gateway");
  CHECK(ErrorFromResponse("get x", 502, "").message == "get x: unavailable (HTTP 502)");
  CHECK(ErrorFromResponse("get x", 502, std::string(5000, 'a')).message.size() < 400);
  CHECK(ErrorFromResponse("get x", 502, "caf\xE9").message == "get x: caf?");
}

TEST_CASE("A long cause is not cut in the middle of a character", "[errors]") {
  std::string wide = "a";
  for (int i = 0; i < 400; ++i) wide += "\xC3\xA9";
  const auto error = ErrorFromStatus("x", {{"code", 403}, {"message", wide}});
  CHECK(error.message.size() > 300);
  CHECK_FALSE(nlohmann::json(error.message).dump().empty());
}

Failure Unavailable(bool sent = true) { return {{Code::kUnavailable, ""}, sent, {}}; }

TEST_CASE("Transient failures of idempotent requests are tried again, ever later, until the attempts are used up",
          "[retry]") {
  Random random(1);
  const RetryPolicy policy;
  Micros before{0};
  for (int attempt = 1; attempt < policy.attempts; ++attempt) {
    const auto delay = RetryDelay(policy, attempt, Unavailable(), true, random);
    REQUIRE(delay);
    CHECK(*delay >= policy.min * (1 << (attempt - 1)));
    CHECK(*delay <= policy.min * (1 << (attempt - 1)) * 3 / 2);
    CHECK(*delay > before);
    before = *delay;
  }
  CHECK_FALSE(RetryDelay(policy, policy.attempts, Unavailable(), true, random));
}

TEST_CASE("What may have been done is not done twice", "[retry]") {
  Random random(1);
  CHECK_FALSE(RetryDelay({}, 1, Unavailable(/*sent=*/true), /*idempotent=*/false, random));
  CHECK(RetryDelay({}, 1, Unavailable(/*sent=*/false), /*idempotent=*/false, random));
  CHECK(RetryDelay({}, 1, {{Code::kThrottled, ""}, true, {}}, /*idempotent=*/false, random));
}

TEST_CASE("A wrong request is not tried again", "[retry]") {
  Random random(1);
  for (const Code code : {Code::kInvalid, Code::kUnauthorized, Code::kForbidden, Code::kNotFound, Code::kConflict,
                          Code::kAlreadyExists, Code::kGone, Code::kTimeout, Code::kCancelled, Code::kInternal}) {
    CHECK_FALSE(RetryDelay({}, 1, {{code, ""}, false, {}}, true, random));
  }
}

TEST_CASE("Retry-After is waited for, unless it is too long", "[retry]") {
  Random random(1);
  const Failure throttled{{Code::kThrottled, ""}, true, 3s};
  CHECK(RetryDelay({}, 1, throttled, false, random).value() >= 3s);
  CHECK(RetryDelay({}, 1, {{Code::kThrottled, ""}, true, 30s}, false, random));
  CHECK_FALSE(RetryDelay({}, 1, {{Code::kThrottled, ""}, true, 31s}, false, random));
  // Nor does a server that knows no patience make us hurry.
  const RetryPolicy policy;
  CHECK(RetryDelay(policy, 1, {{Code::kThrottled, ""}, true, 0s}, false, random).value() >= policy.min);
}

TEST_CASE("Exponential delays stay at their longest for ever", "[retry]") {
  CHECK(Exponential(5ms, 1s, 0) == 5ms);
  CHECK(Exponential(5ms, 1s, 3) == 40ms);
  CHECK(Exponential(5ms, 1s, 1'000'000) == 1s);
}

TEST_CASE("The limiter lets a burst through and then a steady rate", "[limiter]") {
  FakeClock clock;
  RateLimiter limiter(10, 3, clock);
  for (int i = 0; i < 3; ++i) CHECK(limiter.Take() == 0us);
  CHECK(limiter.Take() == 100ms);
  CHECK(limiter.Take() == 200ms);
  clock.Advance(200ms);
  CHECK(limiter.Take() == 100ms);
  clock.Advance(1h);
  for (int i = 0; i < 3; ++i) CHECK(limiter.Take() == 0us);
  CHECK(limiter.Take() == 100ms);
}

TEST_CASE("No rate is no limit", "[limiter]") {
  FakeClock clock;
  RateLimiter limiter(0, 1, clock);
  for (int i = 0; i < 1000; ++i) REQUIRE(limiter.Take() == 0us);
}

}  // namespace
}  // namespace dst_load::kube
