#include "base/error.h"

#include <cstddef>

namespace aiim {

const std::vector<ErrorInfo>& all_errors() {
  using enum ErrorCode;
  static const std::vector<ErrorInfo> table = {
      {invalid_request, "invalid_request", 400, 4400, false, "The request is not valid.", "请求无效。"},
      {unauthenticated, "unauthenticated", 401, 4401, false, "Valid credentials are required.", "需要有效的身份凭证。"},
      {suspended, "suspended", 401, 4401, false, "This account is suspended.", "该账号已被停用。"},
      {forbidden, "forbidden", 403, 4403, false, "You may not do this.", "没有权限执行此操作。"},
      {not_found, "not_found", 404, 0, false, "There is no such resource.", "资源不存在。"},
      {method_not_allowed, "method_not_allowed", 405, 0, false, "This resource does not offer that method.",
       "该资源不支持此方法。"},
      {conflict, "conflict", 409, 0, false, "The request conflicts with the present state.", "请求与当前状态冲突。"},
      {idempotency_mismatch, "idempotency_mismatch", 409, 0, false,
       "This idempotency key was used for another request.", "该幂等键已用于另一个请求。"},
      {stream_ended, "stream_ended", 409, 0, false, "The stream has ended.", "流已结束。"},
      {stream_gap, "stream_gap", 409, 0, false, "An earlier part of the stream is missing.", "流缺少之前的片段。"},
      {too_large, "too_large", 413, 1009, false, "The request is too large.", "请求过大。"},
      {unsupported_media, "unsupported_media", 415, 0, false, "This media type is not supported.",
       "不支持该媒体类型。"},
      {rate_limited, "rate_limited", 429, 4429, true, "Too many requests.", "请求过于频繁。"},
      {internal, "internal", 500, 0, true, "Something went wrong on the server.", "服务器内部错误。"},
      {unavailable, "unavailable", 503, 1012, true, "The service is temporarily unavailable.", "服务暂时不可用。"},
  };
  return table;
}

const ErrorInfo& info(ErrorCode code) { return all_errors()[static_cast<std::size_t>(code)]; }

Error Error::field(std::string field, std::string message) {
  Error error(ErrorCode::invalid_request, field + ": " + message);
  error.errors.push_back({std::move(field), std::move(message)});
  return error;
}

}  // namespace aiim
