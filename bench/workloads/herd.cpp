// herd: thousands of sessions are cut at once and come back at once, each behind by twenty messages. Measured: the time
// until the last one has said hello, synced and has every message.
#include <map>
#include <random>
#include <utility>

#include "histogram.h"
#include "http_client.h"
#include "swarm.h"
#include "sweep.h"
#include "sync_reply.h"

namespace aiim::bench {
namespace {

constexpr size_t room_size = 100;
constexpr int64_t behind = 20;

class Herd final : public Swarm {
 public:
  Herd(Bench& the_bench, size_t sessions) : Swarm(the_bench), known_(sessions) {
    for (size_t i = 0; i < sessions; i++) tokens_.push_back(the_bench.token(i));
  }

  void prepare() {
    for (size_t first = 0; first < known_.size(); first += room_size) {
      rooms_.push_back(create_group(bench(), first, std::min(room_size, known_.size() - first)));
      for (size_t i = first; i < std::min(first + room_size, known_.size()); i++) known_[i] = rooms_.back();
    }
    bench().progress("opening sessions");
    open_sessions(0, known_.size(), 512, true);
  }

  // Answers when the last one is live again, in seconds, and each one's time in `latency`.
  double run(int number, Histogram& latency) {
    // What is still on its way to the sessions belongs to the time before.
    for (int64_t quiet = now_ns() + second_ns / 2; now_ns() < quiet;) bench().loop().turn(quiet);
    for (size_t i = 0; i < size(); i++) session(i).drop(true);
    post(number);
    for (int64_t quiet = now_ns() + second_ns / 2; now_ns() < quiet;) bench().loop().turn(quiet);
    latency_ = &latency;
    caught_up_ = 0;
    start_ = now_ns();
    for (size_t i = 0; i < size(); i++) session(i).connect(bench().target(), tokens_[i], spread_source(i));
    run_until(bench(), nullptr, 120, "every session is live again", [&] {
      try_again();
      return caught_up_ == size();
    });
    latency_ = nullptr;
    return static_cast<double>(now_ns() - start_) / 1e9;
  }

  // Syncs and connections that the server put off since the last call, as it may when it is busy.
  uint64_t take_put_off() { return std::exchange(put_off_, 0); }

 private:
  void post(int number) {
    std::vector<HttpRequest> requests;
    for (size_t room = 0; room < rooms_.size(); room++)
      for (int64_t i = 0; i < behind; i++)
        requests.push_back(
            {"POST", "/api/aiim/messages", tokens_[room * room_size],
             fmt::format(
                 R"({{"conversation_id":"{}","type":"text","content":{{"text":"{}"}},"client_msg_id":"h{}.{}"}})",
                 rooms_[room].id, make_text("herd", 200), number, i)});
    http_all(bench().loop(), bench().target(), requests, 16);
    for (Conversation& room : rooms_) room.seq += behind;
  }

  static bool puts_off(std::string_view text) { return text.find("\"retryable\":true") != text.npos; }

  void on_hello(WsClient& client, std::string_view text) override {
    if (latency_ && parser().parse(text).type == "error" && puts_off(text)) return;  // the close follows
    Swarm::on_hello(client, text);
    if (latency_) client.send_text(sync_request("sync", {known_[client.index()]}));
  }
  void on_text(WsClient& client, std::string_view text) override {
    const Event& event = parser().parse(text);
    if (latency_ && event.type == "error" && puts_off(event.error)) return later(client.index(), 1000);
    if (event.type == "bye" && latency_) return;  // the close follows
    if (event.type != "ack") return Swarm::on_text(client, text);
    std::vector<Conversation> known = {known_[client.index()]};
    SyncReply reply = apply_sync(text, known, rooms_[client.index() / room_size].seq);
    if (reply.messages != behind || reply.more)
      fail("session {}: sync gave {} messages of {}", client.index(), reply.messages, behind);
    known_[client.index()] = known[0];
    caught_up_++;
    latency_->record(now_ns() - start_);
  }
  void on_event(WsClient&, const Event&) override {}
  void on_lost(WsClient& client, std::string_view why) override {
    if (!latency_ || why.find(" 1012") == why.npos) return Swarm::on_lost(client, why);
    later(client.index(), 200);
  }

  // As a client should: after what the server asks for, and not all at the same moment.
  void later(size_t index, int64_t ms) {
    put_off_++;
    again_.emplace(now_ns() + (ms + static_cast<int64_t>(random_() % 1000)) * 1'000'000, index);
  }
  void try_again() {
    while (!again_.empty() && again_.begin()->first <= now_ns()) {
      size_t index = again_.begin()->second;
      again_.erase(again_.begin());
      if (session(index).is_live())
        session(index).send_text(sync_request("sync", {known_[index]}));
      else if (!session(index).is_open())
        session(index).connect(bench().target(), tokens_[index], spread_source(index));
    }
  }

  std::multimap<int64_t, size_t> again_;  // when, and which session
  std::mt19937 random_{17};
  uint64_t put_off_ = 0;
  std::vector<Conversation> known_;  // by session
  std::vector<Conversation> rooms_;
  std::vector<std::string> tokens_;
  Histogram* latency_ = nullptr;
  size_t caught_up_ = 0;
  int64_t start_ = 0;
};

void run_herd(const Params& params, Bench& bench, Result& result) {
  Herd herd(bench, params.at("sessions"));
  herd.prepare();
  for (int run = 0; run < bench.options().runs; run++) {
    bench.progress(fmt::format("{}  run {}/{}", result.label(), run + 1, bench.options().runs));
    Histogram latency;
    ProcessUsage before = bench.server_usage();
    double own = own_cpu_s(), seconds = herd.run(run, latency);
    ProcessUsage after = bench.server_usage();
    result.add("until all are live", "s", Better::lower, seconds);
    result.add("put off with 503 or 1012", "", Better::lower, static_cast<double>(herd.take_put_off()));
    result.add("until half are live", "s", Better::lower, static_cast<double>(latency.percentile(50)) / 1e9);
    result.add("sessions", "/s", Better::higher, static_cast<double>(params.at("sessions")) / seconds);
    if (after.rss_kib) {
      result.add("server CPU (with posting)", "s", Better::none, after.cpu_s - before.cpu_s);
      result.add("server RSS", "MiB", Better::none, static_cast<double>(after.rss_kib) / 1024);
    }
    result.add("generator CPU", "s", Better::none, own_cpu_s() - own);
  }
}

}  // namespace

std::vector<Case> herd_cases(const Options& options) {
  return sweep("herd", {{"sessions", options.sessions, {10'000}}}, run_herd);
}

}  // namespace aiim::bench
