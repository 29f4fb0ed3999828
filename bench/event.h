// What the generator needs of a server's message: its envelope, and the fields by which order, completeness and
// matching are judged. Absent numbers are -1, absent texts empty.
#pragma once
#include <cstdint>
#include <memory>
#include <string_view>

namespace aiim::bench {

struct Event {
  std::string_view type, id;
  std::string_view conversation_id, message_id, client_msg_id, sender_id,
      text;  // of the ack, or of the event's message
  std::string_view stream_id, status;
  std::string_view data;   // raw JSON
  std::string_view error;  // raw JSON of an error
  int64_t seq = -1, rev = -1, after = -1, n = -1, from = -1;
};

class EventParser {
 public:
  EventParser();
  ~EventParser();

  // `text` needs simdjson's padding behind it; the result's views end with the next call or with the text. Fails on
  // anything that is not an object of the protocol's shape.
  const Event& parse(std::string_view text);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace aiim::bench
