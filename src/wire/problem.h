// Errors as clients see them: the problem document of REST (RFC 9457) and the `error` of a WebSocket frame.
#pragma once
#include <string>
#include <vector>

#include "base/codec.h"
#include "base/error.h"

namespace aiim {

BOOST_DESCRIBE_ENUM(ErrorCode, invalid_request, unauthenticated, suspended, forbidden, not_found, method_not_allowed,
                    conflict, idempotency_mismatch, stream_ended, stream_gap, too_large, unsupported_media,
                    rate_limited, internal, unavailable)
BOOST_DESCRIBE_STRUCT(FieldError, (), (field, message))

struct Problem {
  std::string type;
  std::string title;
  int status = 0;
  std::string detail;
  ErrorCode code = ErrorCode::internal;
  std::string request_id;
  Omit<std::int64_t> retry_after_ms;
  Omit<std::int64_t> expect;
  Omit<std::vector<FieldError>> errors;
};
BOOST_DESCRIBE_STRUCT(Problem, (), (type, title, status, detail, code, request_id, retry_after_ms, expect, errors))

struct FrameError {
  ErrorCode code = ErrorCode::internal;
  std::string message;
  bool retryable = false;
  Omit<std::int64_t> retry_after_ms;
  Omit<std::int64_t> expect;
  Omit<std::vector<FieldError>> errors;
};
BOOST_DESCRIBE_STRUCT(FrameError, (), (code, message, retryable, retry_after_ms, expect, errors))

}  // namespace aiim
