// The generator's event loop: one epoll, one thread, one read buffer shared by every connection. What a turn's events
// made connections want to write leaves in one write each at the end of the turn.
#pragma once
#include <sys/epoll.h>

#include <cstdint>
#include <vector>

namespace aiim::bench {

// A connection. It ends between turns, after Loop::forget; a closed one ignores what still arrives.
class Source {
 public:
  virtual ~Source() = default;
  virtual void on_ready(uint32_t events) = 0;
  virtual void flush() = 0;

 private:
  friend class Loop;
  bool dirty_ = false;
};

class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void watch(int fd, Source* source, uint32_t events);
  void rewatch(int fd, Source* source, uint32_t events);
  void mark_dirty(Source* source);
  // Before a source ends: a failed run leaves sources marked.
  void forget(Source* source);

  // Flushes, waits for events until `deadline_ns` at the latest, handles them, flushes again.
  void turn(int64_t deadline_ns);

  static constexpr size_t buffer_bytes = 1 << 20;
  static constexpr size_t padding = 64;  // simdjson reads past the end
  char* buffer() { return buffer_.data(); }

 private:
  void flush_dirty();

  int fd_;
  std::vector<char> buffer_;
  std::vector<Source*> dirty_;
  std::vector<Source*> flushing_;
  std::vector<epoll_event> events_;
  int64_t early_for_ns_ = 0;  // the deadline before which a sleep ended early
};

}  // namespace aiim::bench
