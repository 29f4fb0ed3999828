// A server of the bench's own: started with a fresh data directory and a free port, measured, and ended by its pid.
#pragma once
#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "target.h"

namespace aiim::bench {

// A new directory under $TMPDIR (or /tmp); the caller removes it.
std::string make_directory(const std::string& name);
void remove_directory(const std::string& path);
int free_port();

class ServerProcess {
 public:
  // `command` as a shell would split it; --port and --data-dir are added unless there. Returns when /ready answers 200;
  // fails with the end of the server's log otherwise.
  ServerProcess(const std::string& command, const std::string& secret,
                std::vector<std::pair<std::string, std::string>> environment);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  pid_t pid() const { return pid_; }
  const Target& target() const { return target_; }
  const std::string& data_directory() const { return data_directory_; }
  bool running() const;
  std::string log_tail() const;
  // Ends the process and starts it again on the same data and port.
  void restart();
  // Ends the process; start() brings it back.
  void stop();
  void start();

 private:
  std::vector<std::string> arguments_;
  std::vector<std::pair<std::string, std::string>> environment_;
  std::string directory_, data_directory_, log_path_;
  Target target_;
  mutable pid_t pid_ = 0;
};

}  // namespace aiim::bench
