// Opening with a limit on handshakes under way, so that setting up measures nothing by accident.
#include "swarm.h"

namespace aiim::bench {

std::string spread_source(size_t index) { return fmt::format("127.0.0.{}", 2 + index % 8); }

void Swarm::open_sessions(size_t first, size_t count, size_t at_once, bool spread) {
  size_t base = sessions_.size(), started = 0;
  uint64_t before = hellos_;
  int64_t shown = now_ns();
  run_until(bench_, nullptr, 120, "sessions are opened", [&] {
    while (started < count && started - (hellos_ - before) < at_once) {
      size_t index = base + started;
      sessions_.push_back(std::make_unique<WsClient>(bench_.loop(), *this, static_cast<uint32_t>(index)));
      sessions_.back()->connect(bench_.target(), bench_.token(first + started), spread ? spread_source(index) : "");
      started++;
    }
    if (now_ns() - shown > second_ns / 2) {
      bench_.progress(fmt::format("opening {} sessions  {}", count, hellos_ - before));
      shown = now_ns();
    }
    return hellos_ - before == count;
  });
}

uint64_t Swarm::reads() const {
  uint64_t sum = 0;
  for (auto& session : sessions_) sum += session->reads();
  return sum;
}

void Swarm::on_hello(WsClient& client, std::string_view text) {
  if (parser_.parse(text).type != "hello")
    fail("session {}: the first message is not hello: {}", client.index(), text.substr(0, 200));
  hellos_++;
}

void Swarm::on_text(WsClient& client, std::string_view text) {
  const Event& event = parser_.parse(text);
  if (event.type == "error") fail("session {} (id {}): the server answered {}", client.index(), event.id, event.error);
  if (event.type == "bye") fail("session {}: the server said goodbye: {}", client.index(), event.data);
  on_event(client, event);
}

void Swarm::on_lost(WsClient& client, std::string_view why) { fail("session {} was lost: {}", client.index(), why); }

}  // namespace aiim::bench
