// stream: AI answers as they are typed. Each writer appends to its own stream at a fixed rate; the writer's and the
// viewers' sessions get deltas. Latency runs from when an append was due to when a viewer has it; every delta must
// continue the last one and carry exactly the appended text, and the ended message must hold all of it. Beside the
// streams pairs of people talk, 200 texts a second: what they wait with the streams and without tells what those cost
// others.
#include <simdjson.h>

#include "histogram.h"
#include "pair_rate.h"
#include "schedule.h"
#include "setup.h"
#include "swarm.h"
#include "sweep.h"

namespace aiim::bench {
namespace {

constexpr size_t text_pairs = 20;
constexpr double texts_per_second = 200;
constexpr size_t due_kept = 4096;  // appends under way per stream, at most

std::string append_text(int64_t n) { return fmt::format("{:08d} lorem ipsum ", n); }  // 21 bytes

class Stream final : public Swarm, public Steady {
 public:
  Stream(Bench& the_bench, size_t streams, size_t viewers, double rate)
      : Swarm(the_bench),
        streams_(streams),
        group_(viewers + 1),
        rate_(rate),
        schedule_(rate * static_cast<double>(streams), 0) {}

  void prepare();
  void start() {
    schedule_ = Schedule(rate_ * static_cast<double>(streams_.size()), now_ns());
    running_ = true;
  }
  void finish();

  int64_t pump(int64_t now) override {
    while (running_ && schedule_.next_due() <= now) append(turn_++ % streams_.size(), schedule_.take());
    return running_ ? schedule_.next_due() : INT64_MAX;
  }
  void reset() override {
    delivered_ = 0;
    delta_events_ = 0;
    bytes_ = viewer_bytes();
    ack_.clear();
    deliver_.clear();
  }
  uint64_t done() const override { return delivered_; }
  void report(Result& result, double seconds) override;

 private:
  struct One {
    std::string conversation, id;
    int64_t n = 0, acked = 0;
    std::vector<int64_t> due = std::vector<int64_t>(due_kept);
  };

  void append(size_t stream, int64_t due);
  void on_event(WsClient& client, const Event& event) override;
  void on_text(WsClient& client, std::string_view text) override;
  void on_delta(WsClient& client, std::string_view text);
  uint64_t viewer_bytes() {
    uint64_t sum = 0;
    for (size_t i = 0; i < size(); i++) sum += i % group_ ? session(i).bytes_read() : 0;
    return sum;
  }

