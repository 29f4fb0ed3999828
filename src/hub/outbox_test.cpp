#include "hub/outbox.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace aiim {
namespace {

std::string waiting(const Outbox& outbox) {
  std::vector<iovec> pieces(100'000);
  const int count = outbox.gather(pieces.data(), static_cast<int>(pieces.size()));
  std::string text;
  for (int i = 0; i < count; i++) text.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
  return text;
}

int slices(const Outbox& outbox) {
  std::vector<iovec> pieces(1000);
  return outbox.gather(pieces.data(), static_cast<int>(pieces.size()));
}

TEST(Outbox, a_frame_is_a_header_and_its_payload) {
  FramePool pool;
  Outbox outbox;
  outbox.push(pool.put("hello"));
  EXPECT_EQ(waiting(outbox), ws_frame(WsOpcode::text, "hello"));
  outbox.push(pool.put("x", WsOpcode::ping));
  outbox.push(pool.put_bytes("raw"));
  EXPECT_EQ(waiting(outbox), ws_frame(WsOpcode::text, "hello") + ws_frame(WsOpcode::ping, "x") + "raw");
}

TEST(Outbox, frames_that_follow_each_other_leave_as_one_slice) {
  FramePool pool;
  Outbox both;
  Outbox second_only;
  const FrameSlice one = pool.put("one");
  const FrameSlice two = pool.put("two");
  both.push(one);
  both.push(two);
  second_only.push(two);
  EXPECT_EQ(slices(both), 1);
  EXPECT_EQ(waiting(second_only), ws_frame(WsOpcode::text, "two"));
}

TEST(Outbox, a_slice_stays_valid_while_the_pool_moves_on) {
  FramePool pool;
  const FrameSlice early = pool.put("early");
  for (int i = 0; i < 100; i++) pool.put(std::string(1000, 'x'));
  EXPECT_EQ(early.bytes(), ws_frame(WsOpcode::text, "early"));
}

TEST(Outbox, a_frame_longer_than_a_chunk_gets_its_own_and_goes_with_its_last_reader) {
  FramePool pool;
  Outbox outbox;
  outbox.push(pool.put("a"));
  const std::size_t before = pool.chunk_bytes();
  const std::string big(1 << 20, 'b');
  outbox.push(pool.put(big));
  outbox.push(pool.put("c"));
  EXPECT_EQ(waiting(outbox),
            ws_frame(WsOpcode::text, "a") + ws_frame(WsOpcode::text, big) + ws_frame(WsOpcode::text, "c"));
  EXPECT_GT(pool.chunk_bytes(), before + big.size());
  outbox.clear();
  EXPECT_EQ(pool.chunk_bytes(), before);
}

TEST(Outbox, a_drained_outbox_keeps_no_memory_and_counts_nothing) {
  EXPECT_LE(sizeof(Outbox), 32U);
  FramePool pool;
  Outbox outbox;
  Outbox other;
  for (int i = 0; i < 1000; i++) {
    const FrameSlice slice = pool.put(std::string(100, 'x'));
    (i % 2 == 0 ? outbox : other).push(slice);
  }
  outbox.consume(outbox.unsent_bytes());
  other.clear();
  EXPECT_TRUE(outbox.empty());
  EXPECT_EQ(outbox.bytes(), 0U);
  EXPECT_LE(pool.chunk_bytes(), FramePool::kChunkBytes + 64);
}

TEST(Outbox, what_waits_counts_with_a_share_of_the_chunks_it_keeps) {
  FramePool pool;
  Outbox outbox;
  outbox.push(pool.put_bytes(std::string(100, 'x')));
  EXPECT_EQ(outbox.bytes(), 100 + FramePool::kChunkBytes / 8);
  outbox.push(pool.put_bytes(std::string(100, 'x')));
  EXPECT_EQ(outbox.bytes(), 200 + FramePool::kChunkBytes / 8);
}

TEST(Outbox, a_slow_session_s_few_small_frames_do_not_keep_the_worker_s_chunks) {
  FramePool pool;
  Outbox slow;
  std::string expected;
  for (int i = 0; i < 2000; i++) {
    const std::string mine = std::to_string(i) + std::string(90, 'm');
    slow.push(pool.put_bytes(mine));
    expected += mine;
    pool.put_bytes(std::string(16'000, 'o'));
  }
  EXPECT_EQ(waiting(slow), expected);
  EXPECT_EQ(slow.unsent_bytes(), expected.size());
  EXPECT_LT(pool.chunk_bytes(), expected.size() * 2 + 16 * FramePool::kChunkBytes);
  EXPECT_GE(slow.bytes() * 8, pool.chunk_bytes() - 2 * FramePool::kChunkBytes);
  slow.clear();
  EXPECT_LE(pool.chunk_bytes(), FramePool::kChunkBytes + 64);
}

TEST(Outbox, outboxes_may_outlive_the_pool) {
  auto pool = std::make_unique<FramePool>();
  Outbox outbox;
  outbox.push(pool->put("kept"));
  outbox.push(pool->put(std::string(100'000, 'x')));
  pool.reset();
  EXPECT_EQ(waiting(outbox).substr(2, 4), "kept");
}

// Many outboxes on one pool against plain strings: pushes, partial writes, clears, pauses, in random order.
TEST(Outbox, behaves_like_a_string_under_random_pushes_and_writes) {
  for (unsigned seed = 1; seed <= 20; seed++) {
    std::mt19937 random(seed);
    const auto below = [&](std::size_t limit) {
      return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
    };
    FramePool pool;
    {
      std::vector<Outbox> outboxes(12);
      std::vector<std::string> models(outboxes.size());
      const auto write_some = [&](std::size_t i, std::size_t bytes) {
        iovec pieces[16];
        const int count = outboxes[i].gather(pieces, 16);
        std::string seen;
        for (int p = 0; p < count; p++) seen.append(static_cast<const char*>(pieces[p].iov_base), pieces[p].iov_len);
        ASSERT_EQ(models[i].compare(0, seen.size(), seen), 0) << "seed " << seed;
        bytes = std::min(bytes, seen.size());
        outboxes[i].consume(bytes);
        models[i].erase(0, bytes);
      };
      for (int step = 0; step < 6000; step++) {
        const std::size_t kind = below(100);
        if (kind < 55) {
          std::size_t size = 1 + below(400);
          if (below(50) == 0) size = below(40'000);
          const std::string frame(size, static_cast<char>('a' + step % 26));
          const FrameSlice slice = pool.put_bytes(frame);
          // The last four receive rarely and are written rarely: their slices lie far apart.
          for (std::size_t i = 0; i < outboxes.size(); i++) {
            if (below(i < 8 ? 2 : 60) == 0) {
              outboxes[i].push(slice);
              models[i] += frame;
            }
          }
        } else if (kind < 99) {
          const std::size_t i = below(8);
          write_some(i, below(3) == 0 ? below(500) + 1 : 1 << 20);
          if (below(40) == 0) write_some(8 + below(4), below(5000) + 1);
        } else {
          const std::size_t i = below(outboxes.size());
          outboxes[i].clear();
          models[i].clear();
        }
        const std::size_t i = below(outboxes.size());
        ASSERT_EQ(outboxes[i].unsent_bytes(), models[i].size());
        ASSERT_EQ(outboxes[i].empty(), models[i].empty());
        ASSERT_GE(outboxes[i].bytes(), models[i].size());
      }
      for (std::size_t i = 0; i < outboxes.size(); i++) {
        ASSERT_EQ(waiting(outboxes[i]), models[i]) << "seed " << seed;
        while (!outboxes[i].empty()) write_some(i, 777);
        ASSERT_EQ(outboxes[i].bytes(), 0U);
        ASSERT_TRUE(models[i].empty());
      }
    }
    ASSERT_LE(pool.chunk_bytes(), FramePool::kChunkBytes + 64) << "seed " << seed;
  }
}

}  // namespace
}  // namespace aiim
