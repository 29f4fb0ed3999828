// Bytes waiting for one socket. A worker copies each frame once into its current 16 KB append-only chunk; an outbox
// holds slices of chunks, and a frame that continues the last slice extends it, so a burst leaves as one write. One
// thread: counts are plain.
#pragma once
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "core/ws_frames.h"

namespace aiim {

struct Chunk;
struct ChunkAccount;

/// Bytes of encoded frames inside a chunk. Keeps the chunk alive; copying costs a plain increment.
class FrameSlice {
 public:
  FrameSlice() = default;
  FrameSlice(const FrameSlice& other);
  FrameSlice(FrameSlice&& other) noexcept
      : chunk_(std::exchange(other.chunk_, nullptr)), begin_(other.begin_), end_(other.end_) {}
  FrameSlice& operator=(FrameSlice other) noexcept {
    std::swap(chunk_, other.chunk_);
    begin_ = other.begin_;
    end_ = other.end_;
    return *this;
  }
  ~FrameSlice();

  explicit operator bool() const { return chunk_ != nullptr; }
  std::size_t size() const { return end_ - begin_; }
  std::string_view bytes() const;
  /// Takes `next` in if its bytes follow this slice's in the same chunk.
  bool extend(const FrameSlice& next) {
    if (next.chunk_ != chunk_ || next.begin_ != end_) return false;
    end_ = next.end_;
    return true;
  }

 private:
  friend class FramePool;
  friend class Outbox;
  FrameSlice(Chunk* chunk, std::uint32_t begin, std::uint32_t end);

  Chunk* chunk_ = nullptr;
  std::uint32_t begin_ = 0;
  std::uint32_t end_ = 0;
};

/// A worker's supply of chunks.
class FramePool {
 public:
  static constexpr std::size_t kChunkBytes = 16 * 1024;  // of frames; a longer frame gets a chunk of its own

  FramePool();
  ~FramePool();
  FramePool(const FramePool&) = delete;
  FramePool& operator=(const FramePool&) = delete;
  /// Copies one frame (header and payload) once.
  FrameSlice put(std::string_view payload, WsOpcode opcode = WsOpcode::text);
  FrameSlice put_bytes(std::string_view raw);  // bytes that are frames already (or an HTTP response)
  std::size_t chunk_bytes() const;             // memory of all live chunks

 private:
  FrameSlice append(std::string_view header, std::string_view payload);

  ChunkAccount* account_;
  FrameSlice current_;  // empty; keeps the chunk that is being filled
};

class Outbox {
 public:
  Outbox();
  ~Outbox();
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  void push(const FrameSlice& slice);
  bool empty() const { return !first_; }
  /// What counts against the session's limit: bytes not yet written, and a share (1/8) of each chunk that they keep in
  /// memory. Where few bytes keep many chunks they are moved together, so that memory stays near what this says.
  std::size_t bytes() const { return unsent_ + pinned_ / 8; }
  std::size_t unsent_bytes() const { return unsent_; }
  /// Fills `out` with what to write next, oldest first; returns how many entries.
  int gather(iovec* out, int max) const;
  /// The first `bytes` were written.
  void consume(std::size_t bytes);
  void clear();

 private:
  struct More;  // the slices behind the first; only while there are any
  FrameSlice& last();
  void pop_first();
  void compact();

  FrameSlice first_;
  std::unique_ptr<More> more_;
  std::uint32_t unsent_ = 0;
  std::uint32_t pinned_ = 0;  // bytes of the chunks behind the slices, neighbours on one chunk counted once
};

}  // namespace aiim
