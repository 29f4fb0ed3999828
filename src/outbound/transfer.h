// One exchange as libcurl carries it out: its handle, what arrives, and what came of it. Belongs to the client's thread
// from start() on.
#pragma once
#include <curl/curl.h>

#include <memory>
#include <optional>
#include <string>

#include "outbound/http_client.h"

namespace aiim {

class Transfer {
 public:
  Transfer(std::uint64_t number, OutboundRequest request, HttpClient::Done done)
      : number_(number), request_(std::move(request)), done_(std::move(done)) {}
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  std::uint64_t number() const { return number_; }
  CURL* handle() const { return easy_.get(); }

  /// Makes the handle; an error when the request may not be sent.
  Result<> prepare(const HttpClient::Options& options);
  /// Reports the outcome; once.
  void finish(CURLcode code);
  void fail(Error error);

 private:
  struct Cleanup {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  static std::size_t take_header(char* data, std::size_t, std::size_t bytes, void* self);
  static std::size_t take_body(char* data, std::size_t, std::size_t bytes, void* self);
  void set_address(const HttpClient::Options& options);
  Result<> set_message();
  void set_limits();
  bool add_header(std::string_view line);
  bool add_body(std::string_view piece);
  bool streams() const { return request_.on_body && reply_.status >= 200 && reply_.status < 300; }

  std::uint64_t number_;
  OutboundRequest request_;
  HttpClient::Done done_;
  OutboundReply reply_;
  std::optional<Error> failure_;  // ours, in place of libcurl's
  std::size_t header_bytes_ = 0;
  std::size_t body_bytes_ = 0;
  std::unique_ptr<CURL, Cleanup> easy_;
  std::unique_ptr<curl_slist, Cleanup> headers_;
};

}  // namespace aiim
