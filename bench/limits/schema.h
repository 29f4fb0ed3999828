// AIIM's own schema in a bare database, with conversations to write to.
#pragma once
#include <string>
#include <string_view>

#include "store/db.h"

namespace aiim::bench {

constexpr int limit_conversations = 1000;

// All of the product's migrations as one script.
std::string whole_schema(DbKind kind);

std::string conversation_name(int number);
// Time-ordered, as the server's ids are.
std::string message_name(int64_t number);
constexpr std::string_view message_content =
    R"({"text": "the quick brown fox jumps over the lazy dog the quick brown fox jumps over the lazy dog the quick brown fox jumps over the lazy dog the quick brown fox jumps over the lazy dog and then it sleeps until"})";
constexpr std::string_view message_time = "2026-11-23T05:40:35.120Z";

}  // namespace aiim::bench
