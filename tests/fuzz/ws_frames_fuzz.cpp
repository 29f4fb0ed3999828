// However a client cuts its bytes, the reader sees the same; what it hands out keeps its promises. The first byte seeds
// the cuts, the second makes the message limit.
#include <simdjson.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/ws_frames.h"
#include "fuzz.h"

namespace aiim {
namespace {

struct Seen {
  WsReader::What what;
  std::string payload;
  std::uint16_t code;
  bool operator==(const Seen&) const = default;
};

void check(const WsReader::Item& item, std::size_t limit) {
  using What = WsReader::What;
  bool message = item.what == What::text || item.what == What::binary;
  REQUIRE(item.payload.size() <= (message ? limit : 125));
  if (item.what == What::text || item.what == What::close) {
    REQUIRE(simdjson::validate_utf8(item.payload.data(), item.payload.size()));
  }
  if (item.what == What::close) REQUIRE(item.code >= 1000 && item.code <= 4999);
  if (item.what == What::error) REQUIRE(item.code == 1002 || item.code == 1007 || item.code == 1009);
}

bool feed(WsReader& reader, std::string_view piece, std::size_t limit, std::vector<Seen>& seen) {
  std::vector<char> buffer(piece.begin(), piece.end());
  buffer.resize(piece.size() + 64);
  char* at = buffer.data();
  std::size_t bytes = piece.size();
  for (;;) {
    std::size_t before = bytes;
    auto item = reader.next(at, bytes);
    REQUIRE(at + bytes == buffer.data() + piece.size());
    if (item.what == WsReader::What::need_more) {
      REQUIRE(bytes == 0);
      REQUIRE(!reader.idle() || reader.memory_bytes() == 0);
      REQUIRE(reader.memory_bytes() <= 3 * limit + 1024);
      return true;
    }
    REQUIRE(bytes < before || before == 0);
    check(item, limit);
    seen.push_back({item.what, std::string(item.payload), item.code});
    if (item.what == WsReader::What::error) return false;
  }
}

void run(std::string_view input) {
  if (input.size() < 2) return;
  auto seed = static_cast<unsigned char>(input[0]);
  std::size_t limit = 1 + static_cast<unsigned char>(input[1]) * 8;
  input.remove_prefix(2);
  std::vector<Seen> whole, pieces;
  WsReader first(limit), second(limit);
  feed(first, input, limit, whole);
  for (std::size_t at = 0, turn = seed; at < input.size(); ++turn) {
    std::size_t n = std::min(input.size() - at, 1 + turn * turn * 31 % (seed + 1));
    if (!feed(second, input.substr(at, n), limit, pieces)) break;
    at += n;
  }
  REQUIRE(whole == pieces);
}

}  // namespace
}  // namespace aiim

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  aiim::run(aiim::text_of(data, size));
  return 0;
}
