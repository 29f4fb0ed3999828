#include <algorithm>

#include "net/http_reply.h"

namespace aiim {

HttpReply problem_reply(const Error& error, std::string_view request_id, Language language) {
  HttpReply reply = json_reply(problem_json(error, request_id, language), info(error.code).http_status);
  reply.content_type = "application/problem+json";
  reply.add("Content-Language", language == Language::zh_cn ? "zh-CN" : "en");
  if (error.retry_after_ms) {
    reply.add("Retry-After", std::to_string(std::max<std::int64_t>(1, (*error.retry_after_ms + 999) / 1000)));
  }
  if (reply.status == 401) reply.add("WWW-Authenticate", "Bearer realm=\"aiim\"");
  return reply;
}

}  // namespace aiim
