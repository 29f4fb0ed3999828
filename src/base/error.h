// Every error that AIIM answers with is a row of one table: name on the wire, HTTP status, close code, text in two
// languages.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aiim {

enum class ErrorCode : std::uint8_t {
  invalid_request,
  unauthenticated,
  suspended,
  forbidden,
  not_found,
  method_not_allowed,
  conflict,
  idempotency_mismatch,
  stream_ended,
  stream_gap,
  too_large,
  unsupported_media,
  rate_limited,
  internal,
  unavailable,
};

struct ErrorInfo {
  ErrorCode code;
  std::string_view name;  // `code` in problem documents and WebSocket errors
  int http_status;        // RFC 9110
  int close_code;         // WebSocket close code when the error ends the connection; 0: it never does
  bool retryable;         // the same request may succeed later
  std::string_view title_en;
  std::string_view title_zh;
};

const ErrorInfo& info(ErrorCode code);
const std::vector<ErrorInfo>& all_errors();

struct FieldError {
  std::string field;  // path into the request: "content.text", "member_ids[3]"
  std::string message;
};

/// What went wrong, for the caller of an operation. `detail` never holds SQL, a path or a stack.
struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string detail;
  std::vector<FieldError> errors;
  std::optional<std::int64_t> retry_after_ms;  // rate_limited, unavailable
  std::optional<std::int64_t> expect;          // stream_gap: the next n

  explicit Error(ErrorCode error_code = ErrorCode::internal, std::string text = {})
      : code(error_code), detail(std::move(text)) {}
  static Error field(std::string field, std::string message);  // invalid_request naming one field
};

}  // namespace aiim
