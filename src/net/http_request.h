// One HTTP request as the layers behind the parser see it: views that live until it is answered.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "ops/dispatch.h"

namespace aiim {

struct HttpRequest {
  std::string_view method;
  std::string_view path;
  std::string_view query;
  std::string_view body;
  bool version_1_1 = true;

  std::string_view accept;
  std::string_view accept_encoding;
  std::string_view access_control_request_method;
  std::string_view api_key;
  std::string_view authorization;
  std::string_view content_type;
  std::string_view host;
  std::string_view idempotency_key;
  std::string_view if_none_match;
  std::string_view origin;
  std::string_view user_agent;

  std::string_view connection;
  std::string_view upgrade;
  std::string_view ws_key;
  std::string_view ws_version;
  std::string ws_protocols;  // all lines joined
};

/// What is known about a request beside its text, and what the access log says about it in the end.
struct RequestContext {
  std::string request_id;
  std::string_view address;
  Language language = Language::en;
  std::string_view route = "unmatched";      // the pattern, never the path
  std::shared_ptr<const Identity> identity;  // shared with the operation that the request calls
};

}  // namespace aiim
