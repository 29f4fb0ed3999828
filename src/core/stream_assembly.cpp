#include "core/stream_assembly.h"

namespace aiim {
namespace {

Error missing(std::size_t index, std::string_view field) {
  return Error::field("ops[" + std::to_string(index) + "]." + std::string(field), "is required");
}

bool given(const std::optional<std::string>& text) { return text && !text->empty(); }

Result<> check(const StreamOp& op, std::size_t index) {
  switch (op.op) {
    case StreamOpKind::text:
    case StreamOpKind::reasoning: return given(op.delta) ? Result<>() : missing(index, "delta");
    case StreamOpKind::tool_call:
      if (!given(op.call_id)) return missing(index, "call_id");
      if (!given(op.name)) return missing(index, "name");
      return op.arguments ? Result<>() : missing(index, "arguments");
    case StreamOpKind::tool_result:
      if (!given(op.call_id)) return missing(index, "call_id");
      return op.result ? Result<>() : missing(index, "result");
    case StreamOpKind::status: return given(op.text) ? Result<>() : missing(index, "text");
  }
  return {};
}

// Text alone needs no parts: they begin with the first piece of another kind, and then hold the text before it too.
std::vector<StreamPart>& parts_of(StreamContent& content) {
  if (!content.parts) {
    auto& parts = content.parts.emplace();
    if (!content.text.empty()) {
      StreamPart before;
      before.text = content.text;
      parts.push_back(std::move(before));
    }
  }
  return *content.parts;
}

void grow(std::vector<StreamPart>& parts, StreamOpKind kind, const std::string& delta) {
  if (parts.empty() || parts.back().type != kind) {
    parts.emplace_back().type = kind;
    parts.back().text.emplace();
  }
  parts.back().text->append(delta);
}

void add(StreamContent& content, const StreamOp& op) {
  switch (op.op) {
    case StreamOpKind::text:
      if (content.parts) grow(*content.parts, op.op, *op.delta);
      content.text += *op.delta;
      return;
    case StreamOpKind::reasoning: return grow(parts_of(content), op.op, *op.delta);
    case StreamOpKind::tool_call:
    case StreamOpKind::tool_result: {
      StreamPart& part = parts_of(content).emplace_back();
      part.type = op.op;
      part.call_id = op.call_id;
      part.name = op.name;
      part.arguments = op.arguments;
      part.result = op.result;
      part.is_error = op.is_error;
      return;
    }
    case StreamOpKind::status: return;
  }
}

}  // namespace

Result<> check_stream_ops(std::span<const StreamOp> ops) {
  if (ops.empty()) return Error::field("ops", "must not be empty");
  if (ops.size() > stream_ops_max) return Error::field("ops", "may have at most 100 pieces");
  for (std::size_t i = 0; i < ops.size(); ++i) {
    TRY(check(ops[i], i));
  }
  return {};
}

void join_stream_ops(std::vector<StreamOp>& ops, std::span<const StreamOp> more) {
  for (const StreamOp& op : more) {
    const bool grows = op.op == StreamOpKind::text || op.op == StreamOpKind::reasoning;
    if (grows && !ops.empty() && ops.back().op == op.op) {
      ops.back().delta->append(*op.delta);
    } else {
      ops.push_back(op);
    }
  }
}

void add_stream_ops(StreamContent& content, std::span<const StreamOp> ops) {
  for (const StreamOp& op : ops) add(content, op);
}

}  // namespace aiim
