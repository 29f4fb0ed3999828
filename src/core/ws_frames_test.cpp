#include "core/ws_frames.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace aiim {
namespace {

using What = WsReader::What;
constexpr std::size_t limit = 1000;

struct Seen {
  What what;
  std::string payload;
  std::uint16_t code;
  bool operator==(const Seen&) const = default;
};

void PrintTo(const Seen& seen, std::ostream* out) {
  *out << "{" << static_cast<int>(seen.what) << ", " << seen.payload.size() << " bytes \"" << seen.payload.substr(0, 60)
       << "\", " << seen.code << "}";
}

std::string masked(std::uint8_t first, std::string_view payload, std::string_view mask = "\x37\xfa\x21\x3d") {
  std::string frame(1, static_cast<char>(first));
  auto n = payload.size();
  int extended = n < 126 ? 0 : n <= 0xFFFF ? 2 : 8;
  frame += static_cast<char>(0x80 | (n < 126 ? n : n <= 0xFFFF ? 126 : 127));
  for (int i = extended - 1; i >= 0; --i) frame += static_cast<char>(static_cast<std::uint64_t>(n) >> (8 * i));
  frame += mask;
  for (std::size_t i = 0; i < n; ++i) frame += static_cast<char>(payload[i] ^ mask[i & 3]);
  return frame;
}

std::string close_frame(std::uint16_t code, std::string_view reason = {}) {
  return masked(0x88, std::string{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)} + std::string(reason));
}

// Feeds `piece` and reads every item that it completes. The piece lies in a heap block of its own, so that a sanitizer
// sees a write outside of it or a read beyond the 64 bytes behind it.
bool feed(WsReader& reader, std::string_view piece, std::vector<Seen>& seen) {
  std::vector<char> buffer(piece.begin(), piece.end());
  buffer.resize(piece.size() + 64);
  char* at = buffer.data();
  std::size_t bytes = piece.size();
  for (;;) {
    auto item = reader.next(at, bytes);
    if (item.what == What::need_more) {
      EXPECT_EQ(bytes, 0u);
      return true;
    }
    volatile char sum = 0;
    const char* behind = item.payload.data() + item.payload.size();
    for (std::size_t i = 0; i < 64 && item.what != What::error; ++i) sum = static_cast<char>(sum + behind[i]);
    seen.push_back({item.what, std::string(item.payload), item.code});
    if (item.what == What::error) {
      EXPECT_EQ(bytes, 0u);
      return false;
    }
  }
}

std::vector<Seen> read_whole(std::string_view bytes, std::size_t max = limit) {
  WsReader reader(max);
  std::vector<Seen> seen;
  feed(reader, bytes, seen);
  return seen;
}

std::vector<Seen> read_bytewise(std::string_view bytes, std::size_t max = limit) {
  WsReader reader(max);
  std::vector<Seen> seen;
  for (char c : bytes) {
    if (!feed(reader, {&c, 1}, seen)) break;
  }
  return seen;
}

// Both ways of feeding must agree on everything.
std::vector<Seen> read(std::string_view bytes, std::size_t max = limit) {
  auto seen = read_whole(bytes, max);
  EXPECT_EQ(seen, read_bytewise(bytes, max));
  return seen;
}

std::vector<Seen> fails(std::uint16_t code) { return {{What::error, "", code}}; }
std::vector<Seen> gives(What what, std::string payload, std::uint16_t code = 0) { return {{what, payload, code}}; }

