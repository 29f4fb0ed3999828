// The least that can answer the generator: a raw epoll server without authentication, store or JSON parser, in a child
// process. It acks `ping`, and acks `send_message` and hands it to every session as message.created. What it reaches is
// what sockets allow on this machine.
#pragma once
#include <sys/types.h>

#include "target.h"

namespace aiim::bench {

class RawServer {
 public:
  RawServer();
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  pid_t pid() const { return pid_; }
  const Target& target() const { return target_; }

 private:
  Target target_;
  pid_t pid_ = 0;
};

}  // namespace aiim::bench
