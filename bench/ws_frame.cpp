// The length forms of RFC 6455 §5.2: 7 bits, 126 + 16 bits, 127 + 64 bits.
#include "ws_frame.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <cstring>

namespace aiim::bench {
namespace {

struct Header {
  size_t bytes = 0;
  uint64_t payload = 0;
  bool masked = false;
};

Decoded read_header(std::string_view bytes, WsFrame& frame, Header& header) {
  if (bytes.size() < 2) return Decoded::incomplete;
  auto at = [&](size_t i) { return static_cast<uint8_t>(bytes[i]); };
  frame.fin = at(0) & 0x80;
  frame.opcode = static_cast<Opcode>(at(0) & 0x0f);
  if (at(0) & 0x70) return Decoded::malformed;
  header.masked = at(1) & 0x80;
  header.payload = at(1) & 0x7f;
  header.bytes = 2;
  size_t extended = header.payload == 126 ? 2 : header.payload == 127 ? 8 : 0;
  if (extended) {
    if (bytes.size() < 2 + extended) return Decoded::incomplete;
    header.payload = 0;
    for (size_t i = 0; i < extended; i++) header.payload = header.payload << 8 | at(2 + i);
    header.bytes += extended;
  }
  if (header.masked) header.bytes += 4;
  if (header.payload > (1u << 30)) return Decoded::malformed;
  return bytes.size() < header.bytes + header.payload ? Decoded::incomplete : Decoded::frame;
}

void append_header(std::string& out, Opcode opcode, size_t size, bool masked) {
  char header[10];
  size_t length = 2;
  header[0] = static_cast<char>(0x80 | static_cast<uint8_t>(opcode));
  auto mask_bit = static_cast<uint8_t>(masked ? 0x80 : 0);
  if (size < 126) {
    header[1] = static_cast<char>(mask_bit | size);
  } else {
    int extended = size < 65536 ? 2 : 8;
    header[1] = static_cast<char>(mask_bit | (extended == 2 ? 126 : 127));
    for (int i = 0; i < extended; i++) header[2 + i] = static_cast<char>(size >> (8 * (extended - 1 - i)));
    length += static_cast<size_t>(extended);
  }
  out.append(header, length);
}

void apply_mask(char* bytes, size_t size, uint32_t mask) {
  uint64_t wide = static_cast<uint64_t>(mask) << 32 | mask;
  size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    uint64_t word;
    memcpy(&word, bytes + i, 8);
    word ^= wide;
    memcpy(bytes + i, &word, 8);
  }
  for (; i < size; i++) bytes[i] ^= static_cast<char>(mask >> (8 * (i % 4)));  // little-endian hosts, as the word form
}

}  // namespace

Decoded decode_server_frame(std::string_view bytes, WsFrame& frame, size_t& consumed) {
  Header header;
  consumed = 0;
  Decoded result = read_header(bytes, frame, header);
  if (result == Decoded::malformed || header.masked) return Decoded::malformed;
  if (result == Decoded::incomplete) return result;
  frame.payload = bytes.substr(header.bytes, header.payload);
  consumed = header.bytes + header.payload;
  return Decoded::frame;
}

Decoded decode_client_frame(char* bytes, size_t size, WsFrame& frame, size_t& consumed) {
  Header header;
  consumed = 0;
  Decoded result = read_header({bytes, size}, frame, header);
  if (result != Decoded::frame) return result;
  if (!header.masked) return Decoded::malformed;
  uint32_t mask;
  memcpy(&mask, bytes + header.bytes - 4, 4);
  apply_mask(bytes + header.bytes, header.payload, mask);
  frame.payload = {bytes + header.bytes, header.payload};
  consumed = header.bytes + header.payload;
  return Decoded::frame;
}

void append_client_frame(std::string& out, Opcode opcode, std::string_view payload, uint32_t mask) {
  append_header(out, opcode, payload.size(), true);
  out.append(reinterpret_cast<const char*>(&mask), 4);
  size_t start = out.size();
  out.append(payload);
  apply_mask(out.data() + start, payload.size(), mask);
}

void append_server_frame(std::string& out, Opcode opcode, std::string_view payload) {
  append_header(out, opcode, payload.size(), false);
  out.append(payload);
}

std::string websocket_accept(std::string_view key) {
  std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  unsigned char encoded[32];
  int size = EVP_EncodeBlock(encoded, digest, sizeof digest);
  return {reinterpret_cast<char*>(encoded), static_cast<size_t>(size)};
}

}  // namespace aiim::bench
