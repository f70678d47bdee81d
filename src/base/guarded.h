// base/guarded.h: data of several threads lives inside its lock.
#pragma once

#include <mutex>
#include <utility>

namespace yap {

// `guarded.With([](T& value) { … })` is the only way in. Never call into a port, a callback or
// another Guarded from inside.
template <class T>
class Guarded {
 public:
  Guarded() = default;
  explicit Guarded(T value) : value_(std::move(value)) {}

  template <class F>
  decltype(auto) With(F&& f) {
    std::lock_guard lock(mutex_);
    return std::forward<F>(f)(value_);
  }
  template <class F>
  decltype(auto) With(F&& f) const {
    std::lock_guard lock(mutex_);
    return std::forward<F>(f)(value_);
  }

 private:
  mutable std::mutex mutex_;
  T value_;
};

}  // namespace yap
