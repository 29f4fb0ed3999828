#include "base/log.h"

#include <gtest/gtest.h>

#include <cmath>
#include <thread>
#include <vector>

#include "base/codec.h"

namespace aiim {
namespace {

constexpr Time now{1'795'412'435'120};  // 2026-11-23T05:40:35.120Z

std::string text(LogFields fields) { return log_line(false, now, LogLevel::info, "tested", fields); }
std::string json(LogFields fields) { return log_line(true, now, LogLevel::warn, "tested", fields); }

TEST(Log, text_is_time_level_event_and_fields) {
  EXPECT_EQ(text({}), "2026-11-23T05:40:35.120Z info tested");
  EXPECT_EQ(text({{"session_id", "sess_01"}, {"items", 3}, {"ok", true}, {"name", "two words"}, {"empty", ""}}),
            R"(2026-11-23T05:40:35.120Z info tested session_id=sess_01 items=3 ok=true name="two words" empty="")");
}

TEST(Log, numbers_have_at_most_three_decimals) {
  EXPECT_EQ(text({{"a", 0.129}, {"b", 12.5}, {"c", 3.0}, {"d", 0.00049}, {"e", 1234.5678}, {"f", -100.0}, {"g", 100}}),
            "2026-11-23T05:40:35.120Z info tested a=0.129 b=12.5 c=3 d=0 e=1234.568 f=-100 g=100");
}

TEST(Log, json_is_one_object) {
  EXPECT_EQ(json({{"session_id", "sess_01"}, {"items", -3}, {"ok", true}, {"name", "a \"b\""}}),
            R"({"time":"2026-11-23T05:40:35.120Z","level":"warn","event":"tested","session_id":"sess_01","items":-3,)"
            R"("ok":true,"name":"a \"b\""})");
}

TEST(Log, a_value_cannot_forge_a_line_or_a_field) {
  EXPECT_EQ(text({{"a", "x\n2026-11-23T05:40:35.120Z error forged"}}),
            "2026-11-23T05:40:35.120Z info tested a=\"x\\n2026-11-23T05:40:35.120Z error forged\"");
  EXPECT_EQ(text({{"a", "x\" b=\"y"}}), R"(2026-11-23T05:40:35.120Z info tested a="x\" b=\"y")");
  EXPECT_EQ(text({{"a", "b=c"}}), R"(2026-11-23T05:40:35.120Z info tested a="b=c")");
  EXPECT_EQ(text({{"a\nb c", "d"}}), "2026-11-23T05:40:35.120Z info tested a_b_c=d");
}

TEST(Log, controls_separators_and_invalid_bytes_are_escaped_in_both_forms) {
  std::vector<std::string> bad = {std::string("\0", 1), "\r",           "\x1b[31m",         "\x7f",
                                  "\xc2\x85",           "\xe2\x80\xa8", "\xe2\x80\xae",     "\xff",
                                  "\xed\xa0\x80",       "\xe2\x82",     "\xf5\x80\x80\x80", "\xc0\x8a"};
  for (auto& value : bad) {
    for (bool as_json : {false, true}) {
      auto line = log_line(as_json, now, LogLevel::info, "e", {{"v", value}});
      for (char c : line) EXPECT_TRUE(c >= ' ' && c <= '~') << testing::PrintToString(line);
      EXPECT_NE(line.find("\\u"), line.npos);
    }
  }
  EXPECT_EQ(text({{"a", "héllo 漢😀"}}), "2026-11-23T05:40:35.120Z info tested a=\"héllo 漢😀\"");
}

TEST(Log, every_json_line_parses) {
  JsonParser parser;
  for (int first = 0; first < 256; ++first) {
    for (int second : {0, 10, 34, 92, 128, 191, 200, 255}) {
      std::string value{static_cast<char>(first), static_cast<char>(second)};
      EXPECT_TRUE(parser.parse(json({{"v", value}}))) << first << " " << second;
    }
  }
  for (double value : {0.5, -1e300, std::nan(""), -std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    EXPECT_TRUE(parser.parse(json({{"v", value}}))) << value;
  }
}

TEST(Log, long_values_are_cut) {
  EXPECT_LT(text({{"a", std::string(100'000, 'x')}}).size(), 2200u);
  EXPECT_TRUE(text({{"a", std::string(100'000, 'x')}}).ends_with("x…\""));
}

TEST(Log, writes_lines_of_enabled_levels_to_stderr) {
  testing::internal::CaptureStderr();
  log_setup(LogLevel::warn, false);
  log_debug("hidden");
  log_info("hidden");
  log_warn("shown_warn", {{"braces", "{} {0}"}});
  log_error("shown_error");
  EXPECT_FALSE(log_enabled(LogLevel::info));
  EXPECT_TRUE(log_enabled(LogLevel::error));
  log_setup(LogLevel::off, true);
  log_error("hidden");
  EXPECT_FALSE(log_enabled(LogLevel::off));
  log_setup(LogLevel::info, false);
  auto written = testing::internal::GetCapturedStderr();
  EXPECT_EQ(written.find("hidden"), written.npos);
  EXPECT_NE(written.find("Z warn shown_warn braces=\"{} {0}\"\n"), written.npos);
  EXPECT_TRUE(written.ends_with("Z error shown_error\n"));
  EXPECT_EQ(std::count(written.begin(), written.end(), '\n'), 2);
}

TEST(Log, lines_of_several_threads_do_not_mix) {
  testing::internal::CaptureStderr();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 200; ++i) log_info("line", {{"text", std::string(200, static_cast<char>('a' + t))}});
    });
  }
  for (auto& thread : threads) thread.join();
  std::string written = testing::internal::GetCapturedStderr();
  std::size_t lines = 0;
  for (std::size_t at = 0; at < written.size(); ++lines) {
    auto end = written.find('\n', at);
    ASSERT_NE(end, written.npos);
    EXPECT_EQ(end - at, std::string("2026-11-23T05:40:35.120Z info line text=").size() + 200);
    at = end + 1;
  }
  EXPECT_EQ(lines, 800u);
}

}  // namespace
}  // namespace aiim
