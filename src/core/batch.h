// core/batch.h: the writes that go into one append, from ruling to answer. Pure but for the
// answers' callbacks; the sequencer (sequencer.h) does the waiting.
//
// Each write is judged on the state as the ones before it would leave it. Nothing is answered
// before the append is settled: what was ruled on a state that never came to be is ruled again.
#pragma once

#include <memory>
#include <variant>
#include <vector>

#include "base/random.h"
#include "base/task.h"
#include "core/channel_rules.h"
#include "core/channels.h"
#include "core/event_log.h"
#include "core/rate_limiter.h"

namespace yap::core {

struct PendingWrite {
  Command command;
  Deadline deadline;
  Callback<Written> done;
  bool paid = false;  // Its rate; once, however often it is judged.
};

// What a judgement needs beside the state.
struct Bench {
  RuleLimits limits;
  WallTime now;
  MonoTime mono;
  std::size_t pending_effects = 0;  // Events whose effects wait; see kPendingEffectsMax.
  WriteGate& gate;
};

// Is `event` what came of an earlier attempt at this write?
bool IsOf(const Event& event, const Command& command);

class Batch {
 public:
  // Draws a key for each write that has none. REQUIRES: 1 <= writes.size(), and all their events
  // fit one append.
  Batch(std::vector<PendingWrite> writes, Random& random);

  std::size_t size() const { return entries_.size(); }
  Deadline LatestDeadline() const;

  // Keys to look up before judging: of writes that may be repeats. The answer goes to Found.
  std::vector<std::size_t> ToLookUp() const;
  const Command& command(std::size_t entry) const { return entries_[entry].write.command; }
  void Found(std::size_t entry, const KeyMatch& match);
  void NotFound(std::size_t entry);
  // The key cannot be looked up, for good: `error` is the answer to this write, and to no other.
  void Refused(std::size_t entry, Error error);
  // An append of this batch may have been stored: every key has to be looked up, after which …
  void DoubtAll();
  // … it is known.
  void DoubtsResolved() { doubtful_ = false; }
  bool doubtful() const { return doubtful_; }
  // The same for writes whose key `event`, which somebody else stored, carries.
  void DoubtIfSame(const Event& event);

  // The log was read to its head since the batch was taken, and all of it is in the state.
  void SawHead() { saw_head_ = true; }
  bool saw_head() const { return saw_head_; }

  // Rules on every write and folds what it would store into `state`.
  void Judge(ChannelState& state, const Bench& bench);
  bool HasDrafts() const { return !events_.empty(); }
  // Some writes are refused by the state, or so already: true as far as the state is the newest.
  bool RestsOnState() const { return rests_on_state_; }
  // What to append, after the head that the state had before Judge.
  std::vector<Draft> Drafts() const;
  // The head the drafts are to follow.
  const Head& base() const { return base_; }
  // The state as it was before Judge.
  void Revert(ChannelState& state);

  // The append is settled: `state` is left as the store has it, and answers are ready. The events
  // that were stored, in order. REQUIRES: Judge was called, and one `appended` per draft.
  std::vector<EventPtr> Settle(ChannelState& state, const std::vector<Appended>& appended);
  // Seqs of events that were there before and may never have been announced.
  std::vector<Seq> Repeats() const;

  // Calls every `done`, each once. Settle, or Judge without drafts, came before.
  void Answer(const ChannelState& state);
  void AnswerAll(const Error& error);

 private:
  struct Drafted {
    std::size_t first = 0;  // Into events_.
  };
  struct SameAs {
    std::size_t first = 0;  // The same write came earlier in this batch.
  };
  using Outcome = std::variant<std::monostate, Drafted, SameAs, AlreadySo, KeyMatch, Error>;
  struct Entry {
    PendingWrite write;
    Digest fingerprint;
    bool look_up;  // Its key; not looked up yet.
    std::optional<KeyMatch> match = std::nullopt;
    std::optional<Error> refused = std::nullopt;  // Whatever the rules would say.
    Outcome outcome = {};
  };

  Outcome JudgeOne(std::size_t index, ChannelState& state, const Bench& bench);
  std::optional<Outcome> Earlier(std::size_t index) const;
  Result<> CheckPlace(Entry& entry, const std::vector<Body>& bodies, const ChannelState& state,
                      const Bench& bench);
  Drafted Place(const Entry& entry, std::vector<Body> bodies, ChannelState& state, WallTime now);
  Result<Written> ResultOf(const Outcome& outcome, const ChannelState& state) const;
  Seq Settled(Seq seq) const;

  std::vector<Entry> entries_;
  bool doubtful_ = false;
  bool saw_head_ = false;

  // Of one judgement.
  Head base_;                                   // The head it was made on.
  std::vector<std::shared_ptr<Event>> events_;  // Dense after base_, and …
  std::vector<Digest> fingerprints_;            // … what goes with each into its draft, …
  std::vector<ChannelState::Change> changes_;   // … and how to take it out of the state.
  std::vector<Appended> appended_;              // What became of each, once settled.
  bool rests_on_state_ = false;                 // See RestsOnState.
};

}  // namespace yap::core
