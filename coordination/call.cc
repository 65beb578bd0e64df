#include "coordination/call.h"

#include <string_view>

#include <grpcpp/impl/codegen/proto_utils.h>

namespace dst_load::coordination {

void* Call::Begin(Op op) {
  ++pending_;
  return &tags_[static_cast<std::size_t>(op)];
}

void Call::Accept(grpc::AsyncGenericService& service, grpc::ServerCompletionQueue& queue) {
  if (queue_closed_) return;
  service.RequestCall(&context_, &stream_, &queue, &queue, Begin(Op::kAccept));
}

void Call::Read() {
  if (!queue_closed_) stream_.Read(&incoming_, Begin(Op::kRead));
}

void Call::Write(const v1::Directive& directive) {
  grpc::ByteBuffer bytes;
  bool own = false;
  if (!grpc::SerializationTraits<v1::Directive>::Serialize(directive, &bytes, &own).ok()) return;
  if (queue_closed_) return;
  writing_ = true;
  stream_.Write(bytes, Begin(Op::kWrite));
}

void Call::End(const grpc::Status& status) {
  if (end_) return;
  end_ = status;
  if (!writing_) Finish();
}

void Call::Finish() {
  if (finishing_ || queue_closed_) return;
  finishing_ = true;
  stream_.Finish(*end_, Begin(Op::kFinish));
}

void Call::Completed(Op op) {
  --pending_;
  if (op == Op::kAccept) accepted_ = true;
  if (op != Op::kWrite) return;
  writing_ = false;
  if (end_) Finish();
}

std::string Call::Token() const {
  constexpr std::string_view kScheme = "Bearer ";
  const auto& metadata = context_.client_metadata();
  if (metadata.count("authorization") != 1) return "";
  const auto& value = metadata.find("authorization")->second;
  const std::string_view text(value.data(), value.size());
  return text.starts_with(kScheme) ? std::string(text.substr(kScheme.size())) : "";
}

Result<v1::WorkerMessage> Call::Message(std::size_t limit) {
  if (incoming_.Length() > limit) return Fail(Code::kThrottled, "message: too large");
  v1::WorkerMessage message;
  const auto status = grpc::SerializationTraits<v1::WorkerMessage>::Deserialize(&incoming_, &message);
  if (!status.ok()) return Fail(Code::kInvalid, "message: not a WorkerMessage");
  return message;
}

}  // namespace dst_load::coordination
