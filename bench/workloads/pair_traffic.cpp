// Flights are found by the slot that a message's id names, in O(1).
#include "pair_traffic.h"

#include "client_id.h"

namespace aiim::bench {
PairTraffic::PairTraffic(Bench& the_bench, size_t pairs, bool receipts, size_t first_user)
    : Swarm(the_bench),
      pairs_(pairs),
      receipts_(receipts),
      first_user_(first_user),
      ordered_ids_(the_bench.options().client_ids == "ordered"),
      flights_(pairs),
      free_slots_(pairs),
      sent_(pairs) {}

void PairTraffic::prepare() {
  conversations_ = create_pairs(bench(), first_user_, pairs_);
  open_sessions(first_user_, 2 * pairs_);
  for (size_t i = 0; i < size(); i++) positions_.push_back({conversations_[i / 2].rev, conversations_[i / 2].seq});
}

void PairTraffic::send(size_t pair, uint32_t side, int64_t when) {
  if (free_slots_[pair].empty()) {
    free_slots_[pair].push_back(static_cast<uint32_t>(flights_[pair].size()));
    flights_[pair].emplace_back();
  }
  uint32_t slot = free_slots_[pair].back();
  free_slots_[pair].pop_back();
  Flight& flight = flights_[pair][slot];
  uint64_t number = ordered_ids_ ? next_ : scatter(next_);
  next_++;
  flight = Flight{.when = when, .number = number, .side = side, .used = true};
  in_flight_++;
  sent_[pair]++;
  std::string id = ClientId{.number = number, .pair = static_cast<uint32_t>(pair), .slot = slot}.text();
  transmit(pair, side, id,
           fmt::format(R"({{"conversation_id":"{}","type":"text","content":{{"text":"{}"}},"client_msg_id":"{}"}})",
                       conversations_[pair].id, make_text(id, static_cast<size_t>(bench().options().text_bytes)), id));
}

void PairTraffic::transmit(size_t pair, uint32_t side, const std::string& id, const std::string& data) {
  session(2 * pair + side).send_text(fmt::format(R"({{"type":"send_message","id":"{}","data":{}}})", id, data));
}

PairTraffic::Flight& PairTraffic::flight_of(size_t pair, std::string_view text, uint32_t& slot) {
  ClientId id = read_client_id(text);
  slot = id.slot;
  if (id.pair != pair || id.slot >= flights_[pair].size())
    fail("pair {} got the message {} of another one", pair, text);
  Flight& flight = flights_[pair][id.slot];
  if (!flight.used || flight.number != id.number) fail("message {} came a second time", text);
  return flight;
}

void PairTraffic::judge(Flight& flight, std::string_view id, int64_t seq, int64_t rev) {
  bool second = flight.acked || flight.delivered;
  if (second && (flight.seq != seq || flight.rev != rev))
    fail("message {}: ack and event disagree: seq {} and {}, rev {} and {}", id, flight.seq, seq, flight.rev, rev);
  flight.seq = seq;
  flight.rev = rev;
}

void PairTraffic::on_ack(size_t pair, std::string_view id, int64_t seq, int64_t rev) {
  uint32_t slot;
  Flight& flight = flight_of(pair, id, slot);
  if (flight.acked) fail("message {} was acked twice", id);
  judge(flight, id, seq, rev);
  flight.acked = true;
  ack_.record(now_ns() - flight.when);
  settle(pair, slot);
}

void PairTraffic::on_message(WsClient& client, const Event& event) {
  size_t pair = client.index() / 2;
  uint32_t side = client.index() % 2;
  if (event.conversation_id != conversations_[pair].id)
    fail("session {} got a message of {}", client.index(), event.conversation_id);
  positions_[client.index()].apply(event, client.index());
  if (receipts_ && event.sender_id != bench().user(first_user_ + client.index()))
    client.send_text(fmt::format(R"({{"type":"mark_delivered","data":{{"conversation_id":"{}","seq":{}}}}})",
                                 event.conversation_id, event.seq));
  ClientId id = read_client_id(event.client_msg_id);
  if (!event.text.starts_with(event.client_msg_id))
    fail("message {} has another one's text: {}", event.client_msg_id, event.text);
  // The sender's own copy may come after the message is settled: its order is checked, the rest needs the other side.
  if (id.pair != pair || id.slot >= flights_[pair].size())
    fail("pair {} got the message {} of another one", pair, event.client_msg_id);
  if (Flight& own = flights_[pair][id.slot]; own.number != id.number || own.side == side) return;
  uint32_t slot;
  Flight& flight = flight_of(pair, event.client_msg_id, slot);
  if (flight.delivered) fail("message {} was delivered twice", event.client_msg_id);
  judge(flight, event.client_msg_id, event.seq, event.rev);
  flight.delivered = true;
  deliver_.record(now_ns() - flight.when);
  settle(pair, slot);
}

void PairTraffic::settle(size_t pair, uint32_t slot) {
  Flight& flight = flights_[pair][slot];
  if (!flight.acked || !flight.delivered) return;
  flight.used = false;
  free_slots_[pair].push_back(slot);
  in_flight_--;
  done_++;
  on_done(pair, flight.side);
}

void PairTraffic::on_event(WsClient& client, const Event& event) {
  if (event.type == "message.created") return on_message(client, event);
  if (event.type == "ack") {
    if (event.id != event.client_msg_id) fail("the ack of {} names the message {}", event.id, event.client_msg_id);
    return on_ack(client.index() / 2, event.id, event.seq, event.rev);
  }
  if (event.type == "message.updated") fail("nobody edited, but session {} got message.updated", client.index());
}

void PairTraffic::reset() {
  done_ = 0;
  ack_.clear();
  deliver_.clear();
}

void PairTraffic::report(Result& result, double seconds) {
  auto ms = [](int64_t ns) { return static_cast<double>(ns) / 1e6; };
  result.add("messages", "/s", Better::higher, static_cast<double>(done_) / seconds);
  for (double p : {50.0, 99.0, 99.9}) {
    result.add(fmt::format("ack p{:g}", p), "ms", Better::lower, ms(ack_.percentile(p)));
    result.add(fmt::format("deliver p{:g}", p), "ms", Better::lower, ms(deliver_.percentile(p)));
  }
  result.add("deliver max", "ms", Better::none, ms(deliver_.max()));
}

void PairTraffic::finish() {
  run_until(bench(), nullptr, 15, "every message is acked and delivered, to the sender's session too", [&] {
    if (in_flight_ > 0) return false;
    for (size_t i = 0; i < size(); i++)
      if (session(i).is_open() && positions_[i].seq < conversations_[i / 2].seq + sent_[i / 2]) return false;
    return true;
  });
  for (size_t i = 0; i < size(); i++)
    if (positions_[i].seq != conversations_[i / 2].seq + sent_[i / 2])
      fail("session {} saw more messages than were sent", i);
}

}  // namespace aiim::bench
