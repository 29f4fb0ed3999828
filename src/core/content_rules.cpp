#include "core/content_rules.h"

#include <algorithm>

#include "core/jwt.h"

namespace aiim {
namespace {

constexpr std::size_t url_bytes_max = 2048;
constexpr std::size_t name_bytes_max = 255;
constexpr std::size_t mentions_max = 100;

using Object = simdjson::dom::object;

std::optional<Json> find(const Object& object, std::string_view key) {
  Json value;
  if (object.at_key(key).get(value) || value.is_null()) return std::nullopt;
  return value;
}

Error wrong(std::string_view key, std::string message) {
  return Error::field("content." + std::string(key), std::move(message));
}

Result<> text_rule(const Object& object, std::string_view key, std::size_t bytes_max, bool required) {
  auto value = find(object, key);
  if (!value) return required ? Result<>(wrong(key, "is required")) : Result<>();
  std::string_view text;
  if (value->get_string().get(text)) return wrong(key, "must be a string");
  if (text.empty()) return wrong(key, "must not be empty");
  if (text.size() > bytes_max) return wrong(key, "is longer than " + std::to_string(bytes_max) + " bytes");
  return {};
}

Result<> number_rule(const Object& object, std::string_view key, double least, double most, bool whole, bool required) {
  auto value = find(object, key);
  if (!value) return required ? Result<>(wrong(key, "is required")) : Result<>();
  double number;
  if (value->get_double().get(number) || (whole && !value->is_int64() && !value->is_uint64())) {
    return wrong(key, whole ? "must be an integer" : "must be a number");
  }
  if (number < least || number > most) return wrong(key, "is out of range");
  return {};
}

bool web_url(std::string_view url) {
  auto scheme = [&](std::string_view name) {
    return url.size() > name.size() && std::equal(name.begin(), name.end(), url.begin(), [](char a, char b) {
             return a == (b >= 'A' && b <= 'Z' ? b + 32 : b);
           });
  };
  std::size_t host = scheme("https://") ? 8 : scheme("http://") ? 7 : 0;
  if (host == 0 || url[host] == '/' || url[host] == '?' || url[host] == '#') return false;
  return std::none_of(url.begin(), url.end(), [](unsigned char c) { return c <= 0x20 || c == 0x7F || c == '\\'; });
}

Result<> source_rule(const Object& object, bool url_allowed) {
  auto url = find(object, "url"), media = find(object, "media_id");
  if (media) return text_rule(object, "media_id", 128, true);
  if (!url_allowed) return wrong("media_id", "is required");
  if (!url) return Error::field("content", "needs a url or a media_id");
  TRY(text_rule(object, "url", url_bytes_max, true));
  if (!web_url(url->get_string().value_unsafe())) return wrong("url", "must be an http or https URL");
  return {};
}

Result<std::vector<std::string>> read_mentions(const Object& object) {
  std::vector<std::string> mentions;
  auto value = find(object, "mentions");
  if (!value) return mentions;
  simdjson::dom::array list;
  if (value->get_array().get(list)) return wrong("mentions", "must be an array of user ids");
  for (Json each : list) {
    std::string_view id;
    if (each.get_string().get(id) || !valid_user_id(id)) return wrong("mentions", "must be an array of user ids");
    if (std::find(mentions.begin(), mentions.end(), id) == mentions.end()) mentions.emplace_back(id);
    if (mentions.size() > mentions_max) return wrong("mentions", "may name at most 100 users");
  }
  return mentions;
}

Result<> fields_rule(MessageType type, const Object& object) {
  constexpr double file_bytes_max = 1e15, pixels_max = 1e6, seconds_max = 1e6;
  switch (type) {
    case MessageType::text:
    case MessageType::ai: return text_rule(object, "text", SIZE_MAX, true);
    case MessageType::image: {
      TRY(source_rule(object, true));
      TRY(number_rule(object, "width", 1, pixels_max, true, false));
      TRY(number_rule(object, "height", 1, pixels_max, true, false));
      return {};
    }
    case MessageType::file: {
      TRY(source_rule(object, true));
      TRY(text_rule(object, "filename", name_bytes_max, true));
      TRY(number_rule(object, "file_size", 0, file_bytes_max, true, false));
      return {};
    }
    case MessageType::audio:
    case MessageType::video: {
      TRY(source_rule(object, false));
      TRY(number_rule(object, "duration", 0, seconds_max, false, true));
      TRY(number_rule(object, "file_size", 0, file_bytes_max, true, true));
      return {};
    }
    case MessageType::system:
    case MessageType::stream_chunk: break;
  }
  return Error::field("type", "cannot be sent by a client");
}

}  // namespace

RawJson text_content(std::string_view text) {
  RawJson content;
  content.text = "{\"text\":";
  append_json_string(content.text, text);
  content.text += '}';
  return content;
}

Result<AcceptedContent> accept_content(MessageType type, const RawJson& content, UserKind sender) {
  if (type == MessageType::ai && sender != UserKind::bot) return Error::field("type", "ai messages come from bots");
  thread_local JsonParser parser;
  TRY_AS(element, parser.parse(content.text));
  AcceptedContent accepted;
  std::string_view bare;
  if ((type == MessageType::text || type == MessageType::ai) && !element.get_string().get(bare)) {
    if (bare.empty()) return wrong("text", "must not be empty");
    accepted.content = text_content(bare);
    return accepted;
  }
  Object object;
  if (element.get_object().get(object)) return Error::field("content", "must be an object");
  TRY(fields_rule(type, object));
  TRY_AS(mentions, read_mentions(object));
  accepted.mentions = std::move(mentions);
  // Of a text message "media_id" is one of the unknown keys, which are kept and mean nothing.
  if (auto media = find(object, "media_id"); media && type != MessageType::text && type != MessageType::ai) {
    accepted.media_id = std::string(media->get_string().value_unsafe());
  }
  accepted.content = content;
  return accepted;
}

}  // namespace aiim
