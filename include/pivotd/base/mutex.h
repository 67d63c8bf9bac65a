#pragma once
// A mutex that clang's -Wthread-safety understands; libstdc++'s own tells it nothing.

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define PIVOTD_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define PIVOTD_THREAD_ATTRIBUTE(x)
#endif
#define PIVOTD_GUARDED_BY(mutex) PIVOTD_THREAD_ATTRIBUTE(guarded_by(mutex))

namespace pivotd {

class PIVOTD_THREAD_ATTRIBUTE(capability("mutex")) Mutex {
 public:
  void lock() PIVOTD_THREAD_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }
  void unlock() PIVOTD_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class PIVOTD_THREAD_ATTRIBUTE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) PIVOTD_THREAD_ATTRIBUTE(acquire_capability(mutex))
      : mutex_(mutex) {
    mutex_.lock();
  }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;
  ~MutexLock() PIVOTD_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }

 private:
  Mutex& mutex_;
};

}  // namespace pivotd
