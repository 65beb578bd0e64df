#include "workers/client/destination_decoder.h"

#include <arpa/inet.h>

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "workers/client/wire_reader.h"

namespace dst_load::workers {
namespace {

// Field numbers of proto/destination.proto.
constexpr std::uint32_t kUpdateAdd = 1, kUpdateRemove = 2, kUpdateNoEndpoints = 3;
constexpr std::uint32_t kSetAddrs = 1, kSetLabels = 2;
constexpr std::uint32_t kWeightedAddr = 1, kWeightedWeight = 3, kWeightedLabels = 4;
constexpr std::uint32_t kTcpIp = 1, kTcpPort = 2;
constexpr std::uint32_t kIpV4 = 1, kIpV6 = 2;
constexpr std::uint32_t kEntryKey = 1, kEntryValue = 2;

char* WriteOctet(char* out, std::uint32_t octet) {
  if (octet >= 100) *out++ = static_cast<char>('0' + octet / 100);
  if (octet >= 10) *out++ = static_cast<char>('0' + octet / 10 % 10);
  *out++ = static_cast<char>('0' + octet % 10);
  return out;
}

template <class Address>
void WriteV4(std::uint32_t ip, Address& address) {
  char* out = address.text.data();
  for (int shift = 24; shift >= 0; shift -= 8) {
    out = WriteOctet(out, (ip >> shift) & 0xFF);
    if (shift != 0) *out++ = '.';
  }
  address.size = static_cast<std::uint8_t>(out - address.text.data());
}

template <class Address>
void WriteV6(std::uint64_t first, std::uint64_t last, Address& address) {
  in6_addr bytes{};
  for (std::size_t i = 0; i < 8; ++i) {
    bytes.s6_addr[i] = static_cast<std::uint8_t>(first >> (56 - 8 * i));
    bytes.s6_addr[8 + i] = static_cast<std::uint8_t>(last >> (56 - 8 * i));
  }
  inet_ntop(AF_INET6, &bytes, address.text.data(), static_cast<socklen_t>(address.text.size()));
  address.size = static_cast<std::uint8_t>(std::string_view(address.text.data()).size());
}

template <class Address>
bool ReadV6(std::string_view bytes, Address& address) {
  std::uint64_t first = 0, last = 0;
  WireReader reader(bytes);
  while (reader.Next()) {
    if (reader.Is(1, WireReader::kFixed64)) {
      reader.Fixed(first);
    } else if (reader.Is(2, WireReader::kFixed64)) {
      reader.Fixed(last);
    } else {
      reader.Skip();
    }
  }
  WriteV6(first, last, address);
  return !reader.Failed();
}

template <class Address>
bool ReadIp(std::string_view bytes, Address& address) {
  WireReader reader(bytes);
  std::uint32_t v4 = 0;
  std::string_view v6;
  while (reader.Next()) {
    if (reader.Is(kIpV4, WireReader::kFixed32)) {
      if (reader.Fixed(v4)) WriteV4(v4, address);
    } else if (reader.Is(kIpV6, WireReader::kBytes)) {
      if (reader.Bytes(v6) && !ReadV6(v6, address)) return false;
    } else {
      reader.Skip();
    }
  }
  return !reader.Failed();
}

// Linkerd gives every endpoint the same weight; ten times that, or a tenth, where it weighs zones.
constexpr std::uint64_t kWeights[] = {10'000, 100'000, 1'000};

bool IsWeight(std::uint64_t weight) {
  return std::find(std::begin(kWeights), std::end(kWeights), weight) != std::end(kWeights);
}

// An entry of a map<string, string>.
bool ReadLabel(std::string_view bytes, std::string_view& key, std::string_view& value) {
  WireReader reader(bytes);
  while (reader.Next()) {
    if (reader.Is(kEntryKey, WireReader::kBytes)) {
      reader.Bytes(key);
    } else if (reader.Is(kEntryValue, WireReader::kBytes)) {
      reader.Bytes(value);
    } else {
      reader.Skip();
    }
  }
  return !reader.Failed();
}

}  // namespace

ExpectedMetadata ExpectMetadata(std::string_view path) {
  const auto name = path.find('.');
  if (name == std::string_view::npos) return {};
  const auto ns = path.find('.', name + 1);
  if (ns == std::string_view::npos || path.substr(ns, 5) != ".svc.") return {};
  return {std::string(path.substr(name + 1, ns - name - 1)), std::string(path.substr(0, name))};
}

bool DestinationDecoder::Decode(std::string_view bytes, const ExpectedMetadata* expected) {
  expected_ = expected;
  const auto clear = [this] {
    mismatches_.clear();
    added_.clear(), added_text_.clear();
    removed_.clear(), removed_text_.clear();
    no_endpoints_ = false;
  };
  clear();
  WireReader reader(bytes);
  std::uint32_t chosen = 0;
  while (reader.Next()) {
    std::string_view body;
    const bool known = reader.Is(kUpdateAdd, WireReader::kBytes) || reader.Is(kUpdateRemove, WireReader::kBytes) ||
                       reader.Is(kUpdateNoEndpoints, WireReader::kBytes);
    if (!known) {
      if (!reader.Skip()) return false;
      continue;
    }
    // Of a oneof the last one counts; the same one again is merged.
    const std::uint32_t field = reader.Is(kUpdateAdd, WireReader::kBytes)      ? kUpdateAdd
                                : reader.Is(kUpdateRemove, WireReader::kBytes) ? kUpdateRemove
                                                                               : kUpdateNoEndpoints;
    if (field != chosen) clear();
    chosen = field;
    if (!reader.Bytes(body)) return false;
    if (field == kUpdateAdd && !AddSet(body)) return false;
    if (field == kUpdateRemove && !RemoveSet(body)) return false;
    if (field == kUpdateNoEndpoints) no_endpoints_ = true;
  }
  PlaceTexts();
  return !reader.Failed();
}

bool DestinationDecoder::AddSet(std::string_view bytes) {
  WireReader reader(bytes);
  std::string_view body, mismatch;
  while (reader.Next()) {
    if (reader.Is(kSetAddrs, WireReader::kBytes)) {
      if (reader.Bytes(body) && !Weighted(body)) return false;
    } else if (expected_ != nullptr && reader.Is(kSetLabels, WireReader::kBytes)) {
      if (reader.Bytes(body) && !SetLabel(body, mismatch)) return false;
    } else {
      reader.Skip();
    }
  }
  if (!mismatch.empty()) {
    for (auto& sighting : added_) sighting.mismatch = mismatch;
  }
  return !reader.Failed();
}

bool DestinationDecoder::SetLabel(std::string_view bytes, std::string_view& mismatch) {
  std::string_view key, value;
  if (!ReadLabel(bytes, key, value)) return false;
  const std::string* wanted = key == "namespace" ? &expected_->ns : key == "service" ? &expected_->service : nullptr;
  if (wanted == nullptr || wanted->empty() || value == *wanted) return true;
  mismatch = mismatches_.emplace_back(fmt::format("label {}={}", key, value));
  return true;
}

bool DestinationDecoder::RemoveSet(std::string_view bytes) {
  WireReader reader(bytes);
  std::string_view body;
  while (reader.Next()) {
    if (reader.Is(kSetAddrs, WireReader::kBytes)) {
      if (reader.Bytes(body) && !Tcp(body, removed_.emplace_back(), removed_text_.emplace_back())) return false;
    } else {
      reader.Skip();
    }
  }
  return !reader.Failed();
}

bool DestinationDecoder::Weighted(std::string_view bytes) {
  auto& sighting = added_.emplace_back();
  auto& address = added_text_.emplace_back();
  std::uint64_t weight = 0;
  WireReader reader(bytes);
  std::string_view body;
  while (reader.Next()) {
    if (reader.Is(kWeightedAddr, WireReader::kBytes)) {
      if (reader.Bytes(body) && !Tcp(body, sighting, address)) return false;
    } else if (reader.Is(kWeightedLabels, WireReader::kBytes)) {
      std::string_view key, value;
      if (reader.Bytes(body) && !ReadLabel(body, key, value)) return false;
      if (key == "pod") sighting.pod = value;
    } else if (reader.Is(kWeightedWeight, WireReader::kVarint)) {
      if (reader.Varint(weight) && !IsWeight(weight)) {
        sighting.mismatch = mismatches_.emplace_back(fmt::format("weight {}", weight));
      }
    } else {
      reader.Skip();
    }
  }
  return !reader.Failed();
}

bool DestinationDecoder::Tcp(std::string_view bytes, measure::Sighting& into, Address& address) {
  WireReader reader(bytes);
  std::string_view body;
  std::uint64_t port = 0;
  while (reader.Next()) {
    if (reader.Is(kTcpIp, WireReader::kBytes)) {
      if (reader.Bytes(body) && !ReadIp(body, address)) return false;
    } else if (reader.Is(kTcpPort, WireReader::kVarint)) {
      if (reader.Varint(port) && (port & UINT32_MAX) > UINT16_MAX) return false;  // no port
      into.port = static_cast<std::uint16_t>(port);
    } else {
      reader.Skip();
    }
  }
  return !reader.Failed();
}

// Only now do the buffers lie where they stay.
void DestinationDecoder::PlaceTexts() {
  const auto place = [](std::vector<measure::Sighting>& sightings, const std::vector<Address>& texts) {
    for (std::size_t i = 0; i < sightings.size(); ++i) sightings[i].ip = {texts[i].text.data(), texts[i].size};
  };
  place(added_, added_text_);
  place(removed_, removed_text_);
}

}  // namespace dst_load::workers
