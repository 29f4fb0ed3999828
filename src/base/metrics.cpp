// prometheus-cpp's core behind our own small handles, so that its headers stay in this file.
#include "base/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace aiim {
namespace {

prometheus::Labels to_prometheus(Labels labels) {
  prometheus::Labels all;
  for (auto [name, value] : labels) all.emplace(name, value);
  return all;
}

}  // namespace

void Counter::add(double by) const {
  if (handle_) static_cast<prometheus::Counter*>(handle_)->Increment(by);
}
double Counter::value() const { return handle_ ? static_cast<prometheus::Counter*>(handle_)->Value() : 0; }

void Gauge::set(double to) const {
  if (handle_) static_cast<prometheus::Gauge*>(handle_)->Set(to);
}
void Gauge::add(double by) const {
  if (handle_) static_cast<prometheus::Gauge*>(handle_)->Increment(by);
}
double Gauge::value() const { return handle_ ? static_cast<prometheus::Gauge*>(handle_)->Value() : 0; }

void Histogram::observe(double value) const {
  if (handle_) static_cast<prometheus::Histogram*>(handle_)->Observe(value);
}

// The registry merges families of one name and hands the same metric out for the same labels; it locks by itself.
struct Metrics::Impl {
  prometheus::Registry registry{prometheus::Registry::InsertBehavior::Merge};
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

Counter Metrics::counter(std::string_view name, std::string_view help, Labels labels) {
  auto& family = prometheus::BuildCounter().Name(std::string(name)).Help(std::string(help)).Register(impl_->registry);
  Counter counter;
  counter.handle_ = &family.Add(to_prometheus(labels));
  return counter;
}

Gauge Metrics::gauge(std::string_view name, std::string_view help, Labels labels) {
  auto& family = prometheus::BuildGauge().Name(std::string(name)).Help(std::string(help)).Register(impl_->registry);
  Gauge gauge;
  gauge.handle_ = &family.Add(to_prometheus(labels));
  return gauge;
}

Histogram Metrics::histogram(std::string_view name, std::string_view help, const std::vector<double>& bounds,
                             Labels labels) {
  auto& family = prometheus::BuildHistogram().Name(std::string(name)).Help(std::string(help)).Register(impl_->registry);
  Histogram histogram;
  histogram.handle_ = &family.Add(to_prometheus(labels), bounds);
  return histogram;
}

std::string Metrics::text() const { return prometheus::TextSerializer().Serialize(impl_->registry.Collect()); }

}  // namespace aiim
