#include "workers/churn/prometheus_text.h"

#include <charconv>
#include <optional>

namespace dst_load::workers::churn {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

bool IsNamePart(char c, bool first) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' || (!first && c >= '0' && c <= '9');
}

/// What is left of a line, taken token by token.
class Line {
 public:
  explicit Line(std::string_view text) : rest_(text) {}

  void SkipBlanks() {
    while (!rest_.empty() && IsBlank(rest_.front())) rest_.remove_prefix(1);
  }
  bool Empty() const { return rest_.empty(); }
  bool Take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// Empty when there is none.
  std::string_view Name() {
    std::size_t size = 0;
    while (size < rest_.size() && IsNamePart(rest_[size], size == 0)) ++size;
    return Cut(size);
  }
  std::string_view Word() {
    std::size_t size = 0;
    while (size < rest_.size() && !IsBlank(rest_[size])) ++size;
    return Cut(size);
  }
  /// The value of a label, up to and with its closing quote.
  bool Quoted(std::string& out) {
    out.clear();
    if (!Take('"')) return false;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return true;
      if (c != '\\') {
        out += c;
        continue;
      }
      if (rest_.empty()) return false;
      out += rest_.front() == 'n' ? '\n' : rest_.front();
      rest_.remove_prefix(1);
    }
    return false;
  }

 private:
  std::string_view Cut(std::size_t size) {
    const std::string_view word = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return word;
  }

  std::string_view rest_;
};

std::optional<double> Number(std::string_view word) {
  if (word.starts_with('+')) word.remove_prefix(1);
  if (word.starts_with('+')) return std::nullopt;
  double value = 0;  // from_chars knows "Inf" and "NaN", in any case
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return value;
}

bool IsTimestamp(std::string_view word) {
  std::int64_t millis = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), millis);
  return error == std::errc{} && end == word.data() + word.size();
}

/// `{a="b", c="d",}`; a line without labels is fine.
bool TakeLabels(Line& line, PrometheusSample& sample) {
  sample.labels.clear();
  if (!line.Take('{')) return true;
  while (true) {
    line.SkipBlanks();
    if (line.Take('}')) return true;
    auto& [name, value] = sample.labels.emplace_back(line.Name(), "");
    line.SkipBlanks();
    if (name.empty() || !line.Take('=')) return false;
    line.SkipBlanks();
    if (!line.Quoted(value)) return false;
    line.SkipBlanks();
    if (!line.Take(',')) return line.Take('}');
  }
}

bool TakeSample(Line& line, PrometheusSample& sample) {
  sample.name = line.Name();
  if (sample.name.empty()) return false;
  line.SkipBlanks();
  if (!TakeLabels(line, sample)) return false;
  line.SkipBlanks();
  const auto value = Number(line.Word());
  if (!value) return false;
  sample.value = *value;
  line.SkipBlanks();
  if (line.Empty()) return true;
  if (!IsTimestamp(line.Word())) return false;
  line.SkipBlanks();
  return line.Empty();
}

}  // namespace

PrometheusPage ReadPrometheusText(std::string_view text,
                                  const std::function<void(const PrometheusSample&)>& on_sample) {
  PrometheusPage page;
  PrometheusSample sample;
  while (!text.empty()) {
    const auto newline = text.find('\n');
    std::string_view row = text.substr(0, newline);
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    if (row.ends_with('\r')) row.remove_suffix(1);
    Line line(row);
    line.SkipBlanks();
    if (line.Empty() || line.Take('#')) continue;
    if (TakeSample(line, sample)) {
      ++page.samples;
      on_sample(sample);
    } else {
      ++page.unreadable;
    }
  }
  return page;
}

}  // namespace dst_load::workers::churn
