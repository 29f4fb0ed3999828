// Bare PostgreSQL: one connection, AIIM's schema; a batch is two pipelined statements in one transaction (lock the
// conversations in order; number and insert with unnest), as proven best. No membership, no repeats, no events.
#include <libpq-fe.h>

#include <memory>
#include <random>
#include <set>
#include <vector>

#include "limits/database.h"
#include "limits/limits.h"
#include "limits/schema.h"

namespace aiim::bench {
namespace {

constexpr const char* lock_sql =
    "SELECT 1 FROM conversations WHERE tenant_id = 'default' AND conversation_id = ANY($1::text[]) ORDER BY "
    "conversation_id FOR NO KEY UPDATE";
constexpr const char* append_sql =
    "WITH input AS (SELECT * FROM unnest($1::text[], $2::text[], $3::jsonb[]) WITH ORDINALITY AS t (conversation_id, "
    "message_id, content, ord)),"
    " numbered AS (SELECT *, row_number() OVER (PARTITION BY conversation_id ORDER BY ord) AS k FROM input),"
    " bump AS (UPDATE conversations c SET last_seq = c.last_seq + x.n, rev = c.rev + x.n, updated_at = $4::timestamptz"
    "  FROM (SELECT conversation_id, count(*) AS n FROM input GROUP BY 1) x"
    "  WHERE c.tenant_id = 'default' AND c.conversation_id = x.conversation_id"
    "  RETURNING c.conversation_id, c.last_seq - x.n AS seq, c.rev - x.n AS rev)"
    " INSERT INTO im_messages (message_id, conversation_id, sender_id, type, content, client_msg_id, created_at, seq, "
    "rev, tenant_id)"
    " SELECT n.message_id, n.conversation_id, 'sender-17', 'text', n.content, n.message_id, $4::timestamptz, b.seq + "
    "n.k, b.rev + n.k, 'default'"
    " FROM numbered n JOIN bump b USING (conversation_id) RETURNING message_id, seq, rev";

// A batch of one needs no arrays and, as one statement, no transaction of its own.
constexpr const char* single_sql =
    "WITH bump AS (UPDATE conversations SET last_seq = last_seq + 1, rev = rev + 1, updated_at = $4::timestamptz"
    "  WHERE tenant_id = 'default' AND conversation_id = $1 RETURNING last_seq, rev)"
    " INSERT INTO im_messages (message_id, conversation_id, sender_id, type, content, client_msg_id, created_at, seq, "
    "rev, tenant_id) SELECT $2::text, $1, 'sender-17', 'text', $3::jsonb, $2::text, $4::timestamptz, last_seq, rev, "
    "'default' "
    "FROM bump RETURNING message_id, seq, rev";

// {"a","b"}, quotes and backslashes escaped.
std::string array_of(const std::vector<std::string>& items) {
  std::string out = "{";
  for (const std::string& item : items) {
    out += out.size() > 1 ? ",\"" : "\"";
    for (char c : item) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  return out + "}";
}

class BarePostgres {
 public:
  explicit BarePostgres(const std::string& url) : connection_(PQconnectdb(url.c_str()), PQfinish) {
    std::string setup = whole_schema(DbKind::postgres);
    for (int i = 0; i < limit_conversations; i++)
      setup += fmt::format(
          "INSERT INTO conversations (tenant_id, conversation_id, created_at, updated_at, epoch) VALUES "
          "('default','{}','{}','{}','e');",
          conversation_name(i), message_time, message_time);
    check(PQexec(db(), setup.c_str()));
    check(PQprepare(db(), "lock", lock_sql, 0, nullptr));
    check(PQprepare(db(), "append", append_sql, 0, nullptr));
    check(PQprepare(db(), "single", single_sql, 0, nullptr));
    PQenterPipelineMode(db());
  }

  void commit(int64_t batch) {
    batch == 1 ? send_one() : send_many(batch);
    PQpipelineSync(db());
    int64_t rows = collect();
    if (rows != batch) fail("postgres: appended {} rows of {}", rows, batch);
  }

 private:
  void send_one() {
    std::string conversation = any_conversation(), message = message_name(next_++);
    const char* values[] = {conversation.c_str(), message.c_str(), message_content.data(), message_time.data()};
    PQsendQueryPrepared(db(), "single", 4, values, nullptr, nullptr, 0);
  }

  void send_many(int64_t batch) {
    std::vector<std::string> conversations, messages, contents;
    for (int64_t i = 0; i < batch; i++) {
      conversations.push_back(any_conversation());
      messages.push_back(message_name(next_++));
      contents.emplace_back(message_content);
    }
    std::set<std::string> distinct(conversations.begin(), conversations.end());
    std::string locked = array_of({distinct.begin(), distinct.end()}), a = array_of(conversations),
                b = array_of(messages), c = array_of(contents);
    const char* lock[] = {locked.c_str()};
    const char* append[] = {a.c_str(), b.c_str(), c.c_str(), message_time.data()};
    PQsendQueryParams(db(), "BEGIN", 0, nullptr, nullptr, nullptr, nullptr, 0);
    PQsendQueryPrepared(db(), "lock", 1, lock, nullptr, nullptr, 0);
    PQsendQueryPrepared(db(), "append", 4, append, nullptr, nullptr, 0);
    PQsendQueryParams(db(), "COMMIT", 0, nullptr, nullptr, nullptr, nullptr, 0);
  }

  std::string any_conversation() { return conversation_name(static_cast<int>(random_() % limit_conversations)); }

  PGconn* db() { return connection_.get(); }

  void check(PGresult* answer) {
    ExecStatusType status = PQresultStatus(answer);
    PQclear(answer);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) fail("postgres: {}", PQerrorMessage(db()));
  }

  // Reads up to the sync; answers the rows of the last statement that gave any.
  int64_t collect() {
    int64_t rows = 0;
    for (;;) {
      PGresult* answer = PQgetResult(db());
      if (!answer) continue;  // between the pipeline's statements
      ExecStatusType status = PQresultStatus(answer);
      if (status == PGRES_TUPLES_OK) rows = PQntuples(answer);
      PQclear(answer);
      if (status == PGRES_PIPELINE_SYNC) return rows;
      if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) fail("postgres: {}", PQerrorMessage(db()));
    }
  }

  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
  std::mt19937 random_{17};
  int64_t next_ = 0;
};

}  // namespace

Case limit_postgres(int64_t batch) {
  Case one{.workload = "limit-postgres", .needs_server = false};
  one.params = {{"batch", std::to_string(batch)}};
  one.run = [=](Bench& bench, Result& result) {
    std::string url = bench.fresh_database();
    BarePostgres database(url);
    bench.use({}, postgres_durability(url), 0);
    time_commits(bench, result, batch, [&] { database.commit(batch); });
  };
  return one;
}

}  // namespace aiim::bench
