// The text of WebSocket frames of ours: reads {type, id?, data?}, writes acks, hello and bye.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/codec.h"
#include "wire/event_types.h"

namespace aiim {

struct Envelope {
  std::string_view type;
  std::string_view id;         // empty: none
  std::optional<Json> data;    // an object
  std::optional<Json> root;    // the whole frame, an object; null when malformed
  std::optional<Error> error;  // set: nothing but `id` counts
  bool malformed = false;      // the error is that this is no frame of ours at all
};

/// Views and `data` live until the parser's next text. `text` must be followed by ≥64 readable bytes.
Envelope parse_envelope(JsonParser& parser, std::string_view text);

/// {"type":"ack","id":…,"data":…}, replacing what `out` held. `data` is JSON text.
void write_ack(std::string& out, std::string_view id, std::string_view data);

std::string hello_frame(const Hello& hello);
std::string bye_frame(std::string_view reason, std::int64_t reconnect_after_ms);

}  // namespace aiim
