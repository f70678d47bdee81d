#include "core/batch.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "core/projection.h"
#include "core/reasons.h"

namespace yap::core {
namespace {

// The events that found a channel carry keys of the channel, not of the request: whoever finishes
// an unfinished creation writes the same ones.
ClientKey FoundingKey(ChannelId channel, std::size_t index) {
  ClientKey key{};
  for (std::size_t i = 0; i < 8; ++i) {
    key[i] = static_cast<std::byte>(channel.value >> (8 * (7 - i)));
    key[i + 8] = static_cast<std::byte>((index + 1) >> (8 * (7 - i)));
  }
  return key;
}

ClientKey KeyOf(const Command& command, ChannelId channel, std::size_t index) {
  const bool founds = std::holds_alternative<FoundChannel>(command.action);
  return founds ? FoundingKey(channel, index) : command.key;
}

bool SameWrite(const Command& a, const Command& b) {
  return a.actor.user == b.actor.user && a.key == b.key;
}

Error KeyReused(Seq seq) {
  return MakeError(Errc::kAlreadyExists, reason::kKeyReused,
                   fmt::format("this key was used before, for another write (event {}); use a new "
                               "key for a new thing, and the same body for a retry",
                               seq.value))
      .With("seq", fmt::format("{}", seq.value));
}

Error DeadlinePassed() {
  return MakeError(Errc::kDeadlineExceeded, reason::kDeadline,
                   "the deadline passed before the write's turn came; try again with the same key");
}

Error EffectsFull() {
  return MakeError(Errc::kResourceExhausted, reason::kQueueFull,
                   "more joins, leaves and removals of this channel wait to be told to their users "
                   "than the server keeps; try again in a second")
      .With("queue", "effects")
      .RetryAfter(std::chrono::seconds(1));
}

}  // namespace

Batch::Batch(std::vector<PendingWrite> writes, Random& random) {
  entries_.reserve(writes.size());
  for (auto& write : writes) {
    if (IsNone(write.command.key)) random.Fill(write.command.key);
    const auto fingerprint = FingerprintOf(write.command.action);
    const bool look_up = write.command.maybe_repeated;
    entries_.push_back({std::move(write), fingerprint, look_up});
  }
}

Deadline Batch::LatestDeadline() const {
  Deadline latest = entries_.front().write.deadline;
  for (const auto& entry : entries_) latest = std::max(latest, entry.write.deadline);
  return latest;
}

std::vector<std::size_t> Batch::ToLookUp() const {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const bool founds = std::holds_alternative<FoundChannel>(command(i).action);
    const bool settled = entries_[i].match || entries_[i].refused;
    if (entries_[i].look_up && !settled && !founds) out.push_back(i);
  }
  return out;
}

void Batch::Found(std::size_t entry, const KeyMatch& match) { entries_[entry].match = match; }

void Batch::NotFound(std::size_t entry) { entries_[entry].look_up = false; }

void Batch::Refused(std::size_t entry, Error error) { entries_[entry].refused = std::move(error); }

void Batch::DoubtAll() {
  doubtful_ = true;
  for (auto& entry : entries_) {
    Command& command = entry.write.command;
    const bool first = !command.maybe_repeated && command.first_attempt_head == Seq();
    if (first) command.first_attempt_head = base_.seq;
    entry.look_up = true;
  }
}

bool IsOf(const Event& event, const Command& command) {
  return event.actor.user == command.actor.user && event.key == command.key;
}

void Batch::DoubtIfSame(const Event& event) {
  for (auto& entry : entries_) {
    if (IsOf(event, entry.write.command)) entry.look_up = true;
  }
}

void Batch::Judge(ChannelState& state, const Bench& bench) {
  base_ = state.head();
  events_.clear();
  fingerprints_.clear();
  changes_.clear();
  appended_.clear();
  rests_on_state_ = false;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    entries_[i].outcome = JudgeOne(i, state, bench);
  }
}

Batch::Outcome Batch::JudgeOne(std::size_t index, ChannelState& state, const Bench& bench) {
  Entry& entry = entries_[index];
  if (entry.match) {
    if (entry.match->fingerprint != entry.fingerprint) return KeyReused(entry.match->seq);
    return *entry.match;
  }
  if (entry.refused) return *entry.refused;
  if (auto earlier = Earlier(index)) return std::move(*earlier);
  if (bench.mono >= entry.write.deadline.at) return DeadlinePassed();
  auto ruling = core::Judge(entry.write.command, state, bench.limits);
  rests_on_state_ = rests_on_state_ || !ruling || std::holds_alternative<AlreadySo>(*ruling);
  if (!ruling) return std::move(ruling).error();
  if (const auto* already = std::get_if<AlreadySo>(&*ruling)) return *already;
  auto bodies = std::get<std::vector<Body>>(std::move(*ruling));
  if (auto placed = CheckPlace(entry, bodies, state, bench); !placed) {
    return std::move(placed).error();
  }
  return Place(entry, std::move(bodies), state, bench.now);
}

