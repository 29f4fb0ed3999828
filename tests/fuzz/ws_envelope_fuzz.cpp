// A frame's text is either one of ours or refused with a reason; an ack for its id is JSON again.
#include <string>

#include "fuzz.h"
#include "net/ws_envelope.h"

namespace aiim {
namespace {

void run(std::string_view input) {
  static JsonParser parser;
  std::string padded(input);
  padded.append(64, '\0');
  Envelope envelope = parse_envelope(parser, std::string_view(padded).substr(0, input.size()));
  REQUIRE(envelope.error || envelope.type.data() != nullptr);
  REQUIRE(!envelope.malformed || envelope.error);
  REQUIRE(envelope.id.size() <= 512);
  if (envelope.error) return;
  REQUIRE(!envelope.data || envelope.data->is_object());
  std::string id(envelope.id), ack;
  write_ack(ack, id, "{}");
  auto written = parser.parse(ack);
  REQUIRE(written.has_value());
  std::string_view again;
  REQUIRE(!(*written)["id"].get_string().get(again) && again == id);
}

}  // namespace
}  // namespace aiim

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  aiim::run(aiim::text_of(data, size));
  return 0;
}
