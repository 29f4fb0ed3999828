// What the documents say outside the operation table: the server itself, its system routes, headers and credentials.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "ops/schema_types.h"

namespace aiim {

enum class Document : std::uint8_t { rest, websocket };
/// The `info` object.
std::string api_info(std::string_view version, Document document);
/// Members of OpenAPI's `components`: headers, parameters, securitySchemes.
std::string_view shared_components();
/// /health, /healthz, /ready, /metrics, the documents: members of `paths`.
void write_system_paths(JsonWriter& json, SchemaSet& schemas);

}  // namespace aiim
