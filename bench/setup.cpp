// Members beyond the hundred that one call takes follow in further calls.
#include "setup.h"

#include <simdjson.h>

#include "http_client.h"

namespace aiim::bench {
namespace {

constexpr size_t create_at_once = 64;  // what waits together is committed together

Conversation read(const HttpReply& reply) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::string_view id, epoch;
  Conversation out;
  if (parser.parse(reply.body).get(root) || root["conversation_id"].get(id) || root["epoch"].get(epoch) ||
      root["rev"].get(out.rev) || root["last_seq"].get(out.seq))
    fail("not a conversation: {}", reply.body.substr(0, 400));
  out.id = id;
  out.epoch = epoch;
  return out;
}

std::string user_list(Bench& bench, size_t first, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; i++) out += fmt::format("{}\"{}\"", i ? "," : "", bench.user(first + i));
  return out;
}

}  // namespace

std::vector<Conversation> create_pairs(Bench& bench, size_t first, size_t pairs) {
  std::vector<HttpRequest> requests;
  for (size_t i = 0; i < pairs; i++)
    requests.push_back({"POST", "/api/aiim/conversations", bench.token(first + 2 * i),
                        fmt::format(R"({{"type":"direct","member_ids":["{}"]}})", bench.user(first + 2 * i + 1))});
  std::string what = fmt::format("creating {} conversations", pairs);
  bench.progress(what);
  std::vector<Conversation> out;
  for (const HttpReply& reply : http_all(bench.loop(), bench.target(), requests, create_at_once,
                                         [&](size_t done) { bench.progress(fmt::format("{}  {}", what, done)); }))
    out.push_back(read(reply));
  return out;
}

Conversation create_group(Bench& bench, size_t first, size_t members) {
  constexpr size_t per_call = 100;
  bench.progress(fmt::format("creating a group of {}", members));
  size_t added = std::min(per_call, members);
  HttpRequest create{
      "POST", "/api/aiim/conversations", bench.token(first),
      fmt::format(R"({{"type":"group","name":"bench","member_ids":[{}]}})", user_list(bench, first, added))};
  Conversation group = read(http_one(bench.loop(), bench.target(), create));
  for (; added < members; added += per_call) {
    std::string users = user_list(bench, first + added, std::min(per_call, members - added));
    HttpRequest add{"POST", "/api/aiim/conversations/" + group.id + "/members", bench.token(first),
                    fmt::format(R"({{"user_ids":[{}]}})", users)};
    http_one(bench.loop(), bench.target(), add);
  }
  return read_conversation(bench, group.id, first);
}

Conversation read_conversation(Bench& bench, const std::string& id, size_t reader) {
  return read(
      http_one(bench.loop(), bench.target(), {"GET", "/api/aiim/conversations/" + id, bench.token(reader), ""}));
}

std::string make_text(std::string_view id, size_t bytes) {
  std::string text(id);
  text += ' ';
  static constexpr std::string_view filler = "the quick brown fox jumps over the lazy dog ";
  while (text.size() < bytes) text += filler.substr(0, std::min(filler.size(), bytes - text.size()));
  return text;
}

}  // namespace aiim::bench
