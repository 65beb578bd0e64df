#include "report/fields.h"

#include <charconv>
#include <limits>

#include <fmt/format.h>

namespace dst_load::report {
namespace {

bool IsCount(const Json& value) { return value.is_number_unsigned(); }
bool IsInteger(const Json& value) {
  // What lies beyond int64 is read as unsigned.
  return value.is_number_integer() &&
         (!value.is_number_unsigned() || value.get<std::uint64_t>() <= std::numeric_limits<std::int64_t>::max());
}

}  // namespace

Fields::Fields(const Json& value, std::string path, std::optional<Error>& failure)
    : value_(value), path_(std::move(path)), failure_(failure) {
  if (!value_.is_object() && !failure_) {
    failure_ = Error{Code::kInvalid, fmt::format("read report: {} is no object", path_.empty() ? "it" : path_)};
  }
}

std::string Fields::PathOf(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

void Fields::Refuse(std::string_view key, std::string_view why) const {
  if (!failure_) failure_ = Error{Code::kInvalid, fmt::format("read report: {}: {}", PathOf(key), why)};
}

const Json* Fields::Find(std::string_view key, const char* wanted, bool (*fits)(const Json&)) const {
  if (failure_) return nullptr;
  const auto found = value_.find(std::string(key));
  if (found == value_.end()) {
    Refuse(key, "is absent");
    return nullptr;
  }
  if (!fits(*found)) {
    Refuse(key, fmt::format("is no {}", wanted));
    return nullptr;
  }
  return &*found;
}

std::uint64_t Fields::Count(std::string_view key) const {
  const Json* found = Find(key, "count", IsCount);
  return found == nullptr ? 0 : found->get<std::uint64_t>();
}

std::uint32_t Fields::SmallCount(std::string_view key) const {
  const std::uint64_t count = Count(key);
  if (count > std::numeric_limits<std::uint32_t>::max()) Refuse(key, "is out of range");
  return static_cast<std::uint32_t>(count);
}

std::int64_t Fields::Integer(std::string_view key) const {
  const Json* found = Find(key, "integer", IsInteger);
  return found == nullptr ? 0 : found->get<std::int64_t>();
}

Micros Fields::Span(std::string_view key) const {
  const std::int64_t micros = Integer(key);
  if (micros <= kFarthest && micros >= -kFarthest) return Micros{micros};
  Refuse(key, "is out of range");
  return Micros{0};
}

double Fields::Number(std::string_view key) const {
  const Json* found = Find(key, "number", [](const Json& v) { return v.is_number() || v.is_null(); });
  if (found == nullptr || found->is_null()) return std::numeric_limits<double>::quiet_NaN();
  return found->get<double>();
}

bool Fields::Flag(std::string_view key) const {
  const Json* found = Find(key, "boolean", [](const Json& v) { return v.is_boolean(); });
  return found != nullptr && found->get<bool>();
}

std::string Fields::Text(std::string_view key) const {
  const Json* found = Find(key, "string", [](const Json& v) { return v.is_string(); });
  return found == nullptr ? std::string() : found->get<std::string>();
}

bool Fields::Has(std::string_view key) const { return !failure_ && value_.find(std::string(key)) != value_.end(); }

std::vector<std::string> Fields::Texts(std::string_view key) const {
  const Json* found = Find(key, "array of strings", [](const Json& v) {
    return v.is_array() && std::all_of(v.begin(), v.end(), [](const Json& item) { return item.is_string(); });
  });
  return found == nullptr ? std::vector<std::string>() : found->get<std::vector<std::string>>();
}

std::uint64_t Fields::BigCount(std::string_view key) const {
  const std::string text = Text(key);
  std::uint64_t value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || rest != text.data() + text.size()) Refuse(key, "is no whole number in quotes");
  return value;
}

std::optional<std::uint64_t> Fields::MaybeCount(std::string_view key) const {
  const Json* found = Find(key, "count", [](const Json& v) { return v.is_null() || IsCount(v); });
  return found == nullptr || found->is_null() ? std::nullopt : std::optional(found->get<std::uint64_t>());
}

std::optional<Micros> Fields::MaybeSpan(std::string_view key) const {
  const Json* found = Find(key, "integer", [](const Json& v) { return v.is_null() || IsInteger(v); });
  return found == nullptr || found->is_null() ? std::nullopt : std::optional(Span(key));
}

std::optional<WallTime> Fields::MaybeTime(std::string_view key) const {
  const auto since_epoch = MaybeSpan(key);
  return since_epoch ? std::optional(WallTime{*since_epoch}) : std::nullopt;
}

Fields Fields::Object(std::string_view key) const {
  static const Json nothing = Json::object();
  const Json* found = Find(key, "object", [](const Json& v) { return v.is_object(); });
  return {found == nullptr ? nothing : *found, PathOf(key), failure_};
}

void Fields::Each(std::string_view key, const std::function<void(const Fields&)>& visit) const {
  const Json* found = Find(key, "array", [](const Json& v) { return v.is_array(); });
  if (found == nullptr) return;
  for (std::size_t i = 0; i < found->size() && !failure_; ++i) {
    const Fields item((*found)[i], fmt::format("{}[{}]", PathOf(key), i), failure_);
    if (!failure_) visit(item);
  }
}

void Fields::EachNamed(std::string_view key,
                       const std::function<void(const std::string&, const Fields&)>& visit) const {
  const Json* found = Find(key, "object", [](const Json& v) { return v.is_object(); });
  if (found == nullptr) return;
  for (const auto& item : found->items()) {
    const Fields fields(item.value(), fmt::format("{}.{}", PathOf(key), item.key()), failure_);
    if (failure_) return;
    visit(item.key(), fields);
  }
}

std::map<std::string, std::uint64_t> Fields::Counts(std::string_view key) const {
  std::map<std::string, std::uint64_t> counts;
  const Json* found = Find(key, "object of counts",
                           [](const Json& v) { return v.is_object() && std::all_of(v.begin(), v.end(), IsCount); });
  if (found == nullptr) return counts;
  for (const auto& item : found->items()) counts[item.key()] = item.value().get<std::uint64_t>();
  return counts;
}

measure::Histogram Fields::Histogram(std::string_view key) const {
  const Fields fields = Object(key);
  measure::Histogram::Wire wire;
  const Json* buckets = fields.Find("buckets", "array of [index, count]", [](const Json& v) {
    return v.is_array() && std::all_of(v.begin(), v.end(), [](const Json& pair) {
             return pair.is_array() && pair.size() == 2 && IsCount(pair[0]) && IsCount(pair[1]) &&
                    pair[0].get<std::uint64_t>() <= std::numeric_limits<std::uint32_t>::max();
           });
  });
  if (buckets == nullptr) return {};
  for (const auto& pair : *buckets)
    wire.buckets.emplace_back(pair[0].get<std::uint32_t>(), pair[1].get<std::uint64_t>());
  wire.min = fields.MaybeSpan("minMicros").value_or(Micros{0}).count();
  wire.max = fields.MaybeSpan("maxMicros").value_or(Micros{0}).count();
  wire.sum = fields.Integer("sumMicros");
  wire.below = fields.Count("below");
  wire.above = fields.Count("above");
  const std::uint64_t count = fields.Count("count");
  auto histogram = measure::Histogram::FromWire(wire);
  if (!histogram) {
    Refuse(key, histogram.error().message);
    return {};
  }
  if (histogram->Count() != count) Refuse(key, "count is not that of its buckets");
  return *std::move(histogram);
}

measure::GaugeSeries Fields::Gauges(std::string_view key) const {
  constexpr std::int64_t kWidest = kFarthest >> 8;  // a series has fewer slots than 256
  const Fields fields = Object(key);
  const Micros width = fields.Span("widthMicros");
  const std::int64_t first = fields.Integer("first");
  const Json* values = fields.Find("values", "array of numbers", [](const Json& v) {
    return v.is_array() && std::all_of(v.begin(), v.end(), [](const Json& n) { return n.is_number() || n.is_null(); });
  });
  if (values == nullptr) return {};
  // Widths are those that series have, and slots such as have a time.
  if (width.count() <= 0 || width > Micros{kWidest}) fields.Refuse("widthMicros", "is out of range");
  if (first < -kFarthest / std::max<std::int64_t>(width.count(), 1) ||
      first > kFarthest / std::max<std::int64_t>(width.count(), 1)) {
    fields.Refuse("first", "is out of range");
  }
  if (failure_) return {};
  std::vector<measure::GaugeSlot> slots;
  for (const auto& value : *values) {
    slots.push_back({value.is_null() ? std::nullopt : std::optional(value.get<double>())});
  }
  return {width, first, std::move(slots)};
}

std::string Fields::ObjectText(std::string_view key) const {
  if (failure_ || value_.find(std::string(key)) == value_.end()) return {};
  const Json* found = Find(key, "object", [](const Json& v) { return v.is_object(); });
  return found == nullptr ? std::string() : found->dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace dst_load::report
