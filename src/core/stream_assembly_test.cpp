#include "core/stream_assembly.h"

#include <gtest/gtest.h>

namespace aiim {
namespace {

StreamOp piece(StreamOpKind kind, std::string delta) {
  StreamOp op;
  op.op = kind;
  op.delta = std::move(delta);
  return op;
}

TEST(StreamAssembly, text_alone_is_only_text) {
  StreamContent content;
  std::vector<StreamOp> ops{piece(StreamOpKind::text, "你"), piece(StreamOpKind::text, "好")};
  add_stream_ops(content, ops);
  EXPECT_EQ(encode(content), R"({"text":"你好"})");
}

TEST(StreamAssembly, parts_keep_the_order_and_text_before_them) {
  StreamContent content;
  StreamOp call;
  call.op = StreamOpKind::tool_call;
  call.call_id = "c1";
  call.name = "search";
  call.arguments = RawJson{R"({"q":1})"};
  StreamOp status;
  status.op = StreamOpKind::status;
  status.text = "searching";
  std::vector<StreamOp> ops{piece(StreamOpKind::text, "a"),
                            piece(StreamOpKind::reasoning, "r1"),
                            status,
                            piece(StreamOpKind::reasoning, "r2"),
                            call,
                            piece(StreamOpKind::text, "b")};
  ASSERT_TRUE(check_stream_ops(ops));
  for (const StreamOp& op : ops) add_stream_ops(content, {&op, 1});
  EXPECT_EQ(encode(content),
            R"({"text":"ab","parts":[{"type":"text","text":"a"},{"type":"reasoning","text":"r1r2"},)"
            R"({"type":"tool_call","call_id":"c1","name":"search","arguments":{"q":1}},{"type":"text","text":"b"}]})");
}

TEST(StreamAssembly, each_kind_needs_its_fields) {
  StreamOp call;
  call.op = StreamOpKind::tool_call;
  std::vector<StreamOp> ops{piece(StreamOpKind::text, "x"), call};
  EXPECT_EQ(check_stream_ops(ops).error().detail, "ops[1].call_id: is required");
  EXPECT_FALSE(check_stream_ops({}));
  EXPECT_FALSE(check_stream_ops(std::vector<StreamOp>{piece(StreamOpKind::text, "")}));
  EXPECT_FALSE(check_stream_ops(std::vector<StreamOp>(101, piece(StreamOpKind::text, "x"))));
}

}  // namespace
}  // namespace aiim
