// RFC 6455 section 5, strictly. A frame that lies whole in the input is unmasked and validated where it lies; only
// frames and messages that come in pieces are copied.
#include "core/ws_frames.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>

#include "base/crypto.h"

namespace aiim {
namespace {

constexpr std::size_t padding = 64;
static_assert(padding >= simdjson::SIMDJSON_PADDING);

bool control(WsOpcode opcode) { return static_cast<std::uint8_t>(opcode) >= 8; }

// Section 7.4 and IANA's registry: what a peer may send. 1004, 1005, 1006 and 1015 never travel.
bool sendable(std::uint16_t code) {
  return (code >= 1000 && code <= 1014 && (code < 1004 || code > 1006)) || (code >= 3000 && code <= 4999);
}

void unmask(char* data, std::size_t bytes, std::uint32_t key) {
  using Block = std::uint64_t __attribute__((vector_size(32)));
  const std::uint64_t wide = static_cast<std::uint64_t>(key) << 32 | key;
  const Block block_key = {wide, wide, wide, wide};
  std::size_t i = 0;
  for (; i + sizeof(Block) <= bytes; i += sizeof(Block)) {
    Block block;
    std::memcpy(&block, data + i, sizeof block);
    block ^= block_key;
    std::memcpy(data + i, &block, sizeof block);
  }
  for (; i + 8 <= bytes; i += 8) {
    std::uint64_t word;
    std::memcpy(&word, data + i, 8);
    word ^= wide;
    std::memcpy(data + i, &word, 8);
  }
  char mask[4];
  std::memcpy(mask, &key, 4);
  for (std::size_t j = 0; i < bytes; ++i, ++j) data[i] ^= mask[j & 3];
}

// How much of `text` is left when a character that its end cuts off is put aside.
std::size_t whole_characters(std::string_view text) {
  for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    auto c = static_cast<unsigned char>(text[text.size() - back]);
    if (c < 0x80 || c >= 0xF8) break;  // no first byte of a longer character
    if (c < 0xC0) continue;
    std::size_t length = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
    return length > back ? text.size() - back : text.size();
  }
  return text.size();
}

bool valid_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

// Appends with room for the padding behind; doubles, but never asks for much more than `total` will need.
void append(std::string& to, const char* data, std::size_t bytes, std::size_t total) {
  std::size_t size = to.size() + bytes;
  if (to.capacity() < size + padding) to.reserve(std::max(size, std::min(total, 2 * size)) + padding);
  to.append(data, bytes);
}

// The padding behind is read, whatever it holds; it shall hold the same every time. append() left room for it.
void zero_padding(std::string& text) {
  std::size_t size = text.size();
  text.append(padding, '\0');
  text.resize(size);
}

}  // namespace

struct WsReader::Frame {
  bool fin = false;
  bool valid = true;  // as far as it can be seen
  bool length_known = false;
  WsOpcode opcode = WsOpcode::continuation;
  std::uint32_t mask = 0;
  std::size_t header_bytes = 0;  // 0: the header is not complete yet
  std::uint64_t payload_bytes = 0;

  std::uint64_t total() const { return header_bytes + payload_bytes; }

  /// Reads as much of a header as is there, so that a bad one is refused at its first wrong bit. `bytes` ≥ 1.
  static Frame read(const char* data, std::size_t bytes) {
    Frame frame;
    auto byte = [data](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(data[i])); };
    auto number = byte(0) & 0x0F;
    frame.fin = byte(0) & 0x80;
    frame.opcode = static_cast<WsOpcode>(number);
    frame.valid = (byte(0) & 0x70) == 0 && (number <= 2 || (number >= 8 && number <= 10)) &&
                  (frame.fin || !control(frame.opcode));
    if (bytes < 2 || !frame.valid) return frame;
    frame.payload_bytes = byte(1) & 0x7F;
    std::size_t extended = frame.payload_bytes == 126 ? 2 : frame.payload_bytes == 127 ? 8 : 0;
    frame.valid = (byte(1) & 0x80) != 0 && !(control(frame.opcode) && extended);
    if (bytes < 2 + extended || !frame.valid) return frame;
    if (extended) {
      frame.payload_bytes = 0;
      for (std::size_t i = 0; i < extended; ++i) frame.payload_bytes = frame.payload_bytes << 8 | byte(2 + i);
      frame.valid = frame.payload_bytes >= (extended == 2 ? 126 : 65'536) && frame.payload_bytes >> 63 == 0;
    }
    frame.length_known = true;
    if (bytes < 2 + extended + 4) return frame;
    std::memcpy(&frame.mask, data + 2 + extended, 4);
    frame.header_bytes = 2 + extended + 4;
    return frame;
  }
};

