// What is being written, as it grows. The first append of a quiet stream goes out at once; what follows within the
// window goes out together at its end, as one frame for everybody. Deltas may be lost: whoever meets a gap asks the
// store (stream.watch), and stands then between two deltas of the others. Such a session, a watcher, gets the next
// delta cut to where it stands, and is like everybody else afterwards.
#include <algorithm>

#include "base/log.h"
#include "base/time.h"
#include "core/stream_assembly.h"
#include "hub/impl.h"
#include "wire/stream.h"

namespace aiim {
namespace {

constexpr std::int64_t forget_every_ms = 10'000;
constexpr std::size_t appends_held_max = 256;

std::int64_t last_n(const LiveStream& stream) { return stream.held.empty() ? stream.sent_n : stream.held.back()->n; }

/// Several appends' ops as one array in which text has grown together. They are what the store encoded.
std::string joined_ops(std::span<const EventPtr> appends) {
  thread_local JsonParser parser;
  std::vector<StreamOp> joined;
  for (const EventPtr& append : appends) {
    std::vector<StreamOp> ops;
    auto json = parser.parse(append->frame);
    if (!json || !decode_into(type_of<std::vector<StreamOp>>(), &ops, *json)) {
      log_error("delta_not_understood", {{"stream_id", append->stream_id}});
      continue;
    }
    join_stream_ops(joined, ops);
  }
  return encode(joined);
}

/// Of appends that follow each other.
std::string delta_frame(std::span<const EventPtr> appends) {
  const Event& first = *appends.front();
  const std::string joined = appends.size() > 1 ? joined_ops(appends) : std::string();
  return stream_delta(first.conversation_id, first.stream_id, first.n, appends.back()->n,
                      joined.empty() ? first.frame : joined);
}

LiveStream::Watcher* find_watcher(LiveStream& stream, const Session& session) {
  const auto is_it = [&](const LiveStream::Watcher& watcher) { return watcher.session == &session; };
  const auto found = std::find_if(stream.watchers.begin(), stream.watchers.end(), is_it);
  return found == stream.watchers.end() ? nullptr : &*found;
}

}  // namespace

LiveStreams::value_type& Hub::Impl::live_stream(Conversation& conversation, std::string_view stream_id) {
  const std::int64_t now = steady_ms();
  if (now >= forget_streams_ms_) forget_old_streams(now);
  if (!conversation.streams) {
    conversation.streams = std::make_unique<LiveStreams>();
    streaming_.insert(&conversation);
  }
  LiveStreams::value_type& named = *conversation.streams->try_emplace(std::string(stream_id)).first;
  named.second.touched_ms = now;
  return named;
}

void Hub::Impl::take_delta(Conversation& conversation, const EventPtr& event) {
  if (conversation.followers.empty()) return;
  LiveStreams::value_type& named = live_stream(conversation, event->stream_id);
  LiveStream& stream = named.second;
  const std::int64_t last = last_n(stream);
  if (stream.ended || event->n <= last) return;
  if (!stream.held.empty() && event->n != last + 1) send_delta(conversation, named);  // one was lost
  stream.held.push_back(event);
  stream.held_bytes += event->frame.size();
  const bool full = stream.held_bytes > limits_.stream_held_bytes_max || stream.held.size() >= appends_held_max;
  if (full || stream.touched_ms >= stream.next_ms) return send_delta(conversation, named);
  if (stream.due_ms != 0) return;
  stream.due_ms = stream.next_ms;
  deltas_.emplace(stream.due_ms, &conversation, &named);
  wake_at(stream.due_ms);
}

std::int64_t Hub::Impl::window_of(const Conversation& conversation) const {
  std::size_t sessions = 0;
  for (const Follower& follower : conversation.followers) sessions += follower.user->sessions.size();
  const std::size_t above = sessions > limits_.stream_audience ? sessions - limits_.stream_audience : 0;
  return std::min(limits_.stream_window_ms + static_cast<std::int64_t>(above / 2), limits_.stream_window_max_ms);
}

/// What is held, to everybody.
void Hub::Impl::send_delta(Conversation& conversation, LiveStreams::value_type& named) {
  LiveStream& stream = named.second;
  const std::string frame = delta_frame(stream.held);
  if (stream.watchers.empty()) {
    to_followers(conversation, frame, conversation.since_max + 1, true);
  } else {
    send_around_watchers(conversation, stream, frame);
  }
  if (stream.due_ms != 0) deltas_.erase({stream.due_ms, &conversation, &named});
  stream.sent_n = stream.held.back()->n;
  stream.next_ms = steady_ms() + window_of(conversation);
  stream.due_ms = 0;
  stream.held.clear();
  stream.held_bytes = 0;
}

void Hub::Impl::send_around_watchers(Conversation& conversation, LiveStream& stream, std::string_view frame) {
  flush_run();
  const std::int64_t from = stream.held.front()->n;
  const FrameSlice slice = pool_.put(frame);
  counts_.frames++;
  for (const Follower& follower : conversation.followers) {
    for (Session* session : follower.user->sessions) {
      LiveStream::Watcher* watcher = session->watching_ > 0 ? find_watcher(stream, *session) : nullptr;
      if (watcher == nullptr || (watcher->n < from && !watcher->waiting)) {
        push(*session, slice, true);
        continue;
      }
      const auto lacking = std::find_if(stream.held.begin(), stream.held.end(),
                                        [&](const EventPtr& append) { return append->n > watcher->n; });
      if (lacking == stream.held.end()) continue;
      std::string own = delta_frame(std::span(lacking, stream.held.end()));
      watcher->n = stream.held.back()->n;
      if (watcher->waiting) {
        watcher->frames.push_back(std::move(own));
      } else {
        push(*session, pool_.put(own), true);
      }
    }
  }
  std::erase_if(stream.watchers, [&](const LiveStream::Watcher& watcher) {
    const bool like_others = !watcher.waiting && watcher.n <= stream.held.back()->n;
    if (like_others) watcher.session->watching_--;
    return like_others;
  });
}

void Hub::Impl::send_due_deltas(std::int64_t now_ms) {
  while (!deltas_.empty() && std::get<0>(*deltas_.begin()) <= now_ms) {
    const auto [due_ms, conversation, named] = *deltas_.begin();
    send_delta(*conversation, *named);
  }
}

/// Its end is about to be forwarded: nothing may follow that.
void Hub::Impl::end_stream(Conversation& conversation, std::string_view stream_id) {
  LiveStreams::value_type& named = live_stream(conversation, stream_id);
  LiveStream& stream = named.second;
  if (!stream.held.empty()) send_delta(conversation, named);
  stream.ended = true;
  // No delta will come that would make the others like everybody else.
  std::erase_if(stream.watchers, [](const LiveStream::Watcher& watcher) {
    if (!watcher.waiting) watcher.session->watching_--;
    return !watcher.waiting;
  });
}

// --- watchers ---

bool Hub::Impl::catch_up(Conversation& conversation, Session& session, std::string_view stream_id, std::int64_t n) {
  LiveStream& stream = live_stream(conversation, stream_id).second;
  if (stream.ended || stream.sent_n > n) return false;
  if (LiveStream::Watcher* known = find_watcher(stream, session)) {
    known->n = n;  // it asked twice: what it is given last counts
    known->waiting = true;
    known->frames.clear();
    return true;
  }
  stream.watchers.push_back({&session, n, true, {}});
  session.watching_++;
  return true;
}

void Hub::Impl::caught_up(Conversation& conversation, Session& session, std::string_view stream_id) {
  if (session.watching_ == 0) return;
  LiveStream& stream = live_stream(conversation, stream_id).second;
  LiveStream::Watcher* watcher = find_watcher(stream, session);
  if (watcher == nullptr) return;
  for (const std::string& frame : watcher->frames) send(session, frame, true);
  watcher->frames.clear();
  watcher->waiting = false;
  if (!stream.ended && watcher->n != stream.sent_n) return;  // it stands between two deltas: the next is cut for it
  stream.watchers.erase(stream.watchers.begin() + (watcher - stream.watchers.data()));
  session.watching_--;
}

void Hub::Impl::forget_watcher(Conversation& conversation, Session& session) {
  if (session.watching_ == 0 || !conversation.streams) return;
  for (auto& [stream_id, stream] : *conversation.streams) {
    session.watching_ -= static_cast<std::uint32_t>(std::erase_if(
        stream.watchers, [&](const LiveStream::Watcher& watcher) { return watcher.session == &session; }));
  }
}

// --- forgetting ---

void Hub::Impl::forget_old_streams(std::int64_t now_ms) {
  forget_streams_ms_ = now_ms + std::min(forget_every_ms, limits_.stream_forget_ms);
  const std::int64_t before = now_ms - limits_.stream_forget_ms;
  std::erase_if(streaming_, [&](Conversation* conversation) {
    std::erase_if(*conversation->streams, [&](const LiveStreams::value_type& named) {
      const LiveStream& stream = named.second;
      return stream.touched_ms < before && stream.held.empty() && stream.watchers.empty();
    });
    if (conversation->streams->empty()) conversation->streams.reset();
    return !conversation->streams;
  });
}

void Hub::Impl::forget_streams(Conversation& conversation) {
  if (!conversation.streams) return;
  for (auto& named : *conversation.streams) {
    if (named.second.due_ms != 0) deltas_.erase({named.second.due_ms, &conversation, &named});
  }
  streaming_.erase(&conversation);
  conversation.streams.reset();
}

}  // namespace aiim
