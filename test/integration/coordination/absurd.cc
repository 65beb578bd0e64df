#include "absurd.h"

#include <limits>

namespace dst_load::coordination::test {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

template <class T>
T AbsurdNumber(Random& random) {
  switch (random.Below(5)) {
    case 0:
      return std::numeric_limits<T>::max();
    case 1:
      return std::numeric_limits<T>::lowest();
    case 2:
      return static_cast<T>(random.Next());
    default:
      return static_cast<T>(random.Below(20));
  }
}

double AbsurdDouble(Random& random) {
  switch (random.Below(4)) {
    case 0:
      return std::numeric_limits<double>::quiet_NaN();
    case 1:
      return std::numeric_limits<double>::infinity();
    case 2:
      return -1e308;
    default:
      return static_cast<double>(random.Below(1000));
  }
}

std::string AbsurdText(Random& random) {
  switch (random.Below(6)) {
    case 0:
      return "";
    case 1:
      return std::string(random.Below(3000), 'x');
    case 2:
      return std::string("a\0b\n\"<", 6);
    case 3:
      return "\xF0\x9F\x92\xA9\xE2\x80\xAE";
    default:
      return "10.0.0." + std::to_string(random.Below(300));
  }
}

void Fill(Message& message, Random& random, int depth);

void SetOne(Message& message, const FieldDescriptor& field, Random& random, int depth) {
  const auto& reflection = *message.GetReflection();
  const bool many = field.is_repeated();
  switch (field.cpp_type()) {
#define DST_LOAD_SET(kind, suffix, value) \
  case FieldDescriptor::CPPTYPE_##kind:   \
    return many ? reflection.Add##suffix(&message, &field, value) : reflection.Set##suffix(&message, &field, value)
    DST_LOAD_SET(INT32, Int32, AbsurdNumber<std::int32_t>(random));
    DST_LOAD_SET(INT64, Int64, AbsurdNumber<std::int64_t>(random));
    DST_LOAD_SET(UINT32, UInt32, AbsurdNumber<std::uint32_t>(random));
    DST_LOAD_SET(UINT64, UInt64, AbsurdNumber<std::uint64_t>(random));
    DST_LOAD_SET(DOUBLE, Double, AbsurdDouble(random));
    DST_LOAD_SET(FLOAT, Float, static_cast<float>(random.Below(9)));
    DST_LOAD_SET(BOOL, Bool, random.Below(2) == 0);
    DST_LOAD_SET(ENUM, EnumValue, static_cast<int>(random.Below(14)));
    DST_LOAD_SET(STRING, String, AbsurdText(random));
#undef DST_LOAD_SET
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return Fill(many ? *reflection.AddMessage(&message, &field) : *reflection.MutableMessage(&message, &field),
                  random, depth + 1);
  }
}

void Fill(Message& message, Random& random, int depth) {
  // What has all of its fields is malformed by one of them: others have few.
  const bool sparse = random.Below(2) == 0;
  const auto* kind = message.GetDescriptor();
  for (int i = 0; i < kind->field_count(); ++i) {
    const FieldDescriptor& field = *kind->field(i);
    if (sparse ? random.Below(6) != 0 : random.Below(3) == 0) continue;
    const auto times = field.is_repeated() ? random.Below(depth < 2 ? 5 : 3) : 1;
    for (std::uint64_t n = 0; n < times; ++n) SetOne(message, field, random, depth);
  }
}

}  // namespace

v1::WorkerMessage AbsurdMessage(Random& random) {
  v1::WorkerMessage message;
  switch (random.Below(7)) {
    case 0:
      Fill(*message.mutable_hello(), random, 0);
      break;
    case 1:
      Fill(*message.mutable_clock_reply(), random, 0);
      break;
    case 2:
      Fill(*message.mutable_churn(), random, 0);
      break;
    case 3:
      Fill(*message.mutable_truth(), random, 0);
      break;
    case 4:
      message.mutable_truth_request();
      break;
    default:
      Fill(*message.mutable_client(), random, 0);
  }
  message.set_number(random.Next());
  return message;
}

std::string AbsurdBytes(Random& random) {
  std::string bytes;
  if (random.Below(2) == 0) {
    for (auto left = random.Below(200); left > 0; --left) bytes += static_cast<char>(random.Below(256));
    return bytes;
  }
  bytes = AbsurdMessage(random).SerializeAsString();
  for (auto left = random.Below(4); left > 0 && !bytes.empty(); --left) {
    bytes[random.Below(bytes.size())] = static_cast<char>(random.Below(256));
  }
  if (random.Below(2) == 0) bytes.resize(random.Below(bytes.size() + 1));
  return bytes;
}

}  // namespace dst_load::coordination::test
