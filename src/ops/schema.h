// The documents that describe the API to people and programs, all made from the operation table, the table of events,
// the table of errors and the codec's type descriptions. Pure: the same binary always makes the same text.
#pragma once
#include <string>
#include <string_view>

namespace aiim {

std::string openapi_json(std::string_view version);   // OpenAPI 3.1: REST and the system's routes
std::string asyncapi_json(std::string_view version);  // AsyncAPI 3.0: the WebSocket
std::string typescript_types();                       // what clients/typescript/src/generated/wire.ts holds

// docs/reference/*.md
std::string operations_markdown();
std::string events_markdown();
std::string errors_markdown();

}  // namespace aiim
