// The script, at its pace.
#include "ai/echo.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace aiim::ai {
namespace asio = boost::asio;
namespace {

class EchoAnswer final : public Answer {
 public:
  EchoAnswer(asio::io_context& io, EchoScript script, std::int64_t written)
      : timer_(io), script_(std::move(script)), next_(static_cast<std::size_t>(written)) {}

  asio::awaitable<Result<std::optional<std::vector<StreamOp>>>> next() override {
    if (next_ >= script_.steps.size()) {
      if (script_.fails) co_return Error(ErrorCode::unavailable, "the demo agent was told to fail");
      co_return std::optional<std::vector<StreamOp>>();
    }
    EchoStep& step = script_.steps[next_++];
    if (step.after_ms > 0) {
      timer_.expires_after(std::chrono::milliseconds(step.after_ms));
      co_await timer_.async_wait(asio::use_awaitable);
    }
    co_return std::optional(std::move(step.ops));
  }

 private:
  asio::steady_timer timer_;
  EchoScript script_;
  std::size_t next_;
};

}  // namespace

std::unique_ptr<Answer> EchoProvider::answer(asio::io_context& io, Question question, std::int64_t written) {
  return std::make_unique<EchoAnswer>(io, echo_script(question.text), written);
}

}  // namespace aiim::ai