TEST(WsReader, reads_the_examples_of_rfc_6455) {
  EXPECT_EQ(read(std::string_view("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11)), gives(What::text, "Hello"));
  EXPECT_EQ(read(std::string_view("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11)), gives(What::pong, "Hello"));
  EXPECT_EQ(read(masked(0x89, "Hello")), gives(What::ping, "Hello"));
  EXPECT_EQ(read(masked(0x01, "Hel") + masked(0x80, "lo")), gives(What::text, "Hello"));
  EXPECT_EQ(read(masked(0x82, std::string(256, 'x'))), gives(What::binary, std::string(256, 'x')));
  EXPECT_EQ(read(masked(0x82, std::string(65536, 'x')), 65536), gives(What::binary, std::string(65536, 'x')));
}

TEST(WsReader, reads_payloads_of_every_length_near_the_borders_of_the_header_forms) {
  for (std::size_t n : {0, 1, 2, 3, 4, 7, 8, 9, 31, 32, 33, 63, 64, 65, 124, 125, 126, 127, 128, 65534, 65535, 65536}) {
    std::string payload(n, '\0');
    for (std::size_t i = 0; i < n; ++i) payload[i] = static_cast<char>(i * 7);
    EXPECT_EQ(read_whole(masked(0x82, payload), 70'000), gives(What::binary, payload)) << n;
    if (n > 1000) continue;
    EXPECT_EQ(read_bytewise(masked(0x82, payload), 70'000), gives(What::binary, payload)) << n;
  }
}

TEST(WsReader, answers_control_frames_between_the_fragments_of_a_message) {
  auto seen = read(masked(0x01, "a") + masked(0x89, "p") + masked(0x00, "") + masked(0x8A, "q") + masked(0x80, "b") +
                   masked(0x81, "c"));
  EXPECT_EQ(seen, (std::vector<Seen>{
                      {What::ping, "p", 0}, {What::pong, "q", 0}, {What::text, "ab", 0}, {What::text, "c", 0}}));
}

TEST(WsReader, reads_empty_messages_whole_and_in_fragments) {
  EXPECT_EQ(read(masked(0x81, "")), gives(What::text, ""));
  EXPECT_EQ(read(masked(0x01, "") + masked(0x00, "") + masked(0x80, "")), gives(What::text, ""));
  EXPECT_EQ(read(masked(0x89, "")), gives(What::ping, ""));
}

TEST(WsReader, refuses_frames_that_break_the_framing_rules) {
  const std::pair<const char*, std::string> table[] = {
      {"not masked", std::string("\x81\x05Hello", 7)},
      {"RSV1", masked(0xC1, "x")},
      {"RSV2", masked(0xA1, "x")},
      {"RSV3", masked(0x91, "x")},
      {"opcode 3", masked(0x83, "x")},
      {"opcode 7", masked(0x87, "x")},
      {"opcode 11", masked(0x8B, "x")},
      {"opcode 15", masked(0x8F, "x")},
      {"fragmented ping", masked(0x09, "x")},
      {"fragmented close", masked(0x08, "")},
      {"ping of 126 bytes", masked(0x89, std::string(126, 'x'))},
      {"pong with a 64-bit length", std::string("\x8a\xff", 2)},
      {"continuation of nothing", masked(0x80, "x")},
      {"continuation of nothing, open", masked(0x00, "x")},
      {"16-bit length of 125", std::string("\x82\xfe\x00\x7d", 4)},
      {"64-bit length of 65535", std::string("\x82\xff\x00\x00\x00\x00\x00\x00\xff\xff", 10)},
      {"64-bit length with the top bit", std::string("\x82\xff\x80\x00\x00\x00\x00\x01\x00\x00", 10)},
  };
  for (auto& [name, bytes] : table) EXPECT_EQ(read(bytes), fails(1002)) << name;
}

TEST(WsReader, refuses_a_new_message_before_the_last_one_ended) {
  EXPECT_EQ(read(masked(0x01, "a") + masked(0x81, "b")), fails(1002));
  EXPECT_EQ(read(masked(0x02, "a") + masked(0x02, "b")), fails(1002));
  EXPECT_EQ(read(masked(0x01, "a") + masked(0x80, "b") + masked(0x80, "c")),
            (std::vector<Seen>{{What::text, "ab", 0}, {What::error, "", 1002}}));
}

TEST(WsReader, refuses_a_bad_frame_at_the_first_byte_that_shows_it) {
  auto first_error = [](std::string_view bytes) {
    WsReader reader(limit);
    std::vector<Seen> seen;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (!feed(reader, bytes.substr(i, 1), seen)) return i + 1;
    }
    return std::size_t{0};
  };
  EXPECT_EQ(first_error(masked(0xC1, "x")), 1u);
  EXPECT_EQ(first_error(masked(0x80, "x")), 1u);
  EXPECT_EQ(first_error(std::string("\x81\x05Hello")), 2u);
  EXPECT_EQ(first_error(masked(0x82, std::string(1001, 'x'))), 4u);
}

TEST(WsReader, judges_the_size_from_the_header_before_it_keeps_anything) {
  EXPECT_EQ(read(masked(0x82, std::string(1000, 'x'))), gives(What::binary, std::string(1000, 'x')));
  EXPECT_EQ(read(masked(0x82, std::string(1001, 'x'))), fails(1009));
  EXPECT_EQ(read(masked(0x02, std::string(600, 'x')) + masked(0x80, std::string(400, 'x'))),
            gives(What::binary, std::string(1000, 'x')));
  EXPECT_EQ(read(masked(0x02, std::string(600, 'x')) + masked(0x80, std::string(401, 'x'))), fails(1009));
  EXPECT_EQ(read(std::string("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff", 10)), fails(1009));
}

TEST(WsReader, a_claimed_size_reserves_no_memory) {
  WsReader reader(1 << 20);
  std::vector<Seen> seen;
  feed(reader, masked(0x82, std::string(1 << 20, 'x')).substr(0, 20), seen);
  EXPECT_LT(reader.memory_bytes(), 400u);
}

const std::pair<const char*, std::string> bad_utf8[] = {
    {"lone continuation", "a\x80"},
    {"overlong", "\xc0\xaf"},
    {"overlong of three", "\xe0\x80\xaf"},
    {"surrogate", "\xed\xa0\x80"},
    {"above U+10FFFF", "\xf4\x90\x80\x80"},
    {"0xFF",
     "ab\xff"
     "cd"},
    {"cut off", "\xe2\x82"},
    {"cut off inside", "\xe2\x82z"},
    {"0xF8", "\xf8\x88\x80\x80\x80"},
};

TEST(WsReader, refuses_text_that_is_not_utf8_in_whole_messages_and_over_fragments) {
  for (auto& [name, text] : bad_utf8) {
    EXPECT_EQ(read(masked(0x81, text)), fails(1007)) << name;
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      auto bytes = masked(0x01, text.substr(0, cut)) + masked(0x80, text.substr(cut));
      EXPECT_EQ(read(bytes), fails(1007)) << name << " cut at " << cut;
    }
    EXPECT_EQ(read(masked(0x82, text)), gives(What::binary, text)) << name;
  }
}

TEST(WsReader, takes_characters_that_fragments_cut) {
  std::string text = "aé漢😀z";
  for (std::size_t i = 0; i <= text.size(); ++i) {
    for (std::size_t j = i; j <= text.size(); ++j) {
      EXPECT_EQ(
          read(masked(0x01, text.substr(0, i)) + masked(0x00, text.substr(i, j - i)) + masked(0x80, text.substr(j))),
          gives(What::text, text));
    }
  }
}

TEST(WsReader, refuses_bad_utf8_in_a_fragment_before_the_message_ends) {
  EXPECT_EQ(read(masked(0x01, "ab\xff")), fails(1007));
  EXPECT_EQ(read(masked(0x01, "ab\xe2") + masked(0x00, "z")), fails(1007));
}

TEST(WsReader, judges_close_codes_and_reasons) {
  for (int code : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999}) {
    EXPECT_EQ(read(close_frame(static_cast<std::uint16_t>(code), "bye")),
              gives(What::close, "bye", static_cast<std::uint16_t>(code)));
  }
  for (int code : {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535}) {
    EXPECT_EQ(read(close_frame(static_cast<std::uint16_t>(code))), fails(1002)) << code;
  }
  EXPECT_EQ(read(masked(0x88, "")), gives(What::close, "", 1005));
  EXPECT_EQ(read(masked(0x88, "\x03")), fails(1002));
  EXPECT_EQ(read(close_frame(1000, std::string(123, 'r'))), gives(What::close, std::string(123, 'r'), 1000));
  for (auto& [name, text] : bad_utf8) EXPECT_EQ(read(close_frame(1000, text)), fails(1007)) << name;
}

TEST(WsReader, gives_the_same_error_for_ever_after_one) {
  WsReader reader(limit);
  std::vector<Seen> seen;
  feed(reader, masked(0x80, "x") + masked(0x81, "y"), seen);
  feed(reader, masked(0x81, "z"), seen);
  EXPECT_EQ(seen, (std::vector<Seen>{{What::error, "", 1002}, {What::error, "", 1002}}));
}

TEST(WsReader, unmasks_whole_frames_in_place) {
  WsReader reader(limit);
  std::string bytes = masked(0x81, "first") + masked(0x81, "second") + std::string(64, '\0');
  char* at = bytes.data();
  std::size_t left = bytes.size() - 64;
  auto first = reader.next(at, left);
  EXPECT_EQ(first.payload.data(), bytes.data() + 6);
  auto second = reader.next(at, left);
  EXPECT_EQ(second.payload.data(), bytes.data() + 11 + 6);
  EXPECT_EQ(reader.memory_bytes(), 0u);
}

TEST(WsReader, holds_no_memory_while_idle) {
  WsReader reader(limit);
  std::vector<Seen> seen;
  EXPECT_TRUE(reader.idle());
  auto frame = masked(0x81, std::string(500, 'x'));
  feed(reader, frame.substr(0, 300), seen);
  EXPECT_FALSE(reader.idle());
  EXPECT_GT(reader.memory_bytes(), 300u);
  feed(reader, frame.substr(300), seen);
  EXPECT_TRUE(reader.idle());
  EXPECT_EQ(reader.memory_bytes(), 0u);

  feed(reader, masked(0x01, "part"), seen);
  EXPECT_FALSE(reader.idle());
  feed(reader, masked(0x89, "ping"), seen);
  EXPECT_FALSE(reader.idle());
  feed(reader, masked(0x80, "end"), seen);
  EXPECT_TRUE(reader.idle());
  EXPECT_EQ(reader.memory_bytes(), 0u);
  EXPECT_EQ(seen.size(), 3u);
}

TEST(WsReader, is_idle_as_soon_as_the_last_item_is_handed_out) {
  WsReader reader(limit);
  std::string frame = masked(0x81, "abc");
  std::vector<Seen> seen;
  feed(reader, frame.substr(0, 4), seen);
  std::string rest = frame.substr(4) + std::string(64, '\0');
  char* at = rest.data();
  std::size_t left = rest.size() - 64;
  EXPECT_EQ(reader.next(at, left).payload, "abc");
  EXPECT_TRUE(reader.idle());
}

// Random conversations, some of them broken, cut at random places: the pieces never change what is read.
TEST(WsReader, reads_the_same_however_the_bytes_are_cut) {
  std::mt19937 random(20261123);
  auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  for (int round = 0; round < 3000; ++round) {
    std::string bytes;
    bool open = false;
    for (std::size_t frames = 1 + below(8); frames > 0; --frames) {
      std::string payload(below(4) == 0 ? below(500) : below(12), 'a');
      if (below(3) == 0) payload += "漢😀é";
      std::string mask;
      for (int i = 0; i < 4; ++i) mask += static_cast<char>(random());
      auto kind = below(10);
      if (kind == 0) {
        bytes += masked(0x89, payload.substr(0, 5), mask);
      } else {
        bool fin = below(2);
        auto opcode = open ? 0 : 1 + below(2);
        bytes += masked(static_cast<std::uint8_t>((fin ? 0x80 : 0) | opcode), payload, mask);
        open = !fin;
      }
    }
    if (below(3) == 0) bytes[below(bytes.size())] ^= static_cast<char>(1 << below(8));
    auto whole = read(bytes);
    WsReader reader(limit);
    std::vector<Seen> pieces;
    for (std::size_t at = 0; at < bytes.size();) {
      auto n = std::min(bytes.size() - at, below(5) == 0 ? below(200) : below(8));
      if (!feed(reader, std::string_view(bytes).substr(at, n), pieces)) break;
      at += n;
    }
    ASSERT_EQ(pieces, whole) << "round " << round;
  }
}

TEST(WsFrames, headers_take_the_shortest_form) {
  EXPECT_EQ(ws_frame(WsOpcode::text, "Hello"), "\x81\x05Hello");  // RFC 6455 section 5.7
  EXPECT_EQ(ws_frame(WsOpcode::ping, ""), std::string("\x89\x00", 2));
  EXPECT_EQ(ws_frame(WsOpcode::binary, std::string(125, 'x')).substr(0, 2), "\x82\x7d");
  EXPECT_EQ(ws_frame(WsOpcode::binary, std::string(126, 'x')).substr(0, 4), std::string("\x82\x7e\x00\x7e", 4));
  EXPECT_EQ(ws_frame(WsOpcode::binary, std::string(65535, 'x')).substr(0, 4), std::string("\x82\x7e\xff\xff", 4));
  EXPECT_EQ(ws_frame(WsOpcode::binary, std::string(65536, 'x')).substr(0, 10),
            std::string("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10));
}

TEST(WsFrames, close_reasons_are_cut_at_a_characters_end) {
  EXPECT_EQ(ws_close_payload(1000, ""), "\x03\xe8");
  EXPECT_EQ(ws_close_payload(4401, "expired"),
            "\x11\x31"
            "expired");
  EXPECT_EQ(ws_close_payload(1000, std::string(200, 'x')).size(), 125u);
  EXPECT_EQ(ws_close_payload(1000, std::string(122, 'x') + "漢").size(), 2u + 122u);
  EXPECT_EQ(ws_close_payload(1000, std::string(120, 'x') + "漢字").size(), 2u + 123u);
}

TEST(WsFrames, accept_key_matches_rfc_6455) {
  EXPECT_EQ(ws_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

// simdjson looks at the padding: with what the heap held before, the same input would take different ways.
TEST(WsReader, behind_a_message_that_came_in_pieces_are_zeros) {
  const std::string whole = masked(0x81, std::string(200, 'a'));
  const std::string fragments = masked(0x01, std::string(100, 'a')) + masked(0x80, std::string(100, 'a'));
  for (const std::string& frames : {whole, fragments}) {
    for (std::size_t bytes = 100; bytes < 600; bytes++) delete new std::string(bytes, 'x');  // what the heap held
    WsReader reader(limit);
    std::vector<char> input(frames.begin(), frames.end());
    input.resize(frames.size() + 64, 'y');
    char* at = input.data();
    std::size_t first = 150, rest = frames.size() - first;
    EXPECT_EQ(reader.next(at, first).what, What::need_more);
    const WsReader::Item item = reader.next(at, rest);
    ASSERT_EQ(item.what, What::text);
    ASSERT_EQ(item.payload.size(), 200U);
    EXPECT_EQ(std::string(item.payload.data() + 200, 64), std::string(64, '\0'));
  }
}

}  // namespace
}  // namespace aiim
