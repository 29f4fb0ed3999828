// What the demo agent says.
#include <algorithm>
#include <charconv>

#include "ai/echo.h"

namespace aiim::ai {
namespace {

constexpr std::size_t repeated_bytes_max = 2000;
constexpr std::int64_t typing_ms = 30;
constexpr std::int64_t thinking_ms = 60;

StreamOp spoken(StreamOpKind kind, std::string delta) {
  StreamOp op;
  op.op = kind;
  op.delta = std::move(delta);
  return op;
}

StreamOp status(std::string text) {
  StreamOp op;
  op.op = StreamOpKind::status;
  op.text = std::move(text);
  return op;
}

StreamOp call(std::string call_id, std::string name, std::string arguments) {
  StreamOp op;
  op.op = StreamOpKind::tool_call;
  op.call_id = std::move(call_id);
  op.name = std::move(name);
  op.arguments = RawJson{std::move(arguments)};
  return op;
}

StreamOp result(std::string call_id, std::string json, bool is_error = false) {
  StreamOp op;
  op.op = StreamOpKind::tool_result;
  op.call_id = std::move(call_id);
  op.result = RawJson{std::move(json)};
  op.is_error = is_error;
  return op;
}

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// At most `bytes` of it, cut between characters.
std::string_view cut(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && continues(text[bytes])) --bytes;
  return text.substr(0, bytes);
}

class Script {
 public:
  void step(std::int64_t after_ms, StreamOp op) {
    EchoStep& made = script_.steps.emplace_back();
    made.after_ms = after_ms;
    made.ops.push_back(std::move(op));
  }
  /// In pieces, as a model writes: each ends before a blank, or after some 12 bytes where there is none (Chinese).
  void write(std::string_view text, StreamOpKind kind = StreamOpKind::text, std::int64_t pace_ms = typing_ms) {
    while (!text.empty()) {
      std::size_t blank = text.find_first_of(" \n", 1);
      std::string_view piece = cut(text, std::min(blank, std::size_t{12}));
      step(pace_ms, spoken(kind, std::string(piece)));
      text.remove_prefix(piece.size());
    }
  }
  EchoScript take(bool fails = false) {
    script_.fails = fails;
    return std::move(script_);
  }

 private:
  EchoScript script_;
};

EchoScript slow(std::int64_t seconds) {
  Script script;
  script.step(0, status("counting to " + std::to_string(seconds)));
  for (std::int64_t i = 1; i <= seconds; ++i) {
    script.step(1000, spoken(StreamOpKind::text, std::to_string(i) + (i < seconds ? ", " : ".")));
  }
  return script.take();
}

EchoScript failing() {
  Script script;
  script.write("This answer breaks off in the middle of a");
  return script.take(true);
}

EchoScript lengthy(std::int64_t paragraphs) {
  Script script;
  for (std::int64_t i = 1; i <= paragraphs; ++i) {
    std::string text = "**" + std::to_string(i) + ".** ";
    text +=
        "An answer of any length costs each reader what its text weighs, and the server one row per piece: "
        "nothing is sent or stored twice, however long it grows. 再长的回答也是如此。\n\n";
    script.step(typing_ms, spoken(StreamOpKind::text, std::move(text)));
  }
  return script.take();
}

EchoScript tools() {
  Script script;
  script.step(thinking_ms, spoken(StreamOpKind::reasoning, "Two tools may know. I ask both."));
  script.step(thinking_ms, call("call_1", "clock", R"({"zone":"Asia/Shanghai"})"));
  script.step(thinking_ms, call("call_2", "weather", R"({"city":"上海","days":1})"));
  script.step(300, result("call_1", R"({"time":"08:30","zone":"Asia/Shanghai"})"));
  script.step(300, result("call_2", R"({"error":"no network"})", true));
  script.write("It is **08:30** in Shanghai. The weather could not be asked: `no network`.");
  return script.take();
}

std::string quoted(std::string_view text) {
  std::string out = "> ";
  for (char c : text) {
    out += c;
    if (c == '\n') out += "> ";
  }
  return out;
}

EchoScript repeating(std::string_view text) {
  std::string_view shown = cut(text, repeated_bytes_max);
  const auto characters = text.size() - static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continues));
  const std::string count = std::to_string(characters);
  Script script;
  script.write("Somebody wrote " + count + " characters. I repeat them.", StreamOpKind::reasoning);
  std::string arguments = "{\"text\":";
  append_json_string(arguments, shown);
  script.step(thinking_ms, call("call_1", "count_characters", arguments + "}"));
  script.step(200, result("call_1", "{\"characters\":" + count + "}"));
  script.write("## You wrote\n\n" + quoted(shown) + "\n\n");
  script.write("That is **" + count + "** characters. In code:\n\n```python\nprint(len(message))  # " + count +
               "\n```\n\n");
  script.write("你说的我都听见了，一共 " + count + " 个字符。\n\n");
  script.write("Try `/slow 10`, `/long 50`, `/tools` or `/fail`.");
  return script.take();
}

/// The number after a command; `otherwise` where there is none from `least` to `most`.
std::int64_t number_after(std::string_view text, std::int64_t most, std::int64_t otherwise) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && number >= 1 && number <= most ? number : otherwise;
}

}  // namespace

EchoScript echo_script(std::string_view text) {
  std::string_view command = text;
  // In a group the command follows the mention: "@echo /slow 5".
  if (command.starts_with('@')) command.remove_prefix(std::min(command.find(' '), command.size()));
  while (!command.empty() && command.front() == ' ') command.remove_prefix(1);
  const std::string_view word = command.substr(0, command.find_first_of(" \n"));
  const std::string_view rest = command.substr(word.size());
  if (word == "/slow") return slow(number_after(rest, 300, 5));
  if (word == "/long") return lengthy(number_after(rest, 1000, 20));
  if (word == "/fail") return failing();
  if (word == "/tools") return tools();
  return repeating(text);
}

}  // namespace aiim::ai
