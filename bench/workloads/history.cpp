// history: GET /messages/{conversation}, one request after the other on each of a few connections: the newest page, or
// a page at a random place in a conversation of `messages` messages.
#include <simdjson.h>

#include <random>

#include "histogram.h"
#include "http_client.h"
#include "seed.h"
#include "shared.h"
#include "sweep.h"

namespace aiim::bench {
namespace {

constexpr int64_t page = 50;

class History final : public Steady {
 public:
  History(Bench& bench, Conversation conversation, size_t connections, bool newest)
      : conversation_(std::move(conversation)), token_(bench.token(0)), newest_(newest) {
    for (size_t i = 0; i < connections; i++)
      clients_.push_back(std::make_unique<HttpClient>(bench.loop(), bench.target()));
  }

  int64_t pump(int64_t) override {
    for (auto& client : clients_)
      if (!client->busy() && !stopped_) ask(*client);
    return INT64_MAX;
  }
  void stop() { stopped_ = true; }
  bool idle() const {
    for (auto& client : clients_)
      if (client->busy()) return false;
    return true;
  }
  uint64_t done() const override { return done_; }
  void reset() override {
    done_ = 0;
    latency_.clear();
  }
  void report(Result& result, double seconds) override {
    result.add("pages", "/s", Better::higher, static_cast<double>(done_) / seconds);
    for (double p : {50.0, 99.0, 99.9})
      result.add(fmt::format("p{:g}", p), "ms", Better::lower, static_cast<double>(latency_.percentile(p)) / 1e6);
  }

 private:
  void ask(HttpClient& client) {
    int64_t before = conversation_.seq + 1;
    std::string path = fmt::format("/api/aiim/messages/{}?limit={}", conversation_.id, page);
    if (!newest_) {
      before = page + 1 + static_cast<int64_t>(random_() % static_cast<uint64_t>(conversation_.seq - page));
      path += fmt::format("&before_seq={}", before);
    }
    client.send({"GET", path, token_, ""}, [this, before, start = now_ns()](int status, std::string_view body) {
      latency_.record(now_ns() - start);
      done_++;
      check(before, status, body);
    });
  }

  void check(int64_t before, int status, std::string_view body) {
    simdjson::dom::element root;
    simdjson::dom::array messages;
    if (status != 200 || json_.parse(body.data(), body.size(), false).get(root) || root["messages"].get(messages))
      fail("GET /messages answered {}: {}", status, body.substr(0, 400));
    int64_t due = before - page;
    for (simdjson::dom::element message : messages) {
      int64_t seq = 0;
      if (message["seq"].get(seq) || seq != due++)
        fail("a page before seq {} has seq {} where {} was due", before, seq, due - 1);
    }
    if (due != before) fail("a page before seq {} ends at {}", before, due - 1);
  }

  Conversation conversation_;
  std::string token_;
  bool newest_, stopped_ = false;
  std::vector<std::unique_ptr<HttpClient>> clients_;
  std::mt19937_64 random_{17};
  simdjson::dom::parser json_;
  uint64_t done_ = 0;
  Histogram latency_;
};

}  // namespace

void run_history(Bench& bench, int64_t messages, size_t connections, Result& result) {
  Conversation conversation = seed_conversation(bench, messages);
  if (conversation.seq != messages) fail("the conversation has {} of {} messages", conversation.seq, messages);
  for (bool newest : {true, false}) {
    History load(bench, conversation, connections, newest);
    Result part{.workload = newest ? "history newest" : "history middle", .params = result.params};
    measure(bench, load, part);
    load.stop();
    run_until(bench, &load, 10, "the last pages arrive", [&] { return load.idle(); });
    for (Figure& figure : part.figures) {
      figure.name = (newest ? "newest: " : "middle: ") + figure.name;
      result.figures.push_back(figure);
    }
    if (!part.note.empty()) result.note = part.note;
  }
}

std::vector<Case> history_cases(const Options& options) {
  return with_client_ids(
      sweep("history", {{"messages", options.messages, {10'000}}, {"connections", options.sessions, {4}}},
            [](const Params& params, Bench& bench, Result& result) {
              run_history(bench, static_cast<int64_t>(params.at("messages")), params.at("connections"), result);
            }),
      options);
}

}  // namespace aiim::bench
