// What a WebSocket and an HTTP connection share: a non-blocking socket in the loop, bytes that wait to be written, and
// bytes of an unfinished unit that wait for the rest.
#pragma once
#include <string>
#include <string_view>

#include "loop.h"
#include "target.h"

namespace aiim::bench {

class StreamSocket : public Source {
 public:
  explicit StreamSocket(Loop& loop) : loop_(loop) {}
  ~StreamSocket() override {
    drop();
    loop_.forget(this);
  }

  bool is_open() const { return fd_ >= 0; }
  // Closes at once; `reset` sends an RST, as a cable that was cut and came back would look.
  void drop(bool reset = false);
  uint64_t reads() const { return reads_; }
  uint64_t bytes_read() const { return bytes_read_; }
  size_t unsent() const { return out_.size(); }

 protected:
  void open(const Target& target, const std::string& source);
  void write(std::string_view bytes);
  std::string& out() { return out_; }
  void wrote() { loop_.mark_dirty(this); }

  // Takes whole units from the front and returns how many bytes it took; the rest comes again with what follows.
  // After the bytes there is room for simdjson's padding.
  virtual size_t on_bytes(std::string_view bytes) = 0;
  virtual void on_lost(std::string_view why) = 0;

 private:
  void on_ready(uint32_t events) final;
  void flush() final;
  void lost(std::string_view why);

  Loop& loop_;
  int fd_ = -1;
  bool blocked_ = true;  // connecting, or the socket's buffer is full
  std::string out_;
  std::string rest_;
  uint64_t reads_ = 0;
  uint64_t bytes_read_ = 0;
};

}  // namespace aiim::bench
