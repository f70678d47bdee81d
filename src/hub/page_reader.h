// hub/page_reader.h: reads of the store that end in a definite answer: dense events, or the reason
// why there are none. What is temporary is tried again, with back-off and jitter.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "base/task.h"
#include "core/limits.h"
#include "hub/env.h"

namespace yap::hub {

struct PageRead {
  enum class Found : std::uint8_t {
    kEvents,        // `events` follow `after` without holes; none: `after` is the head.
    kTruncated,     // What follows `after` is gone; the log starts with `first_available`.
    kEpochChanged,  // The log lives another life: `head` says which.
    kGone,          // There is no such channel any more.
    kUnwanted,      // Given up: nobody wants it.
  };
  Found found = Found::kUnwanted;
  std::vector<core::EventPtr> events;
  core::Head head;
  core::Seq first_available;
};

struct PageRequest {
  core::ChannelId channel;
  core::Epoch epoch;  // The life of the log that is meant.
  core::Seq after;
  std::size_t limit = core::kReadPageMax;
  core::Seq known{};  // The log has had this event: a head below it is another life.
};

// How many things may be under way at once. One thread; waiters go first come, first served.
class Permits {
 public:
  explicit Permits(std::size_t count) : free_(count) {}
  asio::awaitable<void> Acquire();
  void Release();

 private:
  std::size_t free_;
  std::deque<Callback<void>> waiting_;
};

// One per I/O thread, and used on it.
class PageReader {
 public:
  explicit PageReader(std::shared_ptr<Env> env);

  // Goes on until there is an answer, or `wanted` says no. Holds one of the thread's share of
  // page_reads_max while it reads, not while it waits to try again.
  asio::awaitable<PageRead> Read(PageRequest request, std::function<bool()> wanted);

 private:
  enum class Verdict : std::uint8_t { kAnswer, kRetryNow, kRetryLater, kConfirm };

  asio::awaitable<Result<core::EventPage>> ReadOnce(PageRequest request);
  static Verdict Judge(const PageRequest& request, Result<core::EventPage>& page, PageRead& out);
  asio::awaitable<bool> ConfirmOtherLife(PageRequest request, PageRead& out);
  Duration Pause(unsigned attempt);

  const std::shared_ptr<Env> env_;
  Permits permits_;
};

}  // namespace yap::hub
