// rest: as pair-closed with one message under way per pair, but sent by POST /messages on a keep-alive connection per
// pair; the answer is the ack, the other user's session sees the event.
#include <simdjson.h>

#include "http_client.h"
#include "pair_closed.h"
#include "sweep.h"

namespace aiim::bench {
namespace {

class Rest final : public PairClosed {
 public:
  Rest(Bench& the_bench, size_t connections) : PairClosed(the_bench, connections, false) {
    for (size_t i = 0; i < connections; i++)
      clients_.push_back(std::make_unique<HttpClient>(the_bench.loop(), the_bench.target()));
    for (size_t i = 0; i < 2 * connections; i++) tokens_.push_back(the_bench.token(i));
  }

 private:
  void transmit(size_t pair, uint32_t side, const std::string& id, const std::string& data) override {
    HttpRequest request{"POST", "/api/aiim/messages", tokens_[2 * pair + side], data};
    clients_[pair]->send(request,
                         [this, pair, id](int status, std::string_view body) { answered(pair, id, status, body); });
  }

  void answered(size_t pair, const std::string& id, int status, std::string_view body) {
    simdjson::dom::element root, message;
    std::string_view client_msg_id;
    int64_t seq = 0, rev = 0;
    bool duplicate = true;
    if (status != 200 || json_.parse(body.data(), body.size(), false).get(root) || root["message"].get(message) ||
        message["client_msg_id"].get(client_msg_id) || message["seq"].get(seq) || message["rev"].get(rev) ||
        root["duplicate"].get(duplicate) || duplicate || client_msg_id != id)
      fail("POST /messages of {} answered {}: {}", id, status, body.substr(0, 400));
    on_ack(pair, id, seq, rev);
  }

  std::vector<std::unique_ptr<HttpClient>> clients_;
  std::vector<std::string> tokens_;
  simdjson::dom::parser json_;
};

}  // namespace

std::vector<Case> rest_cases(const Options& options) {
  return with_client_ids(sweep("rest", {{"connections", options.sessions, {100}}},
                               [](const Params& params, Bench& bench, Result& result) {
                                 Rest load(bench, params.at("connections"));
                                 load.prepare();
                                 load.start(1);
                                 measure(bench, load, result);
                                 load.stop();
                                 load.finish();
                               }),
                         options);
}

}  // namespace aiim::bench
