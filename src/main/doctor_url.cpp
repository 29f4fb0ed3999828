// A WebSocket handshake as a browser makes it, read for what usually stands between a browser and a server.
#include <fcntl.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/url.hpp>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>

#include "core/ws_frames.h"
#include "main/doctor.h"
#include "net/text.h"

namespace aiim {
namespace {

constexpr std::int64_t wait_ms = 5000;  // for each step
constexpr std::string_view path_of_ours = "/api/aiim/ws";
constexpr std::string_view key = "dGhlIHNhbXBsZSBub25jZQ==";  // RFC 6455's own: nothing depends on it

struct Target {
  bool tls = false;
  std::string host, port, path;
  std::string origin() const { return (tls ? "https://" : "http://") + authority(); }
  std::string authority() const { return host + (port == (tls ? "443" : "80") ? "" : ":" + port); }
};

std::optional<Target> parse(const std::string& text) {
  auto url = boost::urls::parse_uri(text);
  if (!url) return std::nullopt;
  Target target;
  std::string scheme(url->scheme());
  target.tls = scheme == "https" || scheme == "wss";
  if (!target.tls && scheme != "http" && scheme != "ws") return std::nullopt;
  target.host = url->host();
  if (target.host.empty()) return std::nullopt;
  target.port = url->has_port() ? std::string(url->port()) : target.tls ? "443" : "80";
  target.path = url->encoded_path();
  while (target.path.ends_with('/')) target.path.pop_back();
  if (!target.path.ends_with(path_of_ours)) target.path += path_of_ours;
  return target;
}

/// What stopped the way to the server, in words.
struct Stop {
  std::string text;
  std::string advice;
};

/// A blocking connection, plain or TLS, on which every step has a deadline.
class Connection {
 public:
  ~Connection() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
    if (fd_ >= 0) ::close(fd_);
  }

  std::optional<Stop> connect(const Target& target) {
    addrinfo hints{}, *list = nullptr;
    hints.ai_socktype = SOCK_STREAM;
    int code = getaddrinfo(target.host.c_str(), target.port.c_str(), &hints, &list);
    if (code != 0) {
      return Stop{"the name " + target.host + " has no address: " + gai_strerror(code),
                  "check the name and its DNS records"};
    }
    std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(list, freeaddrinfo);
    int why = 0;
    for (auto* each = list; each && !connected_; each = each->ai_next) why = try_address(*each);
    if (connected_) return target.tls ? secure(target) : std::nullopt;
    std::string where = target.host + ":" + target.port;
    if (why == ECONNREFUSED) {
      return Stop{"nothing listens on " + where, "start the server or the proxy in front of it, and check the port"};
    }
    return Stop{where + " does not answer: " + std::strerror(why),
                "check the address, the firewall and the published ports"};
  }

  bool write(std::string_view bytes) {
    if (ssl_) return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size());
    return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }

  /// Appends what comes within the deadline; false at the end or when nothing came.
  bool read(std::string& into) {
    char bytes[4096];
    bool waiting = ssl_ && SSL_pending(ssl_) > 0;
    if (!waiting && !wait(POLLIN)) return false;
    auto got = ssl_ ? SSL_read(ssl_, bytes, sizeof bytes) : static_cast<int>(::recv(fd_, bytes, sizeof bytes, 0));
    if (got > 0) into.append(bytes, static_cast<std::size_t>(got));
    return got > 0;
  }

 private:
  bool wait(short events) const {
    pollfd one{fd_, events, 0};
    return ::poll(&one, 1, static_cast<int>(wait_ms)) == 1;
  }

  int try_address(const addrinfo& address) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd_ < 0) return errno;
    int why = 0;
    socklen_t size = sizeof why;
    if (::connect(fd_, address.ai_addr, address.ai_addrlen) != 0) {
      if (errno != EINPROGRESS) return errno;
      if (!wait(POLLOUT)) return ETIMEDOUT;
      getsockopt(fd_, SOL_SOCKET, SO_ERROR, &why, &size);
    }
    connected_ = why == 0;
    timeval limit{wait_ms / 1000, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    ::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) & ~O_NONBLOCK);
    return why;
  }

  std::optional<Stop> secure(const Target& target) {
    context_ = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_default_verify_paths(context_);
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
    ssl_ = SSL_new(context_);
    SSL_set_tlsext_host_name(ssl_, target.host.c_str());
    auto* names = SSL_get0_param(ssl_);
    if (X509_VERIFY_PARAM_set1_ip_asc(names, target.host.c_str()) != 1)
      X509_VERIFY_PARAM_set1_host(names, target.host.c_str(), 0);
    SSL_set_fd(ssl_, fd_);
    if (SSL_connect(ssl_) == 1) return std::nullopt;
    auto verdict = SSL_get_verify_result(ssl_);
    ERR_clear_error();
    if (verdict != X509_V_OK) {
      return Stop{"clients do not trust the certificate: " + std::string(X509_verify_cert_error_string(verdict)),
                  "serve the whole chain (fullchain.pem), for this name, from an authority that clients know; a "
                  "private authority can "
                  "be named to this command with SSL_CERT_FILE"};
    }
    return Stop{"there is no TLS on " + target.host + ":" + target.port,
                "use http:// here, or set up TLS on that port"};
  }

  int fd_ = -1;
  bool connected_ = false;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
};

