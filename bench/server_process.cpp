// fork, exec, poll /ready; the child dies with the bench.
#include "server_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wordexp.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "clock.h"
#include "failure.h"

namespace aiim::bench {
namespace {

std::vector<std::string> split(const std::string& command) {
  wordexp_t words;
  if (wordexp(command.c_str(), &words, WRDE_NOCMD) != 0 || words.we_wordc == 0)
    fail("--spawn: cannot read '{}'", command);
  std::vector<std::string> out(words.we_wordv, words.we_wordv + words.we_wordc);
  wordfree(&words);
  return out;
}

std::string value_of(const std::vector<std::string>& arguments, const std::string& flag) {
  for (size_t i = 0; i < arguments.size(); i++) {
    if (arguments[i] == flag && i + 1 < arguments.size()) return arguments[i + 1];
    if (arguments[i].starts_with(flag + "=")) return arguments[i].substr(flag.size() + 1);
  }
  return {};
}

// One blocking GET /ready; true on 200.
bool is_ready(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(static_cast<uint16_t>(port));
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  timeval limit{.tv_sec = 2, .tv_usec = 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  bool ready = false;
  if (connect(fd, reinterpret_cast<sockaddr*>(&a), sizeof a) == 0) {
    std::string request = fmt::format("GET /ready HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n", port);
    char answer[16] = {};
    if (send(fd, request.data(), request.size(), MSG_NOSIGNAL) > 0 &&
        recv(fd, answer, sizeof answer - 1, MSG_WAITALL) > 12)
      ready = memcmp(answer + 9, "200", 3) == 0;
  }
  close(fd);
  return ready;
}

}  // namespace

std::string make_directory(const std::string& name) {
  const char* base = getenv("TMPDIR");
  std::string path = fmt::format("{}/{}-XXXXXX", base && *base ? base : "/tmp", name);
  if (!mkdtemp(path.data())) fail("mkdtemp {}: {}", path, strerror(errno));
  return path;
}

void remove_directory(const std::string& path) {
  std::error_code ignored;
  if (!path.empty()) std::filesystem::remove_all(path, ignored);
}

int free_port() {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof a;
  if (bind(fd, reinterpret_cast<sockaddr*>(&a), size) < 0) fail("bind: {}", strerror(errno));
  getsockname(fd, reinterpret_cast<sockaddr*>(&a), &size);
  close(fd);
  return ntohs(a.sin_port);
}

ServerProcess::ServerProcess(const std::string& command, const std::string& secret,
                             std::vector<std::pair<std::string, std::string>> environment)
    : arguments_(split(command)), environment_(std::move(environment)), directory_(make_directory("aiim-bench")) {
  log_path_ = directory_ + "/log";
  std::string port = value_of(arguments_, "--port");
  if (port.empty()) {
    port = std::to_string(free_port());
    arguments_.insert(arguments_.end(), {"--port", port});
  }
  data_directory_ = value_of(arguments_, "--data-dir");
  if (data_directory_.empty()) {
    data_directory_ = directory_ + "/data";
    std::filesystem::create_directory(data_directory_);
    arguments_.insert(arguments_.end(), {"--data-dir", data_directory_});
  }
  target_.port = atoi(port.c_str());
  target_.secret = secret;
  environment_.emplace_back("JWT_SECRET", secret);
  environment_.emplace_back("RATE_LIMIT_PER_SEC", "100000000");
  environment_.emplace_back("MAX_CONNECTIONS", "100000");
  try {
    start();
  } catch (...) {
    remove_directory(directory_);
    throw;
  }
}

ServerProcess::~ServerProcess() {
  stop();
  remove_directory(directory_);
}

void ServerProcess::start() {
  pid_ = fork();
  if (pid_ < 0) fail("fork: {}", strerror(errno));
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_TIMERSLACK, 0);
    int log = open(log_path_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    dup2(log, 1);
    dup2(log, 2);
    for (auto& [name, value] : environment_) setenv(name.c_str(), value.c_str(), 1);
    std::vector<char*> argv;
    for (std::string& argument : arguments_) argv.push_back(argument.data());
    argv.push_back(nullptr);
    execvp(argv[0], argv.data());
    dprintf(2, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
  }
  int64_t deadline = now_ns() + 30 * second_ns;
  while (!is_ready(target_.port)) {
    if (!running()) fail("the server ended at its start: {}", log_tail());
    if (now_ns() > deadline) {
      stop();
      fail("the server is not ready after 30 s: {}", log_tail());
    }
    usleep(20'000);
  }
}

bool ServerProcess::running() const {
  if (pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = 0;
  return pid_ > 0;
}

void ServerProcess::stop() {
  if (!running()) return;
  kill(pid_, SIGTERM);
  for (int i = 0; i < 1500 && running(); i++) usleep(10'000);
  if (running()) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  pid_ = 0;
}

void ServerProcess::restart() {
  stop();
  start();
}

std::string ServerProcess::log_tail() const {
  std::ifstream in(log_path_);
  std::stringstream text;
  text << in.rdbuf();
  std::string all = text.str();
  return all.size() > 2000 ? all.substr(all.size() - 2000) : all;
}

}  // namespace aiim::bench
