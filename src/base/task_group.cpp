#include "base/task_group.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <list>
#include <utility>

#include "base/log.h"

namespace aiim {

namespace asio = boost::asio;

struct TaskGroup::State {
  State(asio::any_io_executor on, std::string_view called)
      : executor(std::move(on)), name(called), emptied(executor, asio::steady_timer::time_point::max()) {}

  struct Task {
    std::string_view what;
    asio::cancellation_signal signal;
    bool ended = false;
  };

  asio::any_io_executor executor;
  std::string_view name;
  std::list<Task> tasks;
  std::size_t running = 0;
  bool cancelling = false;  // while signals are emitted no task leaves the list
  bool ending = false;
  asio::steady_timer emptied;  // never expires; cancelled to wake those who join

  void end(std::list<Task>::iterator task, std::exception_ptr exception) {
    if (exception) report(task->what, std::move(exception));
    if (cancelling) {
      task->ended = true;
    } else {
      tasks.erase(task);
    }
    if (--running == 0) emptied.cancel();
  }

  void report(std::string_view what, std::exception_ptr exception) const {
    try {
      std::rethrow_exception(std::move(exception));
    } catch (const boost::system::system_error& error) {
      if (error.code() == asio::error::operation_aborted) return;
      log_error("task_failed", {{"group", name}, {"task", what}, {"error", error.what()}});
    } catch (const std::exception& error) {
      log_error("task_failed", {{"group", name}, {"task", what}, {"error", error.what()}});
    } catch (...) {
      log_error("task_failed", {{"group", name}, {"task", what}, {"error", "an unknown exception"}});
    }
  }
};

TaskGroup::TaskGroup(asio::any_io_executor executor, std::string_view name)
    : state_(std::make_shared<State>(std::move(executor), name)) {}

TaskGroup::~TaskGroup() {
  if (state_->running == 0) return;
  log_error("tasks_not_joined", {{"group", state_->name}, {"tasks", state_->running}});
  cancel_all();
}

void TaskGroup::spawn(std::string_view what, asio::awaitable<void> task) {
  if (state_->ending) return;
  auto at = state_->tasks.emplace(state_->tasks.end());
  at->what = what;
  ++state_->running;
  auto ended = [state = state_, at](std::exception_ptr exception) { state->end(at, std::move(exception)); };
  asio::co_spawn(state_->executor, std::move(task), asio::bind_cancellation_slot(at->signal.slot(), std::move(ended)));
}

void TaskGroup::cancel_all() {
  auto state = state_;  // a task's end may destroy the group
  state->ending = true;
  if (state->cancelling) return;
  state->cancelling = true;
  for (auto& task : state->tasks) {
    if (!task.ended) task.signal.emit(asio::cancellation_type::terminal);
  }
  state->cancelling = false;
  state->tasks.remove_if([](const State::Task& task) { return task.ended; });
}

asio::awaitable<void> TaskGroup::join() {
  auto state = state_;
  while (state->running > 0) {
    boost::system::error_code woken;
    auto token = asio::redirect_error(asio::use_awaitable, woken);
    co_await state->emptied.async_wait(token);
  }
}

std::size_t TaskGroup::size() const { return state_->running; }

}  // namespace aiim
