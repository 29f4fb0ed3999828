// A message's id is "r.<number>".
#include "room.h"

#include <charconv>

namespace aiim::bench {
namespace {

uint64_t read_number(std::string_view id) {
  uint64_t number = 0;
  if (!id.starts_with("r.") ||
      std::from_chars(id.data() + 2, id.data() + id.size(), number).ptr != id.data() + id.size())
    fail("an id that nobody sent: '{}'", id);
  return number;
}

}  // namespace

Room::Room(Bench& the_bench, size_t members) : Swarm(the_bench), members_(members) {}

void Room::prepare() {
  Conversation group = create_group(bench(), 0, members_);
  bench().progress("opening sessions");
  open_sessions(0, members_, 128, members_ > 5000);
  join(group);
}

void Room::join(const Conversation& conversation) {
  conversation_ = conversation;
  positions_.assign(members_, {conversation.rev, conversation.seq});
  first_seq_ = conversation.seq + 1;
}

Room::Sent& Room::sent(uint64_t number) {
  if (number < first_number_ || number - first_number_ >= sent_.size())
    fail("message r.{} came again after it was done, or was never sent", number);
  return sent_[number - first_number_];
}

Room::Message* Room::message(int64_t seq) {
  if (seq < first_seq_ || seq - first_seq_ >= static_cast<int64_t>(messages_.size())) return nullptr;
  return &messages_[static_cast<size_t>(seq - first_seq_)];
}

void Room::send(size_t member, int64_t when) {
  uint64_t number = first_number_ + sent_.size();
  sent_.push_back({.when = when, .sender = member});
  in_flight_++;
  std::string id = fmt::format("r.{}", number);
  session(member).send_text(fmt::format(
      R"({{"type":"send_message","id":"{0}","data":{{"conversation_id":"{1}","type":"text","content":{{"text":"{2}"}},"client_msg_id":"{0}"}}}})",
      id, conversation_.id, make_text(id, static_cast<size_t>(bench().options().text_bytes))));
}

void Room::on_text(WsClient& client, std::string_view text) {
  Message* due = message(positions_.empty() ? 0 : positions_[client.index()].seq + 1);
  if (due && due->frame == text) return count(client.index(), *due);
  const Event& event = parser().parse(text);
  if (event.type == "message.created") return on_first(client, event, text);
  Swarm::on_text(client, text);
}

void Room::on_first(WsClient& client, const Event& event, std::string_view text) {
  if (event.conversation_id != conversation_.id)
    fail("session {} got a message of {}", client.index(), event.conversation_id);
  Position position = positions_[client.index()];
  position.apply(event, client.index());
  uint64_t number = read_number(event.client_msg_id);
  Message* known = message(event.seq);
  if (!known) {
    if (event.seq != first_seq_ + static_cast<int64_t>(messages_.size()))
      fail("seq {} came before seq {}", event.seq, first_seq_ + static_cast<int64_t>(messages_.size()));
    Sent& one = sent(number);
    if (one.event_seq) fail("message {} has two seqs: {} and {}", event.client_msg_id, one.event_seq, event.seq);
    if (event.sender_id != bench().user(one.sender) || !event.text.starts_with(event.client_msg_id))
      fail("message {} has another one's sender or text", event.client_msg_id);
    one.event_seq = event.seq;
    messages_.push_back({.frame = std::string(text), .number = number, .rev = event.rev, .when = one.when});
    known = &messages_.back();
  }
  if (known->number != number || known->rev != event.rev) fail("members see different messages at seq {}", event.seq);
  count(client.index(), *known);
}

void Room::count(size_t member, Message& one) {
  positions_[member].seq++;
  positions_[member].rev = one.rev;
  one.delivered++;
  deliveries_++;
  deliver_.record(now_ns() - one.when);
  if (one.delivered == members_) settle(one.number);
}

void Room::on_ack(const Event& event) {
  Sent& one = sent(read_number(event.id));
  if (one.ack_seq || event.id != event.client_msg_id)
    fail("the ack of {} came twice or names {}", event.id, event.client_msg_id);
  one.ack_seq = event.seq;
  one.ack_rev = event.rev;
  ack_.record(now_ns() - one.when);
  settle(read_number(event.id));
}

void Room::settle(uint64_t number) {
  Sent& one = sent(number);
  Message* event = one.event_seq ? message(one.event_seq) : nullptr;
  if (!one.ack_seq || !event) return;
  if (one.ack_seq != one.event_seq || one.ack_rev != event->rev)
    fail("message r.{}: ack and event disagree on seq or rev", number);
  if (event->delivered < members_ || event->done) return;
  event->done = true;
  in_flight_--;
  messages_done_++;
  size_t sender = one.sender;
  for (; !messages_.empty() && messages_.front().done; first_seq_++) messages_.pop_front();
  auto is_done = [&](const Sent& s) {
    return s.event_seq && s.ack_seq && (s.event_seq < first_seq_ || message(s.event_seq)->done);
  };
  for (; !sent_.empty() && is_done(sent_.front()); first_number_++) sent_.pop_front();
  on_done(sender);
}

void Room::on_event(WsClient&, const Event& event) {
  if (event.type == "ack") on_ack(event);
  if (event.type == "message.updated") fail("nobody edited, but there is message.updated");
}

void Room::reset() {
  deliveries_ = messages_done_ = 0;
  reads_ = reads();
  deliver_.clear();
  ack_.clear();
}

void Room::report(Result& result, double seconds) {
  auto ms = [](int64_t ns) { return static_cast<double>(ns) / 1e6; };
  result.add("deliveries", "/s", Better::higher, static_cast<double>(deliveries_) / seconds);
  result.add("messages", "/s", Better::higher, static_cast<double>(messages_done_) / seconds);
  result.add("frames per read", "", Better::none,
             static_cast<double>(deliveries_) / static_cast<double>(std::max<uint64_t>(1, reads() - reads_)));
  for (double p : {50.0, 99.0}) {
    result.add(fmt::format("deliver p{:g}", p), "ms", Better::lower, ms(deliver_.percentile(p)));
    result.add(fmt::format("ack p{:g}", p), "ms", Better::lower, ms(ack_.percentile(p)));
  }
  result.add("deliver max", "ms", Better::none, ms(deliver_.max()));
}

void Room::finish() {
  run_until(bench(), nullptr, 15, "every member has every message", [&] { return in_flight_ == 0; });
}

}  // namespace aiim::bench
