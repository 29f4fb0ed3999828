// The embedded migrations, joined.
#include "limits/schema.h"

#include "failure.h"
#include "store/migrate.h"

namespace aiim::bench {
std::string whole_schema(DbKind kind) {
  std::string text;
  for (const Migration& migration : migrations()) text += schema_text(migration.sql, kind) + "\n";
  if (size_t at = text.find("{{"); at != text.npos)
    fail("the schema has an unknown substitution: {}", text.substr(at, 40));
  return text;
}

std::string conversation_name(int number) { return fmt::format("conv_01jdcb3qk8{:016d}", number); }
std::string message_name(int64_t number) { return fmt::format("msg_01jdcb3qk8{:016d}", number); }

}  // namespace aiim::bench
