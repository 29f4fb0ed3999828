// Requests to other servers: key sets of issuers, model providers, webhooks. One thread with one libcurl multi handle
// carries all of them; no worker ever waits for a foreign server. Thread-safe.
//
//   OutboundRequest request;
//   request.url = "https://issuer.example/keys";
//   auto reply = co_await client.exchange(std::move(request));   // resumes on the caller's executor
//
// Certificates are always verified, redirects are not followed, compression is not asked for, and nothing is tried
// twice. An answer of any status is a reply; an Error means that there is none.
#pragma once
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace aiim {

struct OutboundRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers;  // "Name: value"
  std::string body;
  bool allow_plain = false;                  // http:// to hosts other than this machine
  std::int64_t connect_ms = 5000;            // to a connection, TLS included
  std::int64_t silence_s = 0;                // ends when so long nothing came; 0: only the deadline counts
  std::int64_t deadline_ms = 10'000;         // for the whole exchange
  std::size_t body_bytes_max = 1024 * 1024;  // of the answer; more ends it with `too_large`
  /// Takes the body of a 2xx answer in pieces instead of OutboundReply::body, in order, on the client's thread: it must
  /// not block. False ends the exchange with `unavailable`.
  std::function<bool(std::string_view)> on_body;
};

struct OutboundReply {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case; at most 16 KiB in all
  std::string body;
  /// The first of that name (lower case); empty when there is none.
  std::string_view header(std::string_view name) const;
};

/// https with a host and without credentials; http only to this machine (localhost, 127.0.0.0/8, ::1) or where
/// `allow_plain` says so. `invalid_request` otherwise.
Result<> check_outbound_url(const std::string& url, bool allow_plain);

class HttpClient {
 public:
  struct Options {
    std::string ca_file;              // certificates to trust beside none others; empty: the system's
    std::size_t exchanges_max = 256;  // under way at once, of all users; above: `unavailable`
    std::size_t per_host_max = 32;    // connections to one host; others wait for one
  };
  explicit HttpClient(Options options);
  /// What is under way ends with `unavailable`. The io_context of whoever waited in exchange() must still be there,
  /// also when the answer has come: the thread that brought it may not have let go of the context yet.
  ~HttpClient();

  using Done = std::function<void(Result<OutboundReply>)>;
  /// `done` is called once, on the client's thread: it must not block. Returns a number for cancel().
  std::uint64_t start(OutboundRequest request, Done done);
  /// Ends an exchange with `unavailable`, soon; one that is over stays so.
  void cancel(std::uint64_t number);
  /// Cancelling the coroutine ends the exchange.
  boost::asio::awaitable<Result<OutboundReply>> exchange(OutboundRequest request);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace aiim
