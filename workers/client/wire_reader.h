#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace dst_load::workers {

/// Walks protobuf's wire format in place. After the first fault every call returns false and Failed() is true. Refuses
/// what protobuf's own parsers refuse: overlong varints, field 0, unknown wire types, unmatched groups, deep nesting.
/// The bytes must outlive the reader. Not thread-safe.
class WireReader {
 public:
  enum Type : std::uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kGroup = 3, kEndGroup = 4, kFixed32 = 5 };

  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  /// Reads the next tag; false at the end or at a fault. `Field()` and `type` then say what follows.
  bool Next() {
    std::uint64_t tag = 0;
    if (failed_ || rest_.empty()) return false;
    if (!Varint(tag)) return false;
    const auto low = static_cast<std::uint32_t>(tag);  // protobuf drops what is above as well
    field_ = low >> 3;
    type_ = low & 7;
    return field_ != 0 || Fault();
  }
  /// True when the field just read is `field`, in wire type `type`.
  bool Is(std::uint32_t field, Type type) const { return field_ == field && type_ == type; }

  bool Varint(std::uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
      if (rest_.empty()) return Fault();
      const auto byte = static_cast<std::uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      if (shift < 64) value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return true;
    }
    return Fault();
  }
  /// Little-endian, 4 or 8 bytes.
  template <class T>
  bool Fixed(T& value) {
    if (rest_.size() < sizeof(T)) return Fault();
    value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) value |= static_cast<T>(static_cast<std::uint8_t>(rest_[i])) << (8 * i);
    rest_.remove_prefix(sizeof(T));
    return true;
  }
  bool Bytes(std::string_view& value) {
    std::uint64_t size = 0;
    if (!Varint(size)) return false;
    if (size > rest_.size()) return Fault();
    value = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }
  /// Skips the value of the field just read.
  bool Skip() { return SkipValue(kDeepest); }

  bool Failed() const { return failed_; }
  /// To be called by whoever finds a fault inside.
  bool Fault() {
    failed_ = true;
    return false;
  }

 private:
  static constexpr int kDeepest = 100;

  bool SkipValue(int depth) {
    std::uint64_t number = 0;
    std::uint32_t word = 0;
    std::string_view bytes;
    switch (type_) {
      case kVarint:
        return Varint(number);
      case kFixed64:
        return Fixed(number);
      case kBytes:
        return Bytes(bytes);
      case kFixed32:
        return Fixed(word);
      case kGroup:
        return SkipGroup(field_, depth);
      default:
        return Fault();
    }
  }
  bool SkipGroup(std::uint32_t field, int depth) {
    if (depth == 0) return Fault();
    while (Next()) {
      if (type_ == kEndGroup) return field_ == field || Fault();
      if (!SkipValue(depth - 1)) return false;
    }
    return Fault();
  }

  std::string_view rest_;
  std::uint32_t field_ = 0, type_ = 0;
  bool failed_ = false;
};

}  // namespace dst_load::workers