std::string header(const std::string& head, std::string_view name) {
  for (std::size_t at = head.find("\r\n"); at != head.npos && at + 2 < head.size(); at = head.find("\r\n", at + 2)) {
    std::string_view line(head.data() + at + 2, head.find("\r\n", at + 2) - at - 2);
    auto colon = line.find(':');
    if (colon != line.npos && equal_ignoring_case(line.substr(0, colon), name))
      return std::string(trimmed(line.substr(colon + 1)));
  }
  return {};
}

constexpr const char* upgrade_advice =
    "the proxy must pass the upgrade on; nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
    "proxy_set_header Connection \"upgrade\";";

/// An answer that is no 101, by what usually gives it.
Stop read_refusal(int status, const std::string& answer) {
  std::string text = "the handshake was answered with " + std::to_string(status);
  bool ours = answer.find("application/problem+json") != answer.npos;
  if (status >= 301 && status <= 308) {
    return {text + " to " + header(answer, "Location"),
            "WebSockets do not follow redirects: give clients the address it leads to"};
  }
  if (status == 403 && ours) {
    return {text + ": the server does not allow this origin",
            "add the origin of your pages to ALLOWED_ORIGINS, or let the proxy pass the Host header on"};
  }
  if (status == 400 && ours) return {text + ": the request reached AIIM, but without its upgrade", upgrade_advice};
  if (status == 429) return {text + ": too many requests from this address", "wait, or raise RATE_LIMIT_PER_SEC"};
  if (status == 404 && ours)
    return {text + ": AIIM is there, but not under this path", "the path ends with /api/aiim/ws"};
  if (status == 404) return {text + " by something that is not AIIM", "let the proxy pass /api/aiim/ to AIIM"};
  if (status == 502 || status == 504)
    return {text + ": the proxy does not reach AIIM", "check the address that the proxy passes to, and that AIIM runs"};
  if (status == 503)
    return {text + ": the server is starting or stopping, or has no more room", "ask /ready; try again"};
  if (status == 200) return {text + ": something answers as if this were a page", upgrade_advice};
  return {text, "look at the log of whatever answers there"};
}

/// Nothing when frames go both ways; otherwise what stopped them.
std::optional<Stop> exchange_frames(Connection& connection, std::string input) {
  // A ping, masked with zeros (RFC 6455 §5.5.2); its pong must bring the payload back.
  static constexpr char ping[] = "\x89\x84\0\0\0\0aiim";
  if (!connection.write(std::string_view(ping, sizeof ping - 1))) {
    return Stop{"the connection ended right after the handshake", upgrade_advice};
  }
  static constexpr std::string_view pong =
      "\x8a\x04"
      "aiim";
  while (input.find(pong) == input.npos) {
    if (!connection.read(input)) {
      return Stop{"the handshake succeeded, but no frame came back",
                  "something between buffers or drops WebSocket frames: switch off its buffering for this path"};
    }
  }
  return std::nullopt;
}

std::optional<Stop> handshake(Connection& connection, const Target& target) {
  std::string request =
      "GET " + target.path + " HTTP/1.1\r\nHost: " + target.authority() + "\r\nOrigin: " + target.origin() +
      "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ";
  request.append(key).append("\r\n\r\n");
  std::string answer;
  if (!connection.write(request))
    return Stop{"the connection ended before the handshake", "look at the log of whatever listens there"};
  while (answer.find("\r\n\r\n") == answer.npos) {
    if (answer.size() > 64 * 1024 || !connection.read(answer)) {
      return Stop{"no answer to the handshake came within " + std::to_string(wait_ms / 1000) + " s",
                  "check that this is a web server's port, and that it speaks TLS exactly when the URL says so"};
    }
  }
  auto end = answer.find("\r\n\r\n") + 4;
  std::string head = answer.substr(0, end);
  int status = head.starts_with("HTTP/1.1 ") ? std::atoi(head.c_str() + 9) : 0;
  if (status != 101) return read_refusal(status, head);
  if (header(head, "Sec-WebSocket-Accept") != ws_accept(key)) {
    return Stop{"something that is not AIIM accepted the handshake", "check where the proxy passes this path to"};
  }
  return exchange_frames(connection, answer.substr(end));
}

}  // namespace

std::vector<Finding> examine_url(const std::string& url) {
  auto target = parse(url);
  if (!target) {
    return {{FindingLevel::problem, "websocket", url + " is no http, https, ws or wss URL",
             "write it like https://chat.example.com"}};
  }
  Connection connection;
  auto stop = connection.connect(*target);
  if (!stop) stop = handshake(connection, *target);
  if (stop) return {{FindingLevel::problem, "websocket", stop->text, stop->advice}};
  std::string text = "the handshake through " + target->origin() + target->path + " succeeds, and frames go both ways";
  return {{FindingLevel::ok, "websocket", text, ""}};
}

}  // namespace aiim
