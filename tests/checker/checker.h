// tests/checker/checker.h: did a run keep the delivery contract (lines C1 to C5)? Every load, fault
// test and simulation records what it did and saw here; nothing is ever run unchecked. The model is
// Jepsen's set-full and total-queue, per channel. Not thread-safe: one history per thread, then
// Merge.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace yap::checker {

enum class Answer : std::uint8_t {
  kStored,   // OK, with a seq.
  kRefused,  // A definite error: this attempt, and every other with the key, stored nothing.
  kUnknown,  // No answer, or one that promises nothing.
};

// One message as its sender knows it after its last attempt. Times are any monotonic count.
struct Send {
  std::string channel;
  std::string key;
  std::int64_t invoked = 0;
  std::int64_t answered = 0;
  Answer answer = Answer::kUnknown;
  std::uint64_t seq = 0;
};

// One event as a stream delivered it; `key` is empty for events that are no message.
struct Delivery {
  std::uint64_t seq = 0;
  std::string key;
  std::int64_t at = 0;
};

struct Verdict {
  std::uint64_t sends = 0;
  std::uint64_t stored = 0;
  std::uint64_t unknown = 0;
  std::uint64_t deliveries = 0;

  std::uint64_t lost = 0;  // Acknowledged, and missing from a stream that went beyond it (C1, C3).
  std::uint64_t resurrected = 0;  // Refused for good, and delivered (C6).
  std::uint64_t duplicated = 0;  // One key under two seqs, or one seq twice on one stream (C3, C5).
  std::uint64_t gaps = 0;        // A stream went from n to more than n + 1 (C3).
  std::uint64_t reordered =
      0;  // A stream went backwards, or acknowledged order was broken (C2, C3).
  std::uint64_t disagreed =
      0;  // Two streams, or an answer and a stream, name another key for a seq (C2).
  std::int64_t worst_lag = 0;  // Largest delivery time minus answer time of a stored message.
  std::vector<std::string> findings;  // The first of each kind, for people; bounded.

  bool Ok() const { return lost + resurrected + duplicated + gaps + reordered + disagreed == 0; }
  // "12 sends, 12 stored, … 0 lost, 0 doubled, 0 gaps, 0 reordered".
  std::string Summary() const;
};

class History {
 public:
  void Add(Send send);
  // A stream is what one reader saw of one channel over all its resumes: its first event may have
  // any seq, every later one must be the next.
  void Deliver(std::string_view stream, std::string_view channel, Delivery delivery);
  // Says that the stream was read to this head: everything up to it must have been delivered.
  void ReadTo(std::string_view stream, std::string_view channel, std::uint64_t head);
  void Merge(History other);

  // One JSON object a line: {"send":{…}}, {"deliver":{…}} or {"read_to":{…}} with the fields above.
  // Returns an explanation for the first line it cannot read, empty otherwise.
  std::string ReadJsonLines(std::string_view text);

  Verdict Check() const;

 private:
  struct Stream {
    std::vector<Delivery> deliveries;
    std::uint64_t read_to = 0;
  };
  struct Channel {
    std::vector<Send> sends;
    std::map<std::string, Stream, std::less<>> streams;
  };
  friend class Judge;
  std::map<std::string, Channel, std::less<>> channels_;
};

}  // namespace yap::checker
