#include "bench/witness.h"

#include <algorithm>
#include <string>

namespace yap::bench {
namespace {

constexpr auto kChannel = "bench";

std::int64_t Nanoseconds(MonoTime at) { return Duration(at.time_since_epoch()).count(); }

}  // namespace

void Witness::Sent(std::uint64_t index, MonoTime at) {
  if (index == sends_.size() && index < kWitnessedMessagesMax) sends_.push_back({.invoked = at});
}

void Witness::Answered(std::uint64_t index, std::uint64_t number, MonoTime at) {
  if (index >= sends_.size()) return;
  sends_[index].number = number;
  sends_[index].answered = at;
}

void Witness::Delivered(std::size_t reader, std::uint64_t number, std::uint64_t index,
                        MonoTime at) {
  streams_[reader].push_back({number, index, at});
}

checker::Verdict Witness::Judge(std::uint64_t sent) const {
  checker::History history;
  for (std::uint64_t index = 0; index < sends_.size(); ++index) {
    const Send& send = sends_[index];
    const bool stored = send.number != kUnanswered;
    history.Add({.channel = kChannel,
                 .key = std::to_string(index),
                 .invoked = Nanoseconds(send.invoked),
                 .answered = Nanoseconds(send.answered),
                 .answer = stored ? checker::Answer::kStored : checker::Answer::kUnknown,
                 .seq = stored ? send.number + 1 : 0});
  }
  for (std::size_t reader = 0; reader < streams_.size(); ++reader) {
    const std::string name = "reader " + std::to_string(reader);
    for (const Delivery& delivery : streams_[reader]) {
      history.Deliver(
          name, kChannel,
          {delivery.number + 1, std::to_string(delivery.index), Nanoseconds(delivery.at)});
    }
    history.ReadTo(name, kChannel, std::min(sent, kWitnessedMessagesMax));
  }
  return history.Check();
}

}  // namespace yap::bench