  std::vector<One> streams_;
  const size_t group_;  // sessions per stream; the first is the writer's
  const double rate_;
  Schedule schedule_;
  bool running_ = false;
  size_t turn_ = 0, started_ = 0, ended_acks_ = 0, ended_events_ = 0;
  std::vector<int64_t> position_;  // by session
  uint64_t delivered_ = 0, delta_events_ = 0, bytes_ = 0;
  Histogram ack_, deliver_;
  simdjson::dom::parser json_;
};

void Stream::prepare() {
  for (size_t i = 0; i < streams_.size(); i++) streams_[i].conversation = create_group(bench(), i * group_, group_).id;
  open_sessions(0, streams_.size() * group_);
  position_.resize(size());
  for (size_t i = 0; i < streams_.size(); i++)
    session(i * group_)
        .send_text(fmt::format(R"({{"type":"stream.start","id":"start","data":{{"conversation_id":"{}"}}}})",
                               streams_[i].conversation));
  run_until(bench(), nullptr, 30, "every stream is started", [&] { return started_ == streams_.size(); });
}

void Stream::append(size_t stream, int64_t due) {
  One& one = streams_[stream];
  one.n++;
  if (one.n - one.acked >= static_cast<int64_t>(due_kept))
    fail("the server does not keep up: {} appends of one stream are under way", one.n - one.acked);
  one.due[static_cast<size_t>(one.n) % due_kept] = due;
  session(stream * group_)
      .send_text(fmt::format(
          R"({{"type":"stream.append","id":"{0}","data":{{"stream_id":"{1}","n":{0},"ops":[{{"op":"text","delta":"{2}"}}]}}}})",
          one.n, one.id, append_text(one.n)));
}

void Stream::on_text(WsClient& client, std::string_view text) {
  if (parser().parse(text).type == "stream.delta") return on_delta(client, text);
  Swarm::on_text(client, text);
}

void Stream::on_delta(WsClient& client, std::string_view text) {
  One& one = streams_[client.index() / group_];
  int64_t& position = position_[client.index()];
  simdjson::dom::element root, data;
  simdjson::dom::array ops;
  std::string_view id;
  int64_t from = 0, n = 0;
  if (json_.parse(text.data(), text.size(), false).get(root) || root["data"].get(data) || data["stream_id"].get(id) ||
      data["from"].get(from) || data["n"].get(n) || data["ops"].get(ops))
    fail("not a stream.delta: {}", text.substr(0, 400));
  if (id != one.id || from != position + 1 || n < from || n > one.n)
    fail("session {}: a delta {} … {} while at {} of {}", client.index(), from, n, position, one.n);
  std::string got, due;
  for (simdjson::dom::element op : ops) got += std::string_view(op["delta"]);
  for (int64_t i = from; i <= n; i++) due += append_text(i);
  if (got != due) fail("session {}: the delta {} … {} is '{}'", client.index(), from, n, got);
  int64_t now = now_ns();
  if (client.index() % group_) {
    for (int64_t i = from; i <= n; i++) deliver_.record(now - one.due[static_cast<size_t>(i) % due_kept]);
    delivered_ += static_cast<uint64_t>(n - from + 1);
    delta_events_++;
  }
  position = n;
}

void Stream::on_event(WsClient& client, const Event& event) {
  One& one = streams_[client.index() / group_];
  if (event.type == "ack" && event.id == "start") {
    one.id = event.stream_id;
    started_++;
  } else if (event.type == "ack" && event.id == "end") {
    ended_acks_++;
  } else if (event.type == "ack") {
    if (event.n != one.acked + 1)
      fail("stream {}: the ack of append {} came where {} was due", one.id, event.n, one.acked + 1);
    one.acked = event.n;
    ack_.record(now_ns() - one.due[static_cast<size_t>(event.n) % due_kept]);
  } else if (event.type == "message.updated") {
    std::string whole;
    for (int64_t i = 1; i <= one.n; i++) whole += append_text(i);
    if (running_ || event.message_id != one.id || event.text != whole)
      fail("session {}: the ended stream holds '{}'", client.index(), event.text.substr(0, 200));
    ended_events_++;
  } else if (event.type == "stream.snapshot") {
    fail("session {} got a snapshot that it did not ask for", client.index());
  }
}

void Stream::finish() {
  running_ = false;
  run_until(bench(), nullptr, 10, "every append is acked", [&] {
    for (One& one : streams_)
      if (one.acked < one.n) return false;
    return true;
  });
  for (size_t i = 0; i < streams_.size(); i++)
    session(i * group_)
        .send_text(fmt::format(R"({{"type":"stream.end","id":"end","data":{{"stream_id":"{}","status":"complete"}}}})",
                               streams_[i].id));
  run_until(bench(), nullptr, 10, "every stream ends for every member",
            [&] { return ended_acks_ == streams_.size() && ended_events_ == size(); });
}

void Stream::report(Result& result, double seconds) {
  auto ms = [](int64_t ns) { return static_cast<double>(ns) / 1e6; };
  result.add("appends delivered", "/s", Better::none, static_cast<double>(delivered_) / seconds);
  result.add("appends per delta", "", Better::none,
             static_cast<double>(delivered_) / static_cast<double>(std::max<uint64_t>(1, delta_events_)));
  for (double p : {50.0, 99.0}) {
    result.add(fmt::format("ack p{:g}", p), "ms", Better::lower, ms(ack_.percentile(p)));
    result.add(fmt::format("delta p{:g}", p), "ms", Better::lower, ms(deliver_.percentile(p)));
  }
  double text = static_cast<double>(delivered_) * static_cast<double>(append_text(1).size());
  result.add("bytes per byte of text", "", Better::lower,
             static_cast<double>(viewer_bytes() - bytes_) / std::max(1.0, text));
}

// The streams, and those who talk beside them.
class Streams final : public Steady {
 public:
  Streams(Bench& bench, Stream& streams, PairRate& texts) : bench_(bench), streams_(streams), texts_(texts) {}

  // How long texts take without any stream.
  void measure_idle() {
    for (double seconds : {bench_.options().warmup, bench_.options().seconds}) {
      texts_.reset();
      int64_t end = now_ns() + static_cast<int64_t>(seconds * 1e9);
      run_until(bench_, &texts_, seconds + 60, "texts alone", [&] { return now_ns() >= end; });
    }
    idle_ns_ = texts_.deliver_ns(99);
  }
  int64_t pump(int64_t now) override { return std::min(streams_.pump(now), texts_.pump(now)); }
  void reset() override {
    streams_.reset();
    texts_.reset();
  }
  uint64_t done() const override { return streams_.done(); }
  void report(Result& result, double seconds) override {
    streams_.report(result, seconds);
    auto ms = [](int64_t ns) { return static_cast<double>(ns) / 1e6; };
    result.add("text p99 idle", "ms", Better::none, ms(idle_ns_));
    result.add("text p99 beside", "ms", Better::lower, ms(texts_.deliver_ns(99)));
    result.add("text p99 ratio", "", Better::lower, ms(texts_.deliver_ns(99)) / std::max(0.001, ms(idle_ns_)));
  }

 private:
  Bench& bench_;
  Stream& streams_;
  PairRate& texts_;
  int64_t idle_ns_ = 0;
};

}  // namespace

std::vector<Case> stream_cases(const Options& options) {
  return with_client_ids(
      sweep("stream",
            {{"streams", options.streams, {200}}, {"viewers", options.viewers, {5}}, {"rate", options.rate, {20}}},
            [](const Params& params, Bench& bench, Result& result) {
              Stream load(bench, params.at("streams"), params.at("viewers"), static_cast<double>(params.at("rate")));
              PairRate texts(bench, text_pairs, texts_per_second, params.at("streams") * (params.at("viewers") + 1));
              Streams both(bench, load, texts);
              texts.prepare();
              texts.start();
              both.measure_idle();
              load.prepare();
              load.start();
              measure(bench, both, result);
              texts.stop();
              texts.finish();
              load.finish();
            }),
      options);
}

}  // namespace aiim::bench
