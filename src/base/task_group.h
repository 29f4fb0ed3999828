// Owns the coroutines that one worker spawns: nothing runs detached. A group cancels its tasks together, waits for
// their end, and logs what they threw. One thread (the executor's) uses a group.
//
//   TaskGroup tasks(io.get_executor(), "worker");
//   tasks.spawn("sweeper", run_sweeper(app));
//   …
//   tasks.cancel_all();
//   co_await tasks.join();
#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>
#include <string_view>

namespace aiim {

class TaskGroup {
 public:
  /// `name` is for the log and must outlive the group's tasks (a literal).
  TaskGroup(boost::asio::any_io_executor executor, std::string_view name);
  /// Join first. Tasks that are left are cancelled and reported; their frames die with the io_context at the latest.
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// Starts `task`: at once when called on the executor's thread, so it may have ended when this returns. An exception
  /// ends that task only and is logged under `what` (a literal); operation_aborted is a normal end.
  void spawn(std::string_view what, boost::asio::awaitable<void> task);

  /// Cancels every task (terminal cancellation: the wait that it is in ends with operation_aborted, and so does each
  /// later one). From here on spawn() starts nothing: the group is ending.
  void cancel_all();

  /// Completes when no task is left. Not for a task of the group itself.
  boost::asio::awaitable<void> join();

  std::size_t size() const;

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with each task's completion, which an io_context may destroy after the group
};

}  // namespace aiim
