#include "wire/stream.h"

namespace aiim {
namespace {

std::string head(std::string_view type, std::string_view conversation_id, std::string_view stream_id) {
  std::string out = "{\"type\":\"";
  out.append(type).append("\",\"data\":{\"conversation_id\":");
  append_json_string(out, conversation_id);
  out.append(",\"stream_id\":");
  append_json_string(out, stream_id);
  return out;
}

}  // namespace

std::string stream_delta(std::string_view conversation_id, std::string_view stream_id, std::int64_t from,
                         std::int64_t n, std::string_view ops_json) {
  std::string out = head("stream.delta", conversation_id, stream_id);
  out.append(",\"from\":").append(std::to_string(from)).append(",\"n\":").append(std::to_string(n));
  return out.append(",\"ops\":").append(ops_json).append("}}");
}

std::string stream_snapshot(std::string_view conversation_id, std::string_view stream_id, std::int64_t n,
                            std::string_view content_json) {
  std::string out = head("stream.snapshot", conversation_id, stream_id);
  out.append(",\"n\":").append(std::to_string(n));
  return out.append(",\"content\":").append(content_json).append("}}");
}

}  // namespace aiim
