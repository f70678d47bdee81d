#include "base/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>

namespace yap::metrics {
namespace {

// Never destroyed: a thread may count until the process ends.
prometheus::Registry& TheRegistry() {
  static auto* registry = new prometheus::Registry(prometheus::Registry::InsertBehavior::Merge);
  return *registry;
}

prometheus::Labels ToMap(const Labels& labels) { return {labels.begin(), labels.end()}; }

}  // namespace

void Counter::Add(double by) { static_cast<prometheus::Counter*>(impl_)->Increment(by); }
double Counter::Value() const { return static_cast<prometheus::Counter*>(impl_)->Value(); }
void Gauge::Set(double value) { static_cast<prometheus::Gauge*>(impl_)->Set(value); }
void Gauge::Add(double by) { static_cast<prometheus::Gauge*>(impl_)->Increment(by); }
double Gauge::Value() const { return static_cast<prometheus::Gauge*>(impl_)->Value(); }
void Histogram::Observe(double value) {
  static_cast<prometheus::Histogram*>(impl_)->Observe(value);
}

Counter NewCounter(const std::string& name, const std::string& help, const Labels& labels) {
  Counter counter;
  counter.impl_ =
      &prometheus::BuildCounter().Name(name).Help(help).Register(TheRegistry()).Add(ToMap(labels));
  return counter;
}

Gauge NewGauge(const std::string& name, const std::string& help, const Labels& labels) {
  Gauge gauge;
  gauge.impl_ =
      &prometheus::BuildGauge().Name(name).Help(help).Register(TheRegistry()).Add(ToMap(labels));
  return gauge;
}

Histogram NewHistogram(const std::string& name, const std::string& help, const Labels& labels,
                       const std::vector<double>& bounds) {
  Histogram histogram;
  histogram.impl_ = &prometheus::BuildHistogram()
                         .Name(name)
                         .Help(help)
                         .Register(TheRegistry())
                         .Add(ToMap(labels), bounds);
  return histogram;
}

const std::vector<double>& LatencyBounds() {
  static const std::vector<double> bounds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                             0.01,   0.025,   0.05,   0.1,   0.25,   0.5,
                                             1,      2.5,     5,      10};
  return bounds;
}

std::string Text() { return prometheus::TextSerializer().Serialize(TheRegistry().Collect()); }

}  // namespace yap::metrics
