// AIIM's own schema in a bare database, with conversations to write to.
#pragma once
#include <string>
#include <string_view>

namespace aiim::bench {

constexpr int limit_conversations = 1000;

// A migration's text with its substitutions for one of the databases.
std::string schema_text(std::string_view timestamp, std::string_view json, std::string_view identity);

std::string conversation_name(int number);
// Time-ordered, as the server's ids are.
std::string message_name(int64_t number);
constexpr std::string_view message_content =
    R"({"text": "the quick brown fox jumps over the lazy dog the quick brown fox jumps over the lazy dog the quick brown fox jumps over the lazy dog the quick brown fox jumps over the lazy dog and then it sleeps until"})";
constexpr std::string_view message_time = "2026-11-23T05:40:35.120Z";

}  // namespace aiim::bench
