#include "edge/frame_budget.h"

#include <algorithm>

namespace yap::edge {
namespace {

// RFC 9113, section 6.
constexpr std::uint8_t kData = 0;
constexpr std::uint8_t kHeaders = 1;
constexpr std::uint8_t kRstStream = 3;
constexpr std::uint8_t kWindowUpdate = 8;
constexpr std::uint8_t kContinuation = 9;
constexpr std::uint8_t kEndStreamFlag = 0x1;
constexpr std::uint8_t kPaddedFlag = 0x8;

FrameBudget::Verdict Unless(bool fine, Violation kind) {
  if (fine) return std::nullopt;
  return kind;
}

}  // namespace

FrameBudget::FrameBudget(const Budgets& budgets, MonoTime now)
    : budgets_(budgets),
      opens_(budgets.opens, now),
      resets_(budgets.resets, now),
      controls_(budgets.controls, now),
      window_updates_(budgets.window_updates, now) {}

FrameBudget::Verdict FrameBudget::OnFrame(const FrameHeader& frame, MonoTime now) {
  switch (frame.type) {
    case kData:
      return OnData(frame, now);
    case kHeaders:
      return OnHeaders(frame, now);
    case kContinuation:
      if (auto verdict = OnHeaderBytes(frame.length)) return verdict;
      return OnControl(now);
    case kRstStream:
      return Unless(resets_.Take(now), Violation::kResets);
    case kWindowUpdate:
      return OnWindowUpdate(now);
    default:
      return OnControl(now);
  }
}

// Padded frames that may be padding alone count as empty: no gRPC client pads.
FrameBudget::Verdict FrameBudget::OnData(const FrameHeader& frame, MonoTime now) {
  if (frame.length > kSmallDataBytes) return std::nullopt;
  const bool padded = (frame.flags & kPaddedFlag) != 0;
  if (frame.length > 0 && !padded && small_data_left_ > 0) {
    --small_data_left_;
    return std::nullopt;
  }
  if ((frame.flags & kEndStreamFlag) != 0 && half_closes_left_ > 0) {
    --half_closes_left_;
    return std::nullopt;
  }
  return OnControl(now);
}

FrameBudget::Verdict FrameBudget::OnHeaders(const FrameHeader& frame, MonoTime now) {
  block_wire_bytes_ = 0;
  if (auto verdict = OnHeaderBytes(frame.length)) return verdict;
  if (frame.stream_id <= last_opened_) return OnControl(now);  // Trailers, or nonsense.
  last_opened_ = frame.stream_id;
  if (!opens_.Take(now)) return Violation::kOpens;
  if ((frame.flags & kEndStreamFlag) == 0) {
    ++half_closes_left_;
    small_data_left_ = std::min(small_data_left_ + kSmallDataPerStream, kSmallDataMax);
  }
  EarnWindowUpdates();
  return std::nullopt;
}

FrameBudget::Verdict FrameBudget::OnHeaderBytes(std::size_t bytes) {
  block_wire_bytes_ += bytes;
  return Unless(block_wire_bytes_ <= budgets_.header_block_bytes_max, Violation::kHeaderBlock);
}

FrameBudget::Verdict FrameBudget::OnControl(MonoTime now) {
  return Unless(controls_.Take(now), Violation::kControls);
}

FrameBudget::Verdict FrameBudget::OnWindowUpdate(MonoTime now) {
  if (window_updates_earned_ >= 1) {
    window_updates_earned_ -= 1;
    return std::nullopt;
  }
  return Unless(window_updates_.Take(now), Violation::kWindowUpdates);
}

FrameBudget::Verdict FrameBudget::OnField(std::size_t bytes) {
  block_unpacked_bytes_ += bytes;
  return Unless(block_unpacked_bytes_ <= budgets_.header_block_bytes_max, Violation::kHeaderBlock);
}

FrameBudget::Verdict FrameBudget::OnResetSent(MonoTime now) {
  return Unless(resets_.Take(now), Violation::kResets);
}

void FrameBudget::OnDataSent() {
  controls_.Fill();
  EarnWindowUpdates();
}

void FrameBudget::EarnWindowUpdates() {
  window_updates_earned_ =
      std::min(window_updates_earned_ + budgets_.window_updates_earned, kEarnedMax);
}

}  // namespace yap::edge
