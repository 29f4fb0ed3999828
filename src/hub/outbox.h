// Bytes waiting for one socket. A worker copies each frame once into its current 16 KB append-only chunk; an outbox
// holds slices of chunks, and a frame that continues the last slice extends it, so a burst leaves as one write. One
// thread.
#pragma once
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/ws_frames.h"

namespace aiim {

struct Chunk;

/// Bytes of one encoded frame inside a chunk.
struct FrameSlice {
  Chunk* chunk = nullptr;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

/// A worker's supply of chunks. put() copies a text frame (header and payload) once; the slice is valid until the end
/// of the worker's turn unless an outbox holds it.
class FramePool {
 public:
  FramePool();
  ~FramePool();
  FramePool(const FramePool&) = delete;
  FramePool& operator=(const FramePool&) = delete;
  FrameSlice put(std::string_view payload, WsOpcode opcode = WsOpcode::text);
  FrameSlice put_bytes(std::string_view raw);  // bytes that are frames already (or an HTTP response)
  std::size_t chunk_bytes() const;             // memory of all live chunks

 private:
  friend class Outbox;
  Chunk* current_ = nullptr;
  std::size_t live_bytes_ = 0;
};

class Outbox {
 public:
  Outbox() = default;
  ~Outbox();
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  void push(const FrameSlice& slice);
  bool empty() const { return slices_.empty(); }
  /// Bytes not yet written, and bytes of chunks that only this outbox keeps alive count against the session's limit.
  std::size_t bytes() const { return bytes_; }
  /// Fills `out` with what to write next, oldest first; returns how many entries.
  int gather(iovec* out, int max) const;
  /// The first `bytes` were written.
  void consume(std::size_t bytes);
  void clear();

 private:
  std::vector<FrameSlice> slices_;  // consumed ones at the front up to head_
  std::uint32_t head_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace aiim
