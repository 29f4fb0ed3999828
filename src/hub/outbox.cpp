#include "hub/outbox.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <vector>

#include "base/check.h"

namespace aiim {

// Outlives the pool while outboxes still hold chunks.
struct ChunkAccount {
  std::size_t chunks = 0;
  std::size_t bytes = 0;
  bool pool_gone = false;
};

struct Chunk {
  ChunkAccount* account;
  std::uint32_t references;
  std::uint32_t capacity;
  std::uint32_t used;

  char* data() { return reinterpret_cast<char*>(this + 1); }
  std::uint32_t room() const { return capacity - used; }

  static Chunk* make(ChunkAccount* account, std::size_t capacity) {
    void* memory = ::operator new(sizeof(Chunk) + capacity);
    account->chunks++;
    account->bytes += sizeof(Chunk) + capacity;
    return new (memory) Chunk{account, 0, static_cast<std::uint32_t>(capacity), 0};
  }
  static void release(Chunk* chunk) {
    if (--chunk->references != 0) return;
    ChunkAccount* account = chunk->account;
    account->bytes -= sizeof(Chunk) + chunk->capacity;
    account->chunks--;
    ::operator delete(chunk);
    if (account->pool_gone && account->chunks == 0) delete account;
  }
};

// --- slices and the pool ---

FrameSlice::FrameSlice(Chunk* chunk, std::uint32_t begin, std::uint32_t end) : chunk_(chunk), begin_(begin), end_(end) {
  chunk_->references++;
}

FrameSlice::FrameSlice(const FrameSlice& other) : chunk_(other.chunk_), begin_(other.begin_), end_(other.end_) {
  if (chunk_ != nullptr) chunk_->references++;
}

FrameSlice::~FrameSlice() {
  if (chunk_ != nullptr) Chunk::release(chunk_);
}

std::string_view FrameSlice::bytes() const {
  return chunk_ == nullptr ? std::string_view() : std::string_view(chunk_->data() + begin_, end_ - begin_);
}

FramePool::FramePool() : account_(new ChunkAccount) {}

FramePool::~FramePool() {
  account_->pool_gone = true;
  if (account_->chunks == 0) {
    delete account_;
    return;
  }
  current_ = FrameSlice();  // the last chunk to go deletes the account
}

std::size_t FramePool::chunk_bytes() const { return account_->bytes; }

FrameSlice FramePool::put(std::string_view payload, WsOpcode opcode) {
  char header[16];
  return append(std::string_view(header, ws_header(header, opcode, payload.size())), payload);
}

FrameSlice FramePool::put_bytes(std::string_view raw) { return append({}, raw); }

FrameSlice FramePool::append(std::string_view header, std::string_view payload) {
  const std::size_t size = header.size() + payload.size();
  AIIM_CHECK(size < (std::size_t{1} << 31));
  FrameSlice own;  // for a frame longer than a chunk
  if (size > kChunkBytes) {
    own = FrameSlice(Chunk::make(account_, size), 0, 0);
  } else if (!current_ || current_.chunk_->room() < size) {
    current_ = FrameSlice(Chunk::make(account_, kChunkBytes), 0, 0);
  }
  Chunk* chunk = own ? own.chunk_ : current_.chunk_;
  char* at = chunk->data() + chunk->used;
  if (!header.empty()) std::memcpy(at, header.data(), header.size());
  if (!payload.empty()) std::memcpy(at + header.size(), payload.data(), payload.size());
  const std::uint32_t begin = chunk->used;
  chunk->used += static_cast<std::uint32_t>(size);
  return FrameSlice(chunk, begin, chunk->used);
}

// --- the outbox ---

struct Outbox::More {
  std::vector<FrameSlice> slices;
  std::size_t head = 0;        // those before it are written
  std::size_t fresh = 0;       // from here on nobody looked yet whether few bytes pin many chunks
  std::size_t fresh_runs = 0;  // chunks behind the fresh ones
};

Outbox::Outbox() = default;
Outbox::~Outbox() = default;

FrameSlice& Outbox::last() { return more_ ? more_->slices.back() : first_; }

void Outbox::push(const FrameSlice& slice) {
  if (slice.size() == 0) return;
  unsent_ += static_cast<std::uint32_t>(slice.size());
  if (!first_) {
    first_ = slice;
    pinned_ = slice.chunk_->capacity;
    return;
  }
  FrameSlice& end = last();
  if (end.extend(slice)) return;
  const bool another_chunk = end.chunk_ != slice.chunk_;
  if (!more_) more_ = std::make_unique<More>();
  if (another_chunk) {
    pinned_ += slice.chunk_->capacity;
    // Before the push: the slices counted are then those that nothing extends any more.
    if (++more_->fresh_runs > 8) compact();
  }
  more_->slices.push_back(slice);
}

// A slow session's few small frames could keep a whole chunk each. Every byte is looked at once and moved at most once.
void Outbox::compact() {
  More& more = *more_;
  const std::size_t begin = std::max(more.fresh, more.head);
  std::size_t chunks = 0;
  std::size_t bytes = 0;
  const Chunk* before = nullptr;
  for (std::size_t i = begin; i < more.slices.size(); i++) {
    if (more.slices[i].chunk_ != before) chunks += more.slices[i].chunk_->capacity;
    before = more.slices[i].chunk_;
    bytes += more.slices[i].size();
  }
  if (bytes != 0 && bytes * 4 < chunks) {
    Chunk* together = Chunk::make(more.slices[begin].chunk_->account, bytes);
    FrameSlice moved(together, 0, static_cast<std::uint32_t>(bytes));
    for (std::size_t i = begin; i < more.slices.size(); i++) {
      const std::string_view piece = more.slices[i].bytes();
      std::memcpy(together->data() + together->used, piece.data(), piece.size());
      together->used += static_cast<std::uint32_t>(piece.size());
    }
    // The chunk before `begin` may be the first of the range too; it then stays pinned by its other slice.
    const Chunk* neighbour = begin > more.head ? more.slices[begin - 1].chunk_ : first_.chunk_;
    if (neighbour == more.slices[begin].chunk_) chunks -= neighbour->capacity;
    pinned_ -= static_cast<std::uint32_t>(chunks);
    pinned_ += together->capacity;
    more.slices.resize(begin);
    more.slices.push_back(std::move(moved));
  }
  more.fresh = more.slices.size();
  more.fresh_runs = 1;
}

void Outbox::pop_first() {
  const Chunk* gone = first_.chunk_;
  const std::uint32_t capacity = first_.chunk_->capacity;
  if (!more_) {
    first_ = FrameSlice();
    pinned_ = 0;
    return;
  }
  More& more = *more_;
  first_ = std::move(more.slices[more.head++]);
  if (first_.chunk_ != gone) pinned_ -= capacity;
  if (more.head == more.slices.size()) {
    more_.reset();
  } else if (more.head >= 64 && more.head * 2 >= more.slices.size()) {
    more.slices.erase(more.slices.begin(), more.slices.begin() + static_cast<std::ptrdiff_t>(more.head));
    more.fresh -= std::min(more.fresh, more.head);
    more.head = 0;
  }
}

int Outbox::gather(iovec* out, int max) const {
  int count = 0;
  const auto add = [&](const FrameSlice& slice) {
    const std::string_view bytes = slice.bytes();
    out[count++] = iovec{const_cast<char*>(bytes.data()), bytes.size()};
  };
  if (!first_ || max <= 0) return 0;
  add(first_);
  if (more_) {
    for (std::size_t i = more_->head; i < more_->slices.size() && count < max; i++) add(more_->slices[i]);
  }
  return count;
}

void Outbox::consume(std::size_t bytes) {
  AIIM_CHECK(bytes <= unsent_);
  unsent_ -= static_cast<std::uint32_t>(bytes);
  while (bytes != 0) {
    const std::size_t taken = std::min(bytes, first_.size());
    first_.begin_ += static_cast<std::uint32_t>(taken);
    bytes -= taken;
    if (first_.size() == 0) pop_first();
  }
}

void Outbox::clear() {
  first_ = FrameSlice();
  more_.reset();
  unsent_ = 0;
  pinned_ = 0;
}

}  // namespace aiim
