// base/metrics.h: counters, gauges and histograms, shown in the Prometheus text format.
// Over prometheus-cpp, which stays in metrics.cc. Names start with yap_, base units, counters end
// in _total; labels never hold a user, a channel or a token.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace yap::metrics {

using Labels = std::vector<std::pair<std::string, std::string>>;

// Handles are cheap to copy, live as long as the process, and are thread-safe.
class Counter {
 public:
  void Add(double by = 1);
  double Value() const;

 private:
  friend Counter NewCounter(const std::string&, const std::string&, const Labels&);
  void* impl_ = nullptr;
};

class Gauge {
 public:
  void Set(double value);
  void Add(double by);
  double Value() const;

 private:
  friend Gauge NewGauge(const std::string&, const std::string&, const Labels&);
  void* impl_ = nullptr;
};

class Histogram {
 public:
  void Observe(double value);

 private:
  friend Histogram NewHistogram(const std::string&, const std::string&, const Labels&,
                                const std::vector<double>&);
  void* impl_ = nullptr;
};

// The same name and labels give the same series. One name has one help text.
Counter NewCounter(const std::string& name, const std::string& help, const Labels& labels = {});
Gauge NewGauge(const std::string& name, const std::string& help, const Labels& labels = {});
// `bounds`: upper bounds of the buckets, ascending, in the unit of the name.
Histogram NewHistogram(const std::string& name, const std::string& help, const Labels& labels,
                       const std::vector<double>& bounds);
// 100 µs … 10 s, for durations in seconds.
const std::vector<double>& LatencyBounds();

// All series, in the text exposition format 0.0.4.
std::string Text();

}  // namespace yap::metrics
