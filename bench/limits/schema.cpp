// The embedded migrations, joined.
#include "limits/schema.h"

#include "failure.h"
#include "schema/embedded.h"

namespace aiim::bench {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size()) text.replace(at, from.size(), to);
}

}  // namespace

std::string schema_text(std::string_view timestamp, std::string_view json, std::string_view identity) {
  std::string text;
  for (const Migration& migration : migrations()) text += std::string(migration.sql) + "\n";
  replace_all(text, "{{timestamp}}", timestamp);
  replace_all(text, "{{json}}", json);
  replace_all(text, "{{identity}}", identity);
  if (size_t at = text.find("{{"); at != text.npos)
    fail("the schema has an unknown substitution: {}", text.substr(at, 40));
  return text;
}

std::string conversation_name(int number) { return fmt::format("conv_01jdcb3qk8{:016d}", number); }
std::string message_name(int64_t number) { return fmt::format("msg_01jdcb3qk8{:016d}", number); }

}  // namespace aiim::bench
