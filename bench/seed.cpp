// Two ways to the same rows: the protocol, or one INSERT … SELECT per database.
#include "seed.h"

#include <libpq-fe.h>
#include <sqlite3.h>

#include <filesystem>
#include <memory>

#include "workloads/pair_traffic.h"

namespace aiim::bench {
namespace {

class Sender final : public PairTraffic {
 public:
  Sender(Bench& the_bench, int64_t messages) : PairTraffic(the_bench, 1, false), left_(messages) {}
  int64_t pump(int64_t now) override {
    for (; left_ > 0 && in_flight() < 100; left_--) send(0, static_cast<uint32_t>(left_ % 2), now);
    return INT64_MAX;
  }
  bool sent() const { return left_ == 0; }
  const std::string& id() const { return conversations()[0].id; }

 private:
  void on_done(size_t, uint32_t) override {}
  int64_t left_;
};

// `numbers` yields n = 1, 2, 3 … and `padded` is n with leading zeros, in the database's own words; a message's rev
// continues the conversation's.
std::string insert_sql(Bench& bench, const Conversation& conversation, const std::string& numbers,
                       const std::string& padded) {
  return fmt::format(
      "INSERT INTO im_messages (message_id, conversation_id, sender_id, type, content, client_msg_id, created_at, seq, "
      "rev, tenant_id) "
      "SELECT 'msg_00000000000000' || {3}, '{0}', CASE WHEN n % 2 = 0 THEN '{1}' ELSE '{2}' END, 'text', "
      "'{{\"text\":\"{4}\"}}', 'seed-' || {3}, '2026-01-01T00:00:00.000Z', n, n + {6}, 'default' FROM {5}",
      conversation.id, bench.user(0), bench.user(1), padded, make_text("seed", 200), numbers, conversation.rev);
}

std::string update_sql(const Conversation& conversation, int64_t messages) {
  return fmt::format("UPDATE conversations SET last_seq = {1}, rev = rev + {1} WHERE conversation_id = '{0}'",
                     conversation.id, messages);
}

void seed_sqlite(Bench& bench, const Conversation& conversation, int64_t messages) {
  std::string path;
  for (auto& entry : std::filesystem::directory_iterator(bench.server()->data_directory()))
    if (entry.path().extension() == ".db") path = entry.path();
  if (path.empty()) fail("no *.db in {}", bench.server()->data_directory());
  sqlite3* db = nullptr;
  char* error = nullptr;
  sqlite3_open(path.c_str(), &db);
  std::string numbers = fmt::format(
      "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {}) SELECT n FROM c)", messages);
  // No journal: should this be cut short, the run fails and the file goes with its directory.
  std::string sql =
      "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-1000000; "
      "BEGIN; " +
      insert_sql(bench, conversation, numbers, "printf('%012d', n)") + "; " + update_sql(conversation, messages) +
      "; COMMIT";
  int result = sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &error);
  std::string why = error ? error : "";
  sqlite3_free(error);
  sqlite3_close(db);
  if (result != SQLITE_OK) fail("seeding {}: {}", path, why);
}

void seed_postgres(Bench& bench, const Conversation& conversation, int64_t messages) {
  std::unique_ptr<PGconn, decltype(&PQfinish)> db(PQconnectdb(bench.database_url().c_str()), PQfinish);
  std::string numbers = fmt::format("generate_series(1, {}) AS n", messages);
  std::string sql = "BEGIN; " + insert_sql(bench, conversation, numbers, "lpad(n::text, 12, '0')") + "; " +
                    update_sql(conversation, messages) + "; COMMIT";
  // The literal's type is the column's: text becomes JSONB and a time only when it is cast.
  for (const char* literal : {"\"}'", "'2026-01-01T00:00:00.000Z'"}) {
    size_t at = sql.find(literal) + std::string_view(literal).size();
    sql.insert(at, literal[0] == '"' ? "::jsonb" : "::timestamptz");
  }
  PGresult* answer = PQexec(db.get(), sql.c_str());
  ExecStatusType status = PQresultStatus(answer);
  PQclear(answer);
  if (status != PGRES_COMMAND_OK) fail("seeding: {}", PQerrorMessage(db.get()));
}

}  // namespace

Conversation seed_conversation(Bench& bench, int64_t messages) {
  if (messages > seed_by_sending_max && bench.server()) {
    Conversation conversation = create_pairs(bench, 0, 1)[0];
    bench.progress(fmt::format("writing {} messages into the database", messages));
    bench.server()->stop();
    bench.database_url().empty() ? seed_sqlite(bench, conversation, messages)
                                 : seed_postgres(bench, conversation, messages);
    bench.restart_server();
    return read_conversation(bench, conversation.id, 0);
  }
  Sender sender(bench, messages);
  sender.prepare();
  bench.progress(fmt::format("sending {} messages", messages));
  run_until(bench, &sender, 30 + static_cast<double>(messages) / 500, "the history is written",
            [&] { return sender.sent(); });
  sender.finish();
  return read_conversation(bench, sender.id(), 0);
}

}  // namespace aiim::bench
