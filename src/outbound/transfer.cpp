#include "outbound/transfer.h"

#include <algorithm>

namespace aiim {
namespace {

constexpr std::size_t header_bytes_max = 16 * 1024;

std::string_view trimmed(std::string_view text) {
  auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

class Url {
 public:
  explicit Url(const std::string& text) : url_(curl_url()) {
    good_ = url_ && curl_url_set(url_, CURLUPART_URL, text.c_str(), CURLU_DISALLOW_USER) == CURLUE_OK;
  }
  ~Url() { curl_url_cleanup(url_); }
  Url(const Url&) = delete;
  Url& operator=(const Url&) = delete;
  bool good() const { return good_; }
  std::string part(CURLUPart which) const {
    char* text = nullptr;
    if (!good_ || curl_url_get(url_, which, &text, 0) != CURLUE_OK) return {};
    std::string out = text;
    curl_free(text);
    return lower(out);
  }

 private:
  CURLU* url_;
  bool good_;
};

bool is_this_machine(const std::string& host) {
  if (host == "localhost" || host == "[::1]") return true;
  bool numeric = std::all_of(host.begin(), host.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  return numeric && host.starts_with("127.") && std::count(host.begin(), host.end(), '.') == 3;
}

}  // namespace

std::string_view OutboundReply::header(std::string_view name) const {
  auto found = std::find_if(headers.begin(), headers.end(), [&](const auto& each) { return each.first == name; });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

Result<> check_outbound_url(const std::string& url, bool allow_plain) {
  auto bad = [](std::string_view why) { return Error(ErrorCode::invalid_request, std::string(why)); };
  bool plain_text = std::all_of(url.begin(), url.end(), [](unsigned char c) { return c > 0x20 && c < 0x7F; });
  if (url.size() > 2048 || !plain_text) return bad("must be a URL of at most 2,048 characters");
  Url parsed(url);
  if (!parsed.good()) return bad("must be an https URL without a user name");
  std::string scheme = parsed.part(CURLUPART_SCHEME), host = parsed.part(CURLUPART_HOST);
  if (url.find("://") == url.npos || host.empty() || (scheme != "https" && scheme != "http")) {
    return bad("must be an https URL");
  }
  if (scheme == "http" && !allow_plain && !is_this_machine(host))
    return bad("must be https: " + host + " is not this machine");
  return {};
}

Result<> Transfer::prepare(const HttpClient::Options& options) {
  if (auto sound = check_outbound_url(request_.url, request_.allow_plain); !sound) return sound;
  easy_.reset(curl_easy_init());
  if (!easy_) return Error(ErrorCode::unavailable, "there is no memory for another request");
  set_address(options);
  set_limits();
  return set_message();
}

void Transfer::set_address(const HttpClient::Options& options) {
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_URL, request_.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!options.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_file.c_str());
  // A proxy of the environment is for others: this machine is reached directly.
  if (is_this_machine(Url(request_.url).part(CURLUPART_HOST))) curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
}

void Transfer::set_limits() {
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.connect_ms));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(1, request_.deadline_ms)));
  if (request_.silence_s > 0) {
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(request_.silence_s));
  }
}

Result<> Transfer::set_message() {
  CURL* easy = easy_.get();
  bool has_body = !request_.body.empty() || request_.method == "POST" || request_.method == "PUT";
  if (has_body) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body.c_str());
  }
  if (request_.method == "HEAD")
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  else
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  // "Expect: 100-continue" would cost a second with servers that do not know it.
  request_.headers.insert(request_.headers.begin(), {"User-Agent: aiim", "Expect:"});
  for (const std::string& line : request_.headers) {
    if (line.find_first_of("\r\n") != line.npos)
      return Error(ErrorCode::invalid_request, "a header holds a line break");
    curl_slist* longer = curl_slist_append(headers_.get(), line.c_str());
    if (!longer) return Error(ErrorCode::unavailable, "there is no memory for another request");
    (void)headers_.release();  // the same list, longer by one
    headers_.reset(longer);
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfer::take_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::take_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
  return {};
}

std::size_t Transfer::take_header(char* data, std::size_t, std::size_t bytes, void* self) {
  return static_cast<Transfer*>(self)->add_header({data, bytes}) ? bytes : 0;
}

std::size_t Transfer::take_body(char* data, std::size_t, std::size_t bytes, void* self) {
  return static_cast<Transfer*>(self)->add_body({data, bytes}) ? bytes : CURL_WRITEFUNC_ERROR;
}

bool Transfer::add_header(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > header_bytes_max) {
    failure_ = Error(ErrorCode::too_large, "the answer's headers are too large");
    return false;
  }
  if (line.starts_with("HTTP/")) {  // also after an interim answer: what came before does not count
    reply_.headers.clear();
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    reply_.status = static_cast<int>(status);
    return true;
  }
  auto colon = line.find(':');
  if (colon != line.npos) {
    reply_.headers.emplace_back(lower(trimmed(line.substr(0, colon))), std::string(trimmed(line.substr(colon + 1))));
  }
  return true;
}

bool Transfer::add_body(std::string_view piece) {
  body_bytes_ += piece.size();
  if (body_bytes_ > request_.body_bytes_max) {
    failure_ = Error(ErrorCode::too_large, "the answer is too large");
    return false;
  }
  if (!streams()) {
    reply_.body.append(piece);
    return true;
  }
  if (request_.on_body(piece)) return true;
  failure_ = Error(ErrorCode::unavailable, "the exchange was ended by its user");
  return false;
}

void Transfer::finish(CURLcode code) {
  if (code == CURLE_OK) return std::exchange(done_, nullptr)(std::move(reply_));
  fail(failure_ ? std::move(*failure_) : Error(ErrorCode::unavailable, curl_easy_strerror(code)));
}

void Transfer::fail(Error error) { std::exchange(done_, nullptr)(std::move(error)); }

}  // namespace aiim