// The same write twice in one batch is written once; the store would say so too, but the numbers
// of what follows would be off.
std::optional<Batch::Outcome> Batch::Earlier(std::size_t index) const {
  const Entry& entry = entries_[index];
  for (std::size_t i = 0; i < index; ++i) {
    const Entry& other = entries_[i];
    if (!SameWrite(other.write.command, entry.write.command)) continue;
    if (other.fingerprint == entry.fingerprint) return SameAs{i};
    if (const auto* drafted = std::get_if<Drafted>(&other.outcome)) {
      return KeyReused(events_[drafted->first]->seq);
    }
  }
  return std::nullopt;
}

Result<> Batch::CheckPlace(Entry& entry, const std::vector<Body>& bodies, const ChannelState& state,
                           const Bench& bench) {
  const bool effects = std::ranges::any_of(bodies, HasEffects);
  if (effects && bench.pending_effects >= kPendingEffectsMax) return Fail(EffectsFull());
  const Command& command = entry.write.command;
  if (command.authority == Authority::kServer || entry.write.paid) return {};
  const bool message = std::holds_alternative<PostMessage>(command.action);
  YAP_TRY_VOID(bench.gate.Pay(command.actor.user, message, state.name(), bench.mono));
  entry.write.paid = true;
  return {};
}

Batch::Drafted Batch::Place(const Entry& entry, std::vector<Body> bodies, ChannelState& state,
                            WallTime now) {
  const Command& command = entry.write.command;
  const Drafted drafted{events_.size()};
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    const Head head = state.head();
    const std::uint64_t countable = head.countable + (IsCountable(bodies[i]) ? 1 : 0);
    auto event = std::make_shared<Event>(
        Event{state.id(), head.seq.Next(), head.epoch, ShownTime(now, head.time), command.actor,
              KeyOf(command, state.id(), i), countable, std::move(bodies[i])});
    changes_.push_back(state.Fold(*event));
    events_.push_back(std::move(event));
    fingerprints_.push_back(entry.fingerprint);
  }
  return drafted;
}

std::vector<Draft> Batch::Drafts() const {
  std::vector<Draft> drafts;
  drafts.reserve(events_.size());
  for (std::size_t i = 0; i < events_.size(); ++i) {
    const Event& e = *events_[i];
    drafts.push_back({e.actor, e.key, e.time, e.body, fingerprints_[i]});
  }
  return drafts;
}

void Batch::Revert(ChannelState& state) {
  while (!changes_.empty()) {
    state.Revert(std::move(changes_.back()));
    changes_.pop_back();
  }
}

std::vector<EventPtr> Batch::Settle(ChannelState& state, const std::vector<Appended>& appended) {
  YAP_CHECK(appended.size() == events_.size(), "one answer for each draft");
  appended_ = appended;
  const auto stored = [](const Appended& a) { return a.outcome == Appended::Outcome::kStored; };
  if (std::ranges::all_of(appended, stored)) return {events_.begin(), events_.end()};
  // Some were there already: those after them have lower numbers than they were judged with.
  Revert(state);
  std::vector<EventPtr> out;
  for (std::size_t i = 0; i < events_.size(); ++i) {
    if (!stored(appended[i])) continue;
    events_[i]->seq = appended[i].seq;
    events_[i]->time = appended[i].time;
    events_[i]->countable = appended[i].countable;
    state.Fold(*events_[i]);
    out.push_back(events_[i]);
  }
  return out;
}

std::vector<Seq> Batch::Repeats() const {
  std::vector<Seq> seqs;
  for (const auto& entry : entries_) {
    if (const auto* match = std::get_if<KeyMatch>(&entry.outcome)) seqs.push_back(match->seq);
  }
  for (const auto& appended : appended_) {
    if (appended.outcome == Appended::Outcome::kDuplicate) seqs.push_back(appended.seq);
  }
  return seqs;
}

// What a seq of the judgement became.
Seq Batch::Settled(Seq seq) const {
  if (seq <= base_.seq) return seq;
  return appended_[seq.Since(base_.seq) - 1].seq;
}

Result<Written> Batch::ResultOf(const Outcome& outcome, const ChannelState& state) const {
  const Epoch epoch = state.head().epoch;
  if (const auto* error = std::get_if<Error>(&outcome)) return Fail(*error);
  if (const auto* match = std::get_if<KeyMatch>(&outcome)) {
    return Written{state.id(), match->seq, match->time, match->epoch};
  }
  if (const auto* already = std::get_if<AlreadySo>(&outcome)) {
    return Written{state.id(), Settled(already->seq), WallTime(), epoch, true};
  }
  if (const auto* same = std::get_if<SameAs>(&outcome)) {
    return ResultOf(entries_[same->first].outcome, state);
  }
  const auto& appended = appended_[std::get<Drafted>(outcome).first];
  if (appended.outcome == Appended::Outcome::kKeyReused) return Fail(KeyReused(appended.seq));
  return Written{state.id(), appended.seq, appended.time, epoch};
}

void Batch::Answer(const ChannelState& state) {
  for (auto& entry : entries_) entry.write.done(ResultOf(entry.outcome, state));
}

void Batch::AnswerAll(const Error& error) {
  for (auto& entry : entries_) entry.write.done(Fail(error));
}

}  // namespace yap::core