struct WsReader::Kept {
  std::string partial;        // an incomplete frame as it came, header included
  bool partial_done = false;  // it holds the last item's payload, and goes with the next call
  std::string message;        // the fragments so far, unmasked
  bool in_message = false;
  WsOpcode opcode = WsOpcode::continuation;
  std::size_t validated = 0;  // bytes of a text message that are known to be UTF-8
};

WsReader::WsReader(std::size_t message_bytes_max)
    : message_bytes_max_(static_cast<std::uint32_t>(std::min<std::size_t>(message_bytes_max, 1U << 30))) {}
WsReader::~WsReader() = default;
WsReader::WsReader(WsReader&&) noexcept = default;
WsReader& WsReader::operator=(WsReader&&) noexcept = default;

bool WsReader::idle() const {
  return !kept_ || ((kept_->partial.empty() || kept_->partial_done) && !kept_->in_message);
}

std::size_t WsReader::memory_bytes() const {
  return kept_ ? sizeof(Kept) + kept_->partial.capacity() + kept_->message.capacity() : 0;
}

WsReader::Kept& WsReader::kept() {
  if (!kept_) kept_ = std::make_unique<Kept>();
  return *kept_;
}

// Lets go of what the last item pointed into.
void WsReader::release() {
  if (!kept_) return;
  if (idle()) {
    kept_.reset();
  } else if (kept_->partial_done) {
    kept_->partial.clear();
    kept_->partial_done = false;
  }
}

WsReader::Item WsReader::fail(std::uint16_t code) {
  failed_ = code;
  kept_.reset();
  return {What::error, {}, code};
}

// The code to close with, or 0.
std::uint16_t WsReader::judge(const Frame& frame) const {
  if (!frame.valid) return 1002;
  if (control(frame.opcode)) return 0;
  bool continues = kept_ && kept_->in_message;
  if (continues != (frame.opcode == WsOpcode::continuation)) return 1002;
  std::size_t before = continues ? kept_->message.size() : 0;
  return frame.length_known && frame.payload_bytes > message_bytes_max_ - before ? 1009 : 0;
}

WsReader::Item WsReader::next(char*& input, std::size_t& bytes) {
  auto drop_input = [&] {
    input += bytes;
    bytes = 0;
  };
  if (failed_) {
    drop_input();
    return {What::error, {}, failed_};
  }
  for (;;) {
    release();
    if (bytes == 0) return {What::need_more, {}};
    Frame frame;
    char* payload = nullptr;
    if (kept_ && !kept_->partial.empty()) {
      bool complete = complete_partial(frame, input, bytes);
      if (auto code = judge(frame)) {
        drop_input();
        return fail(code);
      }
      if (!complete) return {What::need_more, {}};
      kept_->partial_done = true;
      payload = kept_->partial.data() + frame.header_bytes;
    } else {
      frame = Frame::read(input, bytes);
      if (auto code = judge(frame)) {
        drop_input();
        return fail(code);
      }
      if (frame.header_bytes == 0 || frame.total() > bytes) {
        append(kept().partial, input, bytes, frame.total());
        drop_input();
        return {What::need_more, {}};
      }
      payload = input + frame.header_bytes;
      input += frame.total();
      bytes -= frame.total();
    }
    if (auto item = take(frame, payload)) {
      if (item->what == What::error) drop_input();
      return *item;
    }
  }
}

