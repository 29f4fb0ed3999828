// sync: a client that comes back asks for a conversation that has `messages` messages while it is `behind` by the last
// few (0: nothing is new). One request after the other per session.
#include "histogram.h"
#include "seed.h"
#include "swarm.h"
#include "sweep.h"
#include "sync_reply.h"

namespace aiim::bench {
namespace {

class Sync final : public Swarm, public Steady {
 public:
  Sync(Bench& the_bench, Conversation now, int64_t behind) : Swarm(the_bench), now_(std::move(now)), behind_(behind) {}

  void start(size_t sessions) {
    sent_.resize(sessions);
    for (size_t i = 0; i < sessions; i++) ask(i);
  }
  void stop() { stopped_ = true; }
  bool idle() const { return in_flight_ == 0; }
  int64_t pump(int64_t) override { return INT64_MAX; }
  uint64_t done() const override { return done_; }
  void reset() override {
    done_ = 0;
    latency_.clear();
  }
  void report(Result& result, double seconds) override {
    result.add("syncs", "/s", Better::higher, static_cast<double>(done_) / seconds);
    for (double p : {50.0, 99.0})
      result.add(fmt::format("p{:g}", p), "ms", Better::lower, static_cast<double>(latency_.percentile(p)) / 1e6);
  }

 private:
  std::vector<Conversation> position() const {
    Conversation then = now_;
    then.rev -= behind_;
    then.seq -= behind_;
    return {then};
  }
  void ask(size_t i) {
    sent_[i] = now_ns();
    in_flight_++;
    session(i).send_text(sync_request("sync", position()));
  }
  void on_text(WsClient& client, std::string_view text) override {
    if (parser().parse(text).type != "ack") return Swarm::on_text(client, text);
    latency_.record(now_ns() - sent_[client.index()]);
    std::vector<Conversation> known = position();
    SyncReply reply = apply_sync(text, known, now_.seq);
    if (static_cast<int64_t>(reply.messages) != behind_ || reply.more)
      fail("sync gave {} messages of {}", reply.messages, behind_);
    done_++;
    in_flight_--;
    if (!stopped_) ask(client.index());
  }
  void on_event(WsClient&, const Event&) override {}

  const Conversation now_;
  const int64_t behind_;
  std::vector<int64_t> sent_;
  uint64_t done_ = 0, in_flight_ = 0;
  bool stopped_ = false;
  Histogram latency_;
};

}  // namespace

std::vector<Case> sync_cases(const Options& options) {
  return with_client_ids(
      sweep("sync",
            {{"messages", options.messages, {10'000}}, {"sessions", options.sessions, {4}}, {"behind", {0, 20}, {}}},
            [](const Params& params, Bench& bench, Result& result) {
              Conversation now = seed_conversation(bench, static_cast<int64_t>(params.at("messages")));
              Sync load(bench, now, static_cast<int64_t>(params.at("behind")));
              for (size_t i = 0; i < params.at("sessions"); i++) load.open_sessions(0, 1);
              load.start(params.at("sessions"));
              measure(bench, load, result);
              load.stop();
              run_until(bench, nullptr, 10, "the last syncs are acked", [&] { return load.idle(); });
            }),
      options);
}

}  // namespace aiim::bench
