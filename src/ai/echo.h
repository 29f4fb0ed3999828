// The demo agent: a provider that needs no network. What it says follows from the question alone, so that an answer cut
// short by a crash goes on where it was. Commands show each path: /slow N, /fail, /long N, /tools.
#pragma once
#include <string_view>

#include "ai/provider.h"

namespace aiim::ai {

struct EchoStep {
  std::int64_t after_ms = 0;  // since the step before
  std::vector<StreamOp> ops;
};
struct EchoScript {
  std::vector<EchoStep> steps;
  bool fails = false;  // after the steps
};

/// Pure. "/slow N" takes N seconds (1–300, 5 when N is none of them), "/long N" has N paragraphs (1–1,000, 20), "/fail"
/// breaks off, "/tools" calls tools, one of which fails; anything else gets reasoning, a tool call, Markdown with the
/// text repeated (its first 2,000 bytes), a block of code, and Chinese.
EchoScript echo_script(std::string_view text);

class EchoProvider final : public Provider {
 public:
  std::unique_ptr<Answer> answer(boost::asio::io_context& io, Question question, std::int64_t written) override;
};

}  // namespace aiim::ai
