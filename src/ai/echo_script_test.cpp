#include <gtest/gtest.h>

#include "ai/echo.h"
#include "core/stream_assembly.h"

namespace aiim::ai {
namespace {

StreamContent content_of(const EchoScript& script) {
  StreamContent content;
  for (const EchoStep& step : script.steps) {
    EXPECT_TRUE(check_stream_ops(step.ops));
    add_stream_ops(content, step.ops);
  }
  return content;
}

TEST(EchoScript, an_answer_has_reasoning_a_tool_call_with_its_result_markdown_code_and_chinese) {
  const StreamContent content = content_of(echo_script("héllo 你好\nsecond line"));
  ASSERT_TRUE(content.parts);
  std::vector<StreamOpKind> kinds;
  for (const StreamPart& part : *content.parts) kinds.push_back(part.type);
  EXPECT_EQ(kinds, (std::vector{StreamOpKind::reasoning, StreamOpKind::tool_call, StreamOpKind::tool_result,
                                StreamOpKind::text}));
  EXPECT_NE(content.text.find("> héllo 你好\n> second line"), std::string::npos);
  EXPECT_NE(content.text.find("**20** characters"), std::string::npos);
  EXPECT_NE(content.text.find("```python"), std::string::npos);
  EXPECT_NE(content.text.find("个字符"), std::string::npos);
}

TEST(EchoScript, the_same_question_has_the_same_answer) {
  const EchoScript one = echo_script("hi"), other = echo_script("hi");
  ASSERT_EQ(one.steps.size(), other.steps.size());
  EXPECT_EQ(encode(content_of(one)), encode(content_of(other)));
}

TEST(EchoScript, slow_takes_as_many_seconds_as_it_is_told) {
  std::int64_t ms = 0;
  for (const EchoStep& step : echo_script("/slow 7").steps) ms += step.after_ms;
  EXPECT_EQ(ms, 7000);
  EXPECT_EQ(content_of(echo_script("@echo /slow 3")).text, "1, 2, 3.");
  for (const char* odd : {"/slow", "/slow x", "/slow 0", "/slow -2", "/slow 99999999999999999999"}) {
    EXPECT_EQ(content_of(echo_script(odd)).text, "1, 2, 3, 4, 5.") << odd;
  }
}

TEST(EchoScript, long_has_as_many_paragraphs_and_always_fits_into_a_stream) {
  EXPECT_EQ(echo_script("/long 50").steps.size(), 50U);
  std::size_t bytes = 0;
  for (const EchoStep& step : echo_script("/long 1000").steps) bytes += encode(step.ops).size();
  EXPECT_LT(bytes, stream_bytes_max);
}

TEST(EchoScript, fail_breaks_off_and_tools_has_one_that_fails) {
  EXPECT_TRUE(echo_script("/fail").fails);
  EXPECT_FALSE(content_of(echo_script("/fail")).text.empty());
  int errors = 0, results = 0;
  const StreamContent content = content_of(echo_script("/tools"));
  for (const StreamPart& part : *content.parts) {
    if (part.type != StreamOpKind::tool_result) continue;
    ++results;
    errors += part.is_error.value_or(false) ? 1 : 0;
  }
  EXPECT_EQ(results, 2);
  EXPECT_EQ(errors, 1);
}

TEST(EchoScript, hostile_text_is_cut_between_characters_and_fits) {
  std::string text;
  for (int i = 0; i < 30'000; ++i) text += "界\n";
  std::size_t bytes = 0;
  for (const EchoStep& step : echo_script(text).steps) bytes += encode(step.ops).size();
  EXPECT_LT(bytes, stream_bytes_max);
  EXPECT_NE(content_of(echo_script(text)).text.find("60000"), std::string::npos);
}

}  // namespace
}  // namespace aiim::ai
