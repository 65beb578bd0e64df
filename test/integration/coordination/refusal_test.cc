#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <catch2/catch.hpp>

#include "proto/coordination.grpc.pb.h"
#include "stage.h"

namespace dst_load::coordination::test {
namespace {

/// A raw peer that says whatever it wants.
class Stranger {
 public:
  Stranger(const Theatre& theatre, std::uint16_t port, const std::string& ca) {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = ca;
    grpc::ChannelArguments args;
    args.SetSslTargetNameOverride("dst-load-coordinator");
    args.SetMaxSendMessageSize(-1);
    channel_ = grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port), grpc::SslCredentials(tls), args);
    context_.AddMetadata("authorization", "Bearer " + theatre.spec.token);
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds{20});
  }

  /// How the server ends a stream that begins with these messages.
  grpc::Status Say(const std::vector<v1::WorkerMessage>& messages) {
    const auto stub = v1::Coordinator::NewStub(channel_);
    const auto stream = stub->Attach(&context_);
    for (const auto& message : messages) stream->Write(message);
    v1::Directive directive;
    while (stream->Read(&directive)) {
    }
    return stream->Finish();
  }

  grpc::Status SayBytes(const std::string& method, const std::string& bytes) {
    grpc::GenericStub stub(channel_);
    grpc::CompletionQueue queue;
    const auto stream = stub.PrepareCall(&context_, method, &queue);
    const auto done = [&] {
      void* tag = nullptr;
      bool ok = false;
      return queue.Next(&tag, &ok) && ok;
    };
    stream->StartCall(this);
    grpc::Status status;
    if (done()) {
      const grpc::Slice slice(bytes);
      stream->Write(grpc::ByteBuffer(&slice, 1), this);
      done();
    }
    stream->Finish(&status, this);
    done();
    return status;
  }

 private:
  std::shared_ptr<grpc::Channel> channel_;
  grpc::ClientContext context_;
};

v1::WorkerMessage Hello(const Theatre& theatre, v1::Role role = v1::ROLE_CLIENT) {
  v1::WorkerMessage message;
  message.mutable_hello()->set_run_id(theatre.spec.run_id);
  message.mutable_hello()->set_instance("stranger");
  message.mutable_hello()->set_role(role);
  return message;
}

struct Guarded {
  Guarded() : server(theatre.Open()) { REQUIRE(server->AddRun(theatre.spec).has_value()); }
  Theatre theatre;
  std::unique_ptr<Server> server;
};

TEST_CASE("A worker with a wrong token is refused and counted, and learns nothing", "[coordination]") {
  Guarded at;
  auto options = at.theatre.Session("one", at.server->Port());
  options.credentials.token = "the-tokem";
  const Client client(at.theatre, options, 1);
  REQUIRE(at.theatre.board.Await([&] { return at.server->Stats().refused_token >= 2; }));
  REQUIRE(at.server->Stats().attached == 0);
  REQUIRE(at.server->View("run-1")->workers.empty());
}

TEST_CASE("A worker of an unknown run is refused and counted until the run is added", "[coordination]") {
  Guarded at;
  auto options = at.theatre.Session("one", at.server->Port());
  options.run_id = "run-2";
  Client client(at.theatre, options, 1);
  REQUIRE(at.theatre.board.Await([&] { return at.server->Stats().refused_run >= 1; }));
  REQUIRE(at.server->Stats().attached == 0);
  auto spec = at.theatre.spec;
  spec.run_id = "run-2";
  REQUIRE(at.server->AddRun(spec).has_value());
  REQUIRE(at.theatre.board.Await([&] { return client.Session().Attached(); }));
  at.server->RemoveRun("run-2");
  REQUIRE(at.theatre.board.Await([&] { return !client.Session().Attached(); }));
  REQUIRE_FALSE(at.server->View("run-2").has_value());
}

TEST_CASE("A worker does not talk to a coordinator of another authority, nor of another name", "[coordination]") {
  Guarded at;
  auto wrong_ca = at.theatre.Session("one", at.server->Port());
  wrong_ca.credentials.ca_pem = MakeAuthority(SystemClock())->cert_pem;
  auto wrong_name = at.theatre.Session("two", at.server->Port());
  wrong_name.server_name = "somebody-else";
  Client one(at.theatre, wrong_ca, 1);
  Client two(at.theatre, wrong_name, 1);
  Client good(at.theatre, at.theatre.Session("three", at.server->Port()), 1);
  REQUIRE(at.theatre.board.Await([&] { return good.Session().Attached(); }));
  one.Withhold(1);  // reports
  REQUIRE_FALSE(one.Session().Flush(std::chrono::milliseconds{300}));
  REQUIRE_FALSE(one.Session().Attached());
  REQUIRE_FALSE(two.Session().Attached());
  REQUIRE(at.server->Stats().attached == 1);
}

TEST_CASE("Malformed messages end their session, are counted, and hurt nobody else", "[coordination]") {
  Guarded at;
  const auto port = at.server->Port();
  const auto& ca = at.theatre.authority.cert_pem;
  const std::string method = "/dst_load.coordination.v1.Coordinator/Attach";
  Client good(at.theatre, at.theatre.Session("good", port), 1);
  REQUIRE(at.theatre.board.Await([&] { return good.Session().Attached(); }));
  std::uint64_t malformed = 0;
  const auto refused = [&](const grpc::Status& status, grpc::StatusCode code) {
    CHECK(status.error_code() == code);
    CHECK(at.server->Stats().malformed == ++malformed);
  };

  refused(Stranger(at.theatre, port, ca).SayBytes(method, "\xFF\xFF garbage"), grpc::StatusCode::INVALID_ARGUMENT);
  refused(Stranger(at.theatre, port, ca).SayBytes("/no.such/Method", "x"), grpc::StatusCode::UNIMPLEMENTED);
  refused(Stranger(at.theatre, port, ca).Say({v1::WorkerMessage{}}), grpc::StatusCode::INVALID_ARGUMENT);
  refused(Stranger(at.theatre, port, ca).Say({Hello(at.theatre, v1::ROLE_UNSPECIFIED)}),
          grpc::StatusCode::INVALID_ARGUMENT);
  refused(Stranger(at.theatre, port, ca).Say({Hello(at.theatre), Hello(at.theatre)}),
          grpc::StatusCode::INVALID_ARGUMENT);

  v1::WorkerMessage truth;
  truth.mutable_truth()->set_snapshot(true);
  refused(Stranger(at.theatre, port, ca).Say({Hello(at.theatre), truth}), grpc::StatusCode::INVALID_ARGUMENT);
  v1::WorkerMessage report;
  report.mutable_client()->add_services()->set_due(3);
  refused(Stranger(at.theatre, port, ca).Say({Hello(at.theatre), report}), grpc::StatusCode::INVALID_ARGUMENT);

  const auto too_large = Stranger(at.theatre, port, ca).SayBytes(method, std::string((1 << 20) + 1, 'x'));
  CHECK(too_large.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(at.server->Stats().oversized == 1);
  CHECK(at.server->Stats().malformed == malformed);
  const auto far_too_large = Stranger(at.theatre, port, ca).SayBytes(method, std::string(3 << 20, 'x'));
  CHECK_FALSE(far_too_large.ok());
  CHECK(good.Session().Attached());
  CHECK(at.server->View("run-1")->clients_attached == 1);
}

}  // namespace
}  // namespace dst_load::coordination::test
