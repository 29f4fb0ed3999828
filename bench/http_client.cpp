// Enough of HTTP/1.1 for a server that states its lengths.
#include "http_client.h"

#include <strings.h>

#include <charconv>
#include <memory>

#include "clock.h"
#include "failure.h"

namespace aiim::bench {
namespace {

// The value of a header, empty when absent.
std::string_view header(std::string_view head, std::string_view name) {
  size_t at = 0;
  while ((at = head.find("\r\n", at)) != head.npos) {
    at += 2;
    std::string_view line = head.substr(at, head.find("\r\n", at) - at);
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    if (strncasecmp(line.data(), name.data(), name.size()) != 0) continue;
    line.remove_prefix(name.size() + 1);
    while (line.starts_with(' ')) line.remove_prefix(1);
    return line;
  }
  return {};
}

}  // namespace

void HttpClient::send(const HttpRequest& request, Done done) {
  if (!is_open()) open(target_, {});
  done_ = std::move(done);
  std::string& bytes = out();
  bytes += request.method;
  bytes += ' ';
  bytes += request.path;
  bytes += fmt::format(" HTTP/1.1\r\nHost: {}:{}\r\n", target_.host, target_.port);
  if (!request.token.empty()) bytes += fmt::format("Authorization: Bearer {}\r\n", request.token);
  if (!request.body.empty())
    bytes += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", request.body.size());
  bytes += "\r\n";
  bytes += request.body;
  wrote();
}

size_t HttpClient::on_bytes(std::string_view bytes) {
  size_t end = bytes.find("\r\n\r\n");
  if (end == bytes.npos) return 0;
  std::string_view head = bytes.substr(0, end + 2);
  int status = 0;
  if (head.size() > 12) std::from_chars(head.data() + 9, head.data() + 12, status);
  std::string_view digits = header(head, "content-length");
  size_t length = 0;
  if (!digits.empty()) {
    std::from_chars(digits.data(), digits.data() + digits.size(), length);
  } else if (status != 204 && status != 304) {
    fail("an HTTP answer {} without Content-Length: {}", status, head);
  }
  if (bytes.size() < end + 4 + length) return 0;
  if (!done_) fail("an HTTP answer that nobody asked for: {}", head);
  bool closing = header(head, "connection") == "close";
  Done done = std::move(done_);
  done_ = nullptr;
  if (closing) drop();
  done(status, bytes.substr(end + 4, length));
  return end + 4 + length;
}

void HttpClient::on_lost(std::string_view why) {
  if (busy()) fail("an HTTP connection was lost while waiting for an answer: {}", why);
}

std::vector<HttpReply> http_all(Loop& loop, const Target& target, const std::vector<HttpRequest>& requests,
                                size_t connections, const std::function<void(size_t)>& progress) {
  std::vector<HttpReply> replies(requests.size());
  std::vector<std::unique_ptr<HttpClient>> clients;
  size_t next = 0, done = 0;
  for (size_t i = 0; i < std::min(connections, requests.size()); i++)
    clients.push_back(std::make_unique<HttpClient>(loop, target));
  int64_t last = now_ns(), shown = last;
  while (done < requests.size()) {
    for (auto& client : clients) {
      if (client->busy() || next == requests.size()) continue;
      size_t index = next++;
      client->send(requests[index], [&, index](int status, std::string_view body) {
        if (status < 200 || status > 299)
          fail("{} {} answered {}: {}", requests[index].method, requests[index].path, status, body.substr(0, 400));
        replies[index] = {status, std::string(body)};
        done++;
        last = now_ns();
      });
    }
    loop.turn(now_ns() + second_ns / 10);
    if (progress && now_ns() - shown > second_ns / 2) {
      progress(done);
      shown = now_ns();
    }
    if (now_ns() - last > 30 * second_ns) fail("no HTTP answer within 30 s ({} of {})", done, requests.size());
  }
  return replies;
}

HttpReply http_one(Loop& loop, const Target& target, const HttpRequest& request) {
  return std::move(http_all(loop, target, {request}, 1)[0]);
}

}  // namespace aiim::bench
