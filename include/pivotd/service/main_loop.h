#pragma once
// The main thread's event loop: GLib's, behind a face without GLib. Everything but post() is for
// the main thread only.

#include <chrono>
#include <functional>
#include <memory>

struct _GSource;

namespace pivotd::service {

class MainLoop {
 public:
  // An armed event; disarmed when it is destroyed.
  class Event {
   public:
    Event() = default;
    Event(Event&& other) noexcept;
    Event& operator=(Event&& other) noexcept;
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;
    ~Event();

   private:
    friend class MainLoop;
    explicit Event(_GSource* source) : source_(source) {}
    _GSource* source_ = nullptr;
  };

  MainLoop();
  MainLoop(const MainLoop&) = delete;
  MainLoop& operator=(const MainLoop&) = delete;
  ~MainLoop();

  void run();  // until quit()
  void quit();

  // From any thread: runs `work` on the main thread, in the order of the calls. What is still
  // waiting when the loop ends is dropped.
  void post(std::function<void()> work);

  [[nodiscard]] Event on_signal(int number, std::function<void()> action);
  [[nodiscard]] Event on_readable(int fd, std::function<void()> action);
  // Once.
  [[nodiscard]] Event after(std::chrono::milliseconds delay, std::function<void()> action);

 private:
  struct Handles;
  std::unique_ptr<Handles> handles_;
};

}  // namespace pivotd::service
