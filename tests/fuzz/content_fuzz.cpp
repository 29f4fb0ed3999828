// First byte: the message's type and who sends it; the rest is the content as JSON. What is accepted is accepted again
// as it is, and names only media and users of the right form.
#include "core/content_rules.h"
#include "core/jwt.h"
#include "fuzz.h"

namespace aiim {
namespace {

void run(std::string_view input) {
  if (input.empty()) return;
  auto first = static_cast<unsigned char>(input[0]);
  auto type = static_cast<MessageType>(first % type_of<MessageType>().names.size());
  auto sender = first & 0x80 ? UserKind::bot : UserKind::human;
  JsonParser parser;
  auto element = parser.parse(input.substr(1));
  if (!element) return;
  auto content = canonical_json(*element);
  if (!content) return;
  auto accepted = accept_content(type, *content, sender);
  if (!accepted) {
    REQUIRE(accepted.error().code == ErrorCode::invalid_request && !accepted.error().detail.empty());
    return;
  }
  REQUIRE(type != MessageType::system && type != MessageType::stream_chunk);
  REQUIRE(type != MessageType::ai || sender == UserKind::bot);
  bool media = type == MessageType::image || type == MessageType::file || type == MessageType::audio ||
               type == MessageType::video;
  REQUIRE(!accepted->media_id || (media && !accepted->media_id->empty()));
  for (auto& user : accepted->mentions) REQUIRE(valid_user_id(user));
  auto again = accept_content(type, accepted->content, sender);
  REQUIRE(again && again->content == accepted->content && again->mentions == accepted->mentions);
}

}  // namespace
}  // namespace aiim

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  aiim::run(aiim::text_of(data, size));
  return 0;
}
