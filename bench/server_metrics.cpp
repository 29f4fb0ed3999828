// Prometheus text: the sum of a name's lines over all labels.
#include "server_metrics.h"

#include <cstdlib>

#include "http_client.h"

namespace aiim::bench {
namespace {

double sum_of(std::string_view text, std::string_view name) {
  double sum = -1;
  for (size_t at = 0; at < text.size();) {
    std::string_view line = text.substr(at, text.find('\n', at) - at);
    at += line.size() + 1;
    if (!line.starts_with(name) || line.size() == name.size()) continue;
    if (line[name.size()] != ' ' && line[name.size()] != '{') continue;
    sum = std::max(sum, 0.0) + strtod(std::string(line.substr(line.rfind(' '))).c_str(), nullptr);
  }
  return sum;
}

}  // namespace

CommitCounts read_commit_counts(Bench& bench) {
  if (!bench.server()) return {};  // elsewhere /metrics may be closed or served by another port
  try {
    HttpReply reply = http_one(bench.loop(), bench.target(), {"GET", "/metrics", "", ""});
    return {sum_of(reply.body, "aiim_store_commits_total"), sum_of(reply.body, "aiim_store_batch_size_sum"), now_ns()};
  } catch (const Failure&) {
    return {};  // switched off
  }
}

}  // namespace aiim::bench
