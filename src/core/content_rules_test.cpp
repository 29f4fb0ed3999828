#include "core/content_rules.h"

#include <gtest/gtest.h>

namespace aiim {
namespace {

constexpr auto human = UserKind::human;

Result<AcceptedContent> accept(MessageType type, std::string_view json, UserKind sender = human) {
  JsonParser parser;
  return accept_content(type, *canonical_json(*parser.parse(json)), sender);
}

std::string verdict(MessageType type, std::string_view json, UserKind sender = human) {
  auto accepted = accept(type, json, sender);
  return accepted ? "good" : accepted.error().detail;
}

TEST(ContentRules, text_is_not_empty_and_a_bare_string_becomes_an_object) {
  EXPECT_EQ(accept(MessageType::text, R"("hello \"you\"")")->content.text, R"({"text":"hello \"you\""})");
  EXPECT_EQ(accept(MessageType::text, R"({"x":1,"text":"a"})")->content.text, R"({"text":"a","x":1})");
  EXPECT_EQ(verdict(MessageType::text, R"("")"), "content.text: must not be empty");
  EXPECT_EQ(verdict(MessageType::text, R"({"text":""})"), "content.text: must not be empty");
  EXPECT_EQ(verdict(MessageType::text, R"({})"), "content.text: is required");
  EXPECT_EQ(verdict(MessageType::text, R"({"text":1})"), "content.text: must be a string");
  EXPECT_EQ(verdict(MessageType::text, R"([])"), "content: must be an object");
}

TEST(ContentRules, mentions_are_user_ids_without_repeats) {
  auto accepted = accept(MessageType::text, R"({"text":"a","mentions":["bob","alice","bob"]})");
  EXPECT_EQ(accepted->mentions, (std::vector<std::string>{"bob", "alice"}));
  EXPECT_EQ(verdict(MessageType::text, R"({"text":"a","mentions":["b c"]})"),
            "content.mentions: must be an array of user ids");
}

TEST(ContentRules, a_text_message_refers_to_no_media) {
  EXPECT_FALSE(accept(MessageType::text, R"({"text":"a","media_id":"media_1"})")->media_id);
  EXPECT_FALSE(accept(MessageType::text, R"({"text":"a","media_id":5})")->media_id);
}

TEST(ContentRules, media_come_by_url_or_by_id) {
  EXPECT_EQ(accept(MessageType::image, R"({"media_id":"media_1"})")->media_id, "media_1");
  EXPECT_EQ(verdict(MessageType::image, R"({"url":"https://example.org/a.png","width":3})"), "good");
  EXPECT_EQ(verdict(MessageType::image, R"({})"), "content: needs a url or a media_id");
  EXPECT_EQ(verdict(MessageType::image, R"({"media_id":5})"), "content.media_id: must be a string");
  EXPECT_EQ(verdict(MessageType::image, R"({"url":"https://a","width":2.5})"), "content.width: must be an integer");
  for (const char* url :
       {"javascript:alert(1)", "https://", "http:///a", "ftp://a", "https://a b", "data:text/html,x"}) {
    EXPECT_EQ(verdict(MessageType::image, R"({"url":")" + std::string(url) + "\"}"),
              "content.url: must be an http or https URL")
        << url;
  }
  EXPECT_EQ(verdict(MessageType::file, R"({"url":"https://a"})"), "content.filename: is required");
  EXPECT_EQ(verdict(MessageType::video, R"({"media_id":"m","duration":1.5,"file_size":3})"), "good");
  EXPECT_EQ(verdict(MessageType::audio, R"({"url":"https://a","duration":1.5,"file_size":3})"),
            "content.media_id: is required");
}

TEST(ContentRules, types_of_the_server_and_of_bots_are_not_for_people) {
  EXPECT_NE(verdict(MessageType::system, R"({"text":"a"})"), "good");
  EXPECT_NE(verdict(MessageType::stream_chunk, R"({"text":"a"})"), "good");
  EXPECT_NE(verdict(MessageType::ai, R"({"text":"a"})"), "good");
  EXPECT_EQ(verdict(MessageType::ai, R"({"text":"a"})", UserKind::bot), "good");
}

}  // namespace
}  // namespace aiim
