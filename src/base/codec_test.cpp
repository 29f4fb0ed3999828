#include "base/codec.h"

#include <gtest/gtest.h>

namespace aiim {
namespace {

enum class Color : std::uint8_t { red, green };
BOOST_DESCRIBE_ENUM(Color, red, green)

struct Inner {
  std::string name;
  std::optional<std::int64_t> count;
};
BOOST_DESCRIBE_STRUCT(Inner, (), (name, count))

struct Outer {
  std::string id;
  Color color;
  std::vector<Inner> items;
  Omit<bool> flag;
  std::optional<RawJson> content;
  std::optional<Time> at;
};
BOOST_DESCRIBE_STRUCT(Outer, (), (id, color, items, flag, content, at))

Result<Outer> read(std::string_view text) {
  JsonParser parser;
  auto element = parser.parse(text);
  if (!element) return element.error();
  return decode<Outer>(*element);
}

std::string complaint(std::string_view text) {
  auto result = read(text);
  return result ? "accepted" : result.error().detail;
}

TEST(Codec, writes_what_it_read) {
  std::string text =
      R"({"id":"a\n\"b","color":"green","items":[{"name":"x","count":3},{"name":"y","count":null}],"flag":true,)"
      R"("content":{"a":[1,2.5,null],"b":"ü"},"at":"2026-11-23T05:40:35.120Z"})";
  auto outer = read(text);
  ASSERT_TRUE(outer) << outer.error().detail;
  EXPECT_EQ(encode(*outer), text);
}

TEST(Codec, leaves_out_omit_and_writes_null_for_optional) {
  auto outer = read(R"({"id":"a","color":"red","items":[]})");
  ASSERT_TRUE(outer);
  EXPECT_EQ(encode(*outer), R"({"id":"a","color":"red","items":[],"content":null,"at":null})");
}

TEST(Codec, canonical_json_reads_back_as_itself) {
  JsonParser parser;
  auto once = canonical_json(*parser.parse(R"({"b":-0.0,"a":[5.0,1e300,0.1,-7,18446744073709551615]})"));
  ASSERT_TRUE(once);
  EXPECT_EQ(once->text, R"({"a":[5,1e+300,0.1,-7,18446744073709551615],"b":0})");
  EXPECT_EQ(canonical_json(*parser.parse(once->text))->text, once->text);
}

TEST(Codec, names_the_field_that_is_wrong) {
  EXPECT_EQ(complaint(R"({"color":"red","items":[]})"), "id: is required");
  EXPECT_EQ(complaint(R"({"id":1,"color":"red","items":[]})"), "id: must be a string");
  EXPECT_EQ(complaint(R"({"id":"a","color":"blue","items":[]})"), "color: must be one of red green");
  EXPECT_EQ(complaint(R"({"id":"a","color":"red","items":[{"name":"x"},{"name":7}]})"),
            "items[1].name: must be a string");
  EXPECT_EQ(complaint(R"({"id":"a","id":"b","color":"red","items":[]})"), "id: is given twice");
  EXPECT_EQ(complaint(R"({"id":"a\u0000","color":"red","items":[]})"),
            "id: must not contain U+0000 or lone surrogates");
  EXPECT_NE(complaint(R"({"id":"a\udc00","color":"red","items":[]})"), "accepted");
  EXPECT_NE(complaint(R"({"id":"a\ud800","color":"red","items":[]})"), "accepted");
  EXPECT_EQ(complaint(R"({"id":"a","color":"red","items":[],"at":"yesterday"})"), "at: must be an RFC 3339 time");
  EXPECT_EQ(complaint(R"([])"), "body: must be an object");
}

TEST(Codec, refuses_texts_that_are_not_one_json_value) {
  EXPECT_EQ(complaint(R"({"id":"a","color":"red","items":[]} x)"), "the body is not valid JSON");
  EXPECT_EQ(complaint("{\"id\":\"\xff\",\"color\":\"red\",\"items\":[]}"), "the JSON is not valid UTF-8");
  EXPECT_EQ(complaint(""), "the body is empty; JSON is expected");
  std::string deep =
      R"({"id":"a","color":"red","items":[],"content":)" + std::string(40, '[') + std::string(40, ']') + "}";
  EXPECT_EQ(complaint(deep), "the JSON is nested deeper than 32 levels");
}

TEST(Codec, canonical_json_sorts_keys_and_refuses_repeated_ones) {
  auto outer = read(R"({"id":"a","color":"red","items":[],"content":{"b": 1, "a": {"d":1e2,"c":"\u00fc"}}})");
  ASSERT_TRUE(outer);
  EXPECT_EQ(outer->content->text, R"({"a":{"c":"ü","d":100},"b":1})");
  EXPECT_EQ(complaint(R"({"id":"a","color":"red","items":[],"content":{"b":1,"b":2}})"),
            "content: the key \"b\" is given twice");
}

TEST(Codec, merges_parameters_over_the_body) {
  JsonParser parser;
  auto body = parser.parse(R"({"name":"from body"})");
  ASSERT_TRUE(body);
  std::map<std::string, std::string> parameters{{"count", "12"}};
  Inner inner;
  ASSERT_TRUE(decode_request(type_of<Inner>(), &inner, {*body, &parameters}));
  EXPECT_EQ(inner.name, "from body");
  EXPECT_EQ(inner.count, 12);
  parameters["count"] = "12x";
  auto wrong = decode_request(type_of<Inner>(), &inner, {*body, &parameters});
  EXPECT_EQ(wrong.error().detail, "count: must be an integer");
}

TEST(Time, reads_and_writes_rfc3339) {
  for (auto text : {"2026-11-23T05:40:35.120Z", "2026-11-23 05:40:35.12+00", "2026-11-23T07:40:35.1200009+02:00"}) {
    auto time = parse_time(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(to_rfc3339(*time), "2026-11-23T05:40:35.120Z");
  }
  for (auto text : {"", "2026-13-01T00:00:00Z", "2026-11-23", "2026-11-23T05:40:35", "2026-11-23T05:40:35.Z"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

}  // namespace
}  // namespace aiim
