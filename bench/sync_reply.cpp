// Only the keys that the judgement needs.
#include "sync_reply.h"

#include <simdjson.h>

#include <algorithm>

namespace aiim::bench {
namespace {

void apply_messages(simdjson::dom::array messages, Conversation& known, SyncReply& reply) {
  std::vector<int64_t> seqs;
  int64_t rev_before = known.rev;
  for (simdjson::dom::element message : messages) {
    int64_t seq = 0, rev = 0;
    if (message["seq"].get(seq) || message["rev"].get(rev) || rev < rev_before)
      fail("sync of {}: messages are not in the order of rev", known.id);
    rev_before = rev;
    seqs.push_back(seq);
  }
  std::sort(seqs.begin(), seqs.end());
  for (int64_t seq : seqs)
    if (seq != ++known.seq) fail("sync of {}: seq {} where {} was due", known.id, seq, known.seq);
  reply.messages += seqs.size();
}

}  // namespace

SyncReply apply_sync(std::string_view ack, std::vector<Conversation>& known, int64_t last_seq) {
  simdjson::dom::parser json;
  simdjson::dom::element root, data;
  simdjson::dom::array conversations, messages;
  SyncReply reply;
  if (json.parse(ack.data(), ack.size()).get(root) || root["data"].get(data) ||
      data["conversations"].get(conversations) || data["more"].get(reply.more))
    fail("not the ack of a sync: {}", ack.substr(0, 400));
  for (simdjson::dom::element one : conversations) {
    std::string_view id;
    bool reset = false, complete = false;
    int64_t rev = 0;
    if (one["conversation_id"].get(id) || one["rev"].get(rev))
      fail("sync: a conversation without id or rev: {}", ack.substr(0, 400));
    auto it = std::find_if(known.begin(), known.end(), [&](const Conversation& c) { return c.id == id; });
    if (!one["reset"].get(reset) && reset) fail("sync of {}: reset instead of rows", id);
    if (it == known.end() || one["messages"].get(messages)) continue;  // a stub
    reply.conversations++;
    apply_messages(messages, *it, reply);
    it->rev = rev;
    if (one["complete"].get(complete)) fail("sync of {}: no `complete`", id);
    if (complete && last_seq >= 0 && it->seq != last_seq)
      fail("sync of {} is complete at seq {} of {}", id, it->seq, last_seq);
  }
  return reply;
}

std::string sync_request(std::string_view id, const std::vector<Conversation>& known) {
  std::string list;
  for (const Conversation& one : known)
    list += fmt::format(R"({}{{"conversation_id":"{}","epoch":"{}","rev":{}}})", list.empty() ? "" : ",", one.id,
                        one.epoch, one.rev);
  return fmt::format(R"({{"type":"sync","id":"{}","data":{{"conversations":[{}]}}}})", id, list);
}

}  // namespace aiim::bench
