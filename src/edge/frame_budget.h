// edge/frame_budget.h: counts the frames of one connection against its Budgets. Knows numbers only,
// no library and no clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "edge/frame_scanner.h"
#include "edge/limits.h"
#include "edge/token_bucket.h"
#include "edge/violation.h"

namespace yap::edge {

// Each On… answers the violation the event amounts to, or nothing. Not thread-safe.
class FrameBudget {
 public:
  using Verdict = std::optional<Violation>;

  // REQUIRES: `budgets` outlives this.
  FrameBudget(const Budgets& budgets, MonoTime now);

  // A frame came in.
  Verdict OnFrame(const FrameHeader& frame, MonoTime now);
  // A header block is about to be unpacked (later than OnFrame saw it) …
  void OnFieldsBegin() { block_unpacked_bytes_ = 0; }
  // … and gave one more field.
  Verdict OnField(std::size_t bytes);
  // RST_STREAM went out.
  Verdict OnResetSent(MonoTime now);
  void OnHeadersSent() { controls_.Fill(); }
  void OnDataSent();
  // A stream carried a served RPC.
  void OnServed() { opens_.GiveBack(); }

 private:
  // A peer may have this many WINDOW_UPDATEs in flight for what it was sent; each costs 100 ns.
  static constexpr double kEarnedMax = 100'000;

  Verdict OnData(const FrameHeader& frame, MonoTime now);
  Verdict OnHeaders(const FrameHeader& frame, MonoTime now);
  Verdict OnHeaderBytes(std::size_t bytes);
  Verdict OnControl(MonoTime now);
  Verdict OnWindowUpdate(MonoTime now);
  void EarnWindowUpdates();

  const Budgets& budgets_;
  TokenBucket opens_;
  TokenBucket resets_;
  TokenBucket controls_;
  TokenBucket window_updates_;
  double window_updates_earned_ = 0;
  std::uint32_t last_opened_ = 0;
  std::uint64_t half_closes_left_ = 0;  // Streams that may still end with an empty DATA frame.
  std::uint64_t small_data_left_ = 0;   // DATA frames of few bytes that are not counted yet.
  std::size_t block_wire_bytes_ = 0;
  std::size_t block_unpacked_bytes_ = 0;
};

}  // namespace yap::edge
