// JWT by hand: two fixed-shape JSON texts and one HMAC.
#include "target.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>

#include "failure.h"

namespace aiim::bench {
namespace {

std::string base64url(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                             reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  out.resize(static_cast<size_t>(size));
  while (!out.empty() && out.back() == '=') out.pop_back();
  for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return out;
}

sockaddr_in address(const std::string& host, int port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(static_cast<uint16_t>(port));
  if (inet_pton(AF_INET, host.c_str(), &a.sin_addr) != 1) fail("{} is not an IPv4 address", host);
  return a;
}

}  // namespace

Target parse_url(std::string_view url, std::string secret) {
  Target target;
  target.secret = std::move(secret);
  for (std::string_view scheme : {"http://", "ws://"})
    if (url.starts_with(scheme)) url.remove_prefix(scheme.size());
  if (url.find("://") != url.npos) fail("--url {}: only http:// and ws:// are spoken (put TLS aside for a bench)", url);
  url = url.substr(0, url.find('/'));
  size_t colon = url.rfind(':');
  target.host = std::string(url.substr(0, colon));
  target.port = 80;
  if (colon != url.npos) {
    std::string_view digits = url.substr(colon + 1);
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), target.port);
    if (error != std::errc() || end != digits.data() + digits.size() || target.port < 1 || target.port > 65535)
      fail("--url: bad port {}", digits);
  }
  if (target.host == "localhost") target.host = "127.0.0.1";
  address(target.host, target.port);
  return target;
}

std::string make_token(const Target& target, std::string_view user) {
  std::string text = base64url(R"({"alg":"HS256","typ":"JWT"})") + "." +
                     base64url(fmt::format(R"({{"sub":"{}","exp":{}}})", user, time(nullptr) + 86400));
  unsigned char digest[32];
  unsigned size = 0;
  HMAC(EVP_sha256(), target.secret.data(), static_cast<int>(target.secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
  return text + "." + base64url({reinterpret_cast<char*>(digest), size});
}

int connect_socket(const Target& target, const std::string& source) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket: {} (raise the descriptor limit, or use fewer sessions)", strerror(errno));
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (!source.empty()) {
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    sockaddr_in from = address(source, 0);
    if (bind(fd, reinterpret_cast<sockaddr*>(&from), sizeof from) < 0) fail("bind {}: {}", source, strerror(errno));
  }
  sockaddr_in to = address(target.host, target.port);
  if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) < 0 && errno != EINPROGRESS)
    fail("connect {}:{}: {}", target.host, target.port, strerror(errno));
  return fd;
}

}  // namespace aiim::bench
