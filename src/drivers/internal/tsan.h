// drivers/internal/tsan.h: ThreadSanitizer does not see how the Rust library passes a call from one
// thread to another; these two say that it does.
#pragma once

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define YAP_DRIVERS_TSAN 1
#endif
#elif defined(__SANITIZE_THREAD__)
#define YAP_DRIVERS_TSAN 1
#endif

#ifdef YAP_DRIVERS_TSAN
extern "C" {
void __tsan_acquire(void* address);
void __tsan_release(void* address);
}
#endif

namespace yap::drivers {

inline void TsanAcquire([[maybe_unused]] void* address) {
#ifdef YAP_DRIVERS_TSAN
  __tsan_acquire(address);
#endif
}

inline void TsanRelease([[maybe_unused]] void* address) {
#ifdef YAP_DRIVERS_TSAN
  __tsan_release(address);
#endif
}

}  // namespace yap::drivers