// Moves input behind the kept part of a frame. True when the frame is whole; false also when its header is wrong.
bool WsReader::complete_partial(Frame& frame, char*& input, std::size_t& bytes) {
  auto move = [&](std::size_t count) {
    append(kept_->partial, input, count, frame.total());
    input += count;
    bytes -= count;
  };
  frame = Frame::read(kept_->partial.data(), kept_->partial.size());
  while (frame.header_bytes == 0) {
    if (bytes == 0 || judge(frame)) return false;
    move(1);
    frame = Frame::read(kept_->partial.data(), kept_->partial.size());
  }
  if (judge(frame)) return false;
  move(std::min<std::uint64_t>(bytes, frame.total() - kept_->partial.size()));
  if (kept_->partial.size() != frame.total()) return false;
  zero_padding(kept_->partial);
  return true;
}

// Nothing when the frame was a fragment that ends no message.
std::optional<WsReader::Item> WsReader::take(const Frame& frame, char* payload) {
  unmask(payload, frame.payload_bytes, frame.mask);
  std::string_view view(payload, frame.payload_bytes);
  switch (frame.opcode) {
    case WsOpcode::ping: return Item{What::ping, view};
    case WsOpcode::pong: return Item{What::pong, view};
    case WsOpcode::close: return take_close(view);
    case WsOpcode::text:
    case WsOpcode::binary:
    case WsOpcode::continuation: return take_data(frame, view);
  }
  return fail(1002);
}

std::optional<WsReader::Item> WsReader::take_data(const Frame& frame, std::string_view payload) {
  if (frame.fin && frame.opcode != WsOpcode::continuation) {
    bool text = frame.opcode == WsOpcode::text;
    if (text && !valid_utf8(payload)) return fail(1007);
    return Item{text ? What::text : What::binary, payload};
  }
  Kept& state = kept();
  if (frame.opcode != WsOpcode::continuation) {
    state.opcode = frame.opcode;
    state.in_message = true;
  }
  append(state.message, payload.data(), payload.size(), message_bytes_max_);
  if (frame.fin) zero_padding(state.message);
  std::string_view message = state.message;
  bool text = state.opcode == WsOpcode::text;
  if (text) {
    std::size_t end = frame.fin ? message.size() : whole_characters(message);
    if (!valid_utf8(message.substr(state.validated, end - state.validated))) return fail(1007);
    state.validated = end;
  }
  if (!frame.fin) return std::nullopt;
  state.in_message = false;
  return Item{text ? What::text : What::binary, message};
}

WsReader::Item WsReader::take_close(std::string_view payload) {
  if (payload.empty()) return {What::close, payload, 1005};
  if (payload.size() == 1) return fail(1002);
  auto code =
      static_cast<std::uint16_t>(static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]));
  payload.remove_prefix(2);
  if (!sendable(code)) return fail(1002);
  if (!valid_utf8(payload)) return fail(1007);
  return {What::close, payload, code};
}

std::size_t ws_header(char* out, WsOpcode opcode, std::size_t payload_bytes) {
  out[0] = static_cast<char>(0x80 | static_cast<std::uint8_t>(opcode));
  if (payload_bytes < 126) {
    out[1] = static_cast<char>(payload_bytes);
    return 2;
  }
  std::size_t extended = payload_bytes <= 0xFFFF ? 2 : 8;
  out[1] = extended == 2 ? 126 : 127;
  for (std::size_t i = 0; i < extended; ++i) {
    out[2 + i] = static_cast<char>(static_cast<std::uint64_t>(payload_bytes) >> (8 * (extended - 1 - i)) & 0xFF);
  }
  return 2 + extended;
}

std::string ws_frame(WsOpcode opcode, std::string_view payload) {
  char header[10];
  std::size_t header_bytes = ws_header(header, opcode, payload.size());
  std::string frame;
  frame.reserve(header_bytes + payload.size());
  frame.append(header, header_bytes);
  frame.append(payload);
  return frame;
}

std::string ws_close_payload(std::uint16_t code, std::string_view reason) {
  constexpr std::size_t reason_bytes_max = 123;  // of a control frame's 125
  if (reason.size() > reason_bytes_max) {
    reason = reason.substr(0, reason_bytes_max);
    reason = reason.substr(0, whole_characters(reason));
  }
  std::string payload;
  payload += static_cast<char>(code >> 8);
  payload += static_cast<char>(code & 0xFF);
  payload += reason;
  return payload;
}

std::string ws_accept(std::string_view key) {
  std::string text(key);
  text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // section 1.3
  return base64(bytes_of(sha1(text)));
}

}  // namespace aiim
