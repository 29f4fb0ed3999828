// Who writes a built-in agent's answers. The agent (src/ops/agents) asks a provider, pulls the pieces at the pace in
// which they can be stored, and writes them with the operations that every bot uses. One thread uses an answer.
#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "wire/stream.h"

namespace aiim::ai {

struct Question {
  std::string text;      // of other kinds of message: their kind in brackets, "[image]"
  std::string asked_by;  // the sender's display name
};

/// One answer under way; destroying it gives it up.
class Answer {
 public:
  virtual ~Answer() = default;
  /// The next piece, within 10 s: empty when there is nothing yet (the agent renews its lease meanwhile), none at the
  /// end. An error ends the answer; its detail may be shown to people.
  virtual boost::asio::awaitable<Result<std::optional<std::vector<StreamOp>>>> next() = 0;
};

class Provider {
 public:
  virtual ~Provider() = default;
  /// `written` pieces of this very answer are stored already, by a process that died: it goes on after them. Null when
  /// the provider cannot do that.
  virtual std::unique_ptr<Answer> answer(boost::asio::io_context& io, Question question, std::int64_t written) = 0;
};

}  // namespace aiim::ai
