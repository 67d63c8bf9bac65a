#include "pivotd/service/main_loop.h"

#include <utility>

#include <glib-unix.h>

#include "pivotd/glib/gptr.h"

namespace pivotd::service {

namespace {

using Action = std::function<void()>;

void destroy_action(gpointer data) noexcept {
  delete static_cast<Action*>(data);
}

gboolean run_once(gpointer data) noexcept {
  (*static_cast<Action*>(data))();
  return G_SOURCE_REMOVE;
}

gboolean run_again(gpointer data) noexcept {
  (*static_cast<Action*>(data))();
  return G_SOURCE_CONTINUE;
}

gboolean run_for_fd(gint, GIOCondition, gpointer data) noexcept {
  return run_again(data);
}

// Owns a reference to the source; the context has another while it is attached.
using Source = std::unique_ptr<GSource, glib::Deleter<g_source_unref>>;

Source attach(GMainContext* context, GSource* source, int priority, GSourceFunc callback,
              Action action) {
  Source owned(source);
  g_source_set_priority(source, priority);
  g_source_set_callback(source, callback, std::make_unique<Action>(std::move(action)).release(),
                        destroy_action);
  g_source_attach(source, context);
  return owned;
}

}  // namespace

// A context of its own: whatever is still posted to it goes with it.
struct MainLoop::Handles {
  glib::MainContext context{g_main_context_new()};
  glib::MainLoop loop{g_main_loop_new(context.get(), FALSE)};
};

MainLoop::Event::Event(Event&& other) noexcept : source_(std::exchange(other.source_, nullptr)) {}

MainLoop::Event& MainLoop::Event::operator=(Event&& other) noexcept {
  const Event old(std::exchange(source_, std::exchange(other.source_, nullptr)));
  return *this;
}

MainLoop::Event::~Event() {
  if (source_ == nullptr) return;
  g_source_destroy(source_);
  g_source_unref(source_);
}

MainLoop::MainLoop() : handles_(std::make_unique<Handles>()) {}
MainLoop::~MainLoop() = default;

void MainLoop::run() {
  g_main_loop_run(handles_->loop.get());
}

void MainLoop::quit() {
  g_main_loop_quit(handles_->loop.get());
}

void MainLoop::post(std::function<void()> work) {
  (void)attach(handles_->context.get(), g_idle_source_new(), G_PRIORITY_DEFAULT, run_once,
               std::move(work));
}

MainLoop::Event MainLoop::on_signal(int number, std::function<void()> action) {
  return Event(attach(handles_->context.get(), g_unix_signal_source_new(number), G_PRIORITY_HIGH,
                      run_again, std::move(action))
                   .release());
}

MainLoop::Event MainLoop::on_readable(int fd, std::function<void()> action) {
  // g_unix_fd_source_new() calls a GUnixFDSourceFunc; GLib's own convention is to pass it as a
  // GSourceFunc.
  return Event(attach(handles_->context.get(), g_unix_fd_source_new(fd, G_IO_IN),
                      G_PRIORITY_DEFAULT, G_SOURCE_FUNC(run_for_fd), std::move(action))
                   .release());
}

MainLoop::Event MainLoop::after(std::chrono::milliseconds delay, std::function<void()> action) {
  return Event(attach(handles_->context.get(),
                      g_timeout_source_new(static_cast<guint>(delay.count())), G_PRIORITY_DEFAULT,
                      run_once, std::move(action))
                   .release());
}

}  // namespace pivotd::service
