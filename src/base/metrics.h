// The process's metrics, in Prometheus' text format at /metrics. Handles are made once and are cheap and thread-safe to
// use; every family exists from the start, at 0. Labels come from closed sets only (operation names, codes).
#pragma once
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aiim {

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

class Counter {
 public:
  void add(double by = 1) const;
  double value() const;

 private:
  friend class Metrics;
  void* handle_ = nullptr;
};

class Gauge {
 public:
  void set(double to) const;
  void add(double by) const;
  double value() const;

 private:
  friend class Metrics;
  void* handle_ = nullptr;
};

class Histogram {
 public:
  void observe(double value) const;

 private:
  friend class Metrics;
  void* handle_ = nullptr;
};

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Counter counter(std::string_view name, std::string_view help, Labels labels = {});
  Gauge gauge(std::string_view name, std::string_view help, Labels labels = {});
  /// `bounds` in the unit of the name's suffix, ascending.
  Histogram histogram(std::string_view name, std::string_view help, const std::vector<double>& bounds,
                      Labels labels = {});
  /// Text exposition format 0.0.4.
  std::string text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace aiim
