#include "base/metrics.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace aiim {
namespace {

TEST(Metrics, are_in_the_text_from_the_start_at_zero) {
  Metrics metrics;
  metrics.counter("aiim_sent_total", "Messages sent.");
  metrics.gauge("aiim_sessions", "Open sessions.");
  metrics.histogram("aiim_wait_seconds", "Waiting.", {0.1, 1});
  EXPECT_EQ(metrics.text(),
            "# HELP aiim_sent_total Messages sent.\n"
            "# TYPE aiim_sent_total counter\n"
            "aiim_sent_total 0\n"
            "# HELP aiim_sessions Open sessions.\n"
            "# TYPE aiim_sessions gauge\n"
            "aiim_sessions 0\n"
            "# HELP aiim_wait_seconds Waiting.\n"
            "# TYPE aiim_wait_seconds histogram\n"
            "aiim_wait_seconds_count 0\n"
            "aiim_wait_seconds_sum 0\n"
            "aiim_wait_seconds_bucket{le=\"0.1\"} 0\n"
            "aiim_wait_seconds_bucket{le=\"1\"} 0\n"
            "aiim_wait_seconds_bucket{le=\"+Inf\"} 0\n");
}

TEST(Metrics, count_per_label_and_give_one_handle_for_one_name) {
  Metrics metrics;
  auto ok = metrics.counter("aiim_requests_total", "Requests.", {{"operation", "send_message"}, {"code", "ok"}});
  auto conflict =
      metrics.counter("aiim_requests_total", "Requests.", {{"operation", "send_message"}, {"code", "conflict"}});
  auto again = metrics.counter("aiim_requests_total", "Requests.", {{"code", "ok"}, {"operation", "send_message"}});
  ok.add();
  again.add(2);
  conflict.add();
  EXPECT_EQ(ok.value(), 3);
  EXPECT_EQ(conflict.value(), 1);
  EXPECT_NE(metrics.text().find("aiim_requests_total{code=\"ok\",operation=\"send_message\"} 3\n"), std::string::npos);
}

TEST(Metrics, gauges_move_both_ways) {
  Metrics metrics;
  auto gauge = metrics.gauge("g", "G.");
  gauge.set(5);
  gauge.add(2);
  gauge.add(-4);
  EXPECT_EQ(gauge.value(), 3);
}

TEST(Metrics, histograms_count_into_buckets) {
  Metrics metrics;
  auto histogram = metrics.histogram("h_seconds", "H.", {0.1, 1});
  for (double value : {0.05, 0.1, 0.5, 3.0}) histogram.observe(value);
  auto text = metrics.text();
  EXPECT_NE(text.find("h_seconds_count 4\n"), std::string::npos);
  EXPECT_NE(text.find("h_seconds_bucket{le=\"0.1\"} 2\n"), std::string::npos);
  EXPECT_NE(text.find("h_seconds_bucket{le=\"1\"} 3\n"), std::string::npos);
  EXPECT_NE(text.find("h_seconds_bucket{le=\"+Inf\"} 4\n"), std::string::npos);
}

TEST(Metrics, a_handle_without_a_metric_does_nothing) {
  Counter().add();
  Gauge().set(1);
  Histogram().observe(1);
  EXPECT_EQ(Counter().value(), 0);
}

TEST(Metrics, are_made_and_counted_on_several_threads) {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      auto counter = metrics.counter("c_total", "C.");
      auto histogram = metrics.histogram("h", "H.", {1, 2});
      for (int i = 0; i < 10'000; ++i) {
        counter.add();
        if (i % 100 == 0) histogram.observe(1.5);
        if (i % 5'000 == 0) metrics.text();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(metrics.counter("c_total", "C.").value(), 40'000);
}

}  // namespace
}  // namespace aiim
