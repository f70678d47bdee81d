#include <algorithm>
#include <set>
#include <utility>

#include "base/check.h"
#include "base/metrics.h"
#include "base/parallel.h"
#include "core/limits.h"
#include "store/errors.h"
#include "store/scylla/internal/log.h"
#include "store/scylla/internal/pending.h"
#include "store/scylla/internal/projector.h"

namespace yap::store::scylla {

using namespace core;  // NOLINT: an adapter of core's ports speaks of nothing else.
using drivers::Values;

namespace {

// One call of Append: what was asked for, and what is known of each draft so far.
struct Work {
  Work(ChannelId id, std::vector<Draft> asked)
      : channel(id), drafts(std::move(asked)), answers(drafts.size()), first(drafts.size()) {
    FindRepeats();
  }

  bool Answered(std::size_t i) const { return answers[i].has_value(); }
  // Drafts to be stored yet, in order, at most `room`. Repeats of an earlier draft are not.
  std::vector<std::size_t> Pending(std::size_t room) const {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < drafts.size() && out.size() < room; ++i) {
      if (first[i] == i && !Answered(i)) out.push_back(i);
    }
    return out;
  }
  bool Done() const { return Pending(1).empty(); }

  std::string KeyOf(std::size_t i) const { return DedupKey(drafts[i].actor.user, drafts[i].key); }
  // Answers draft i and its repeats.
  void Found(std::size_t i, const StoredKey& stored) {
    for (std::size_t j = i; j < drafts.size(); ++j) {
      if (first[j] == i) answers[j] = AnswerOf(stored, drafts[j].fingerprint);
    }
  }
  void Found(const std::map<std::string, StoredKey>& known) {
    for (const std::size_t i : Pending(drafts.size())) {
      const auto it = known.find(KeyOf(i));
      if (!IsNone(drafts[i].key) && it != known.end()) Found(i, it->second);
    }
  }
  void Stored(const Group& group) {
    for (std::size_t i = 0; i < group.events.size(); ++i) {
      const Event& event = *group.events[i];
      answers[group.draft[i]] =
          Appended{Appended::Outcome::kStored, event.seq, event.time, event.countable};
    }
    stored_some = true;
  }
  // REQUIRES: Done().
  std::vector<Appended> Answers() {
    std::vector<Appended> out;
    for (std::size_t i = 0; i < drafts.size(); ++i) {
      out.push_back(answers[i] ? *answers[i] : RepeatOf(first[i], i));
    }
    return out;
  }

  const ChannelId channel;
  const std::vector<Draft> drafts;
  std::vector<std::optional<Appended>> answers;
  std::vector<std::size_t> first;  // Of each draft: the first with its key; itself if it has none.
  bool stored_some = false;        // In an earlier bucket, by this call.

 private:
  // The answer to a repeat of a draft that was stored.
  Appended RepeatOf(std::size_t stored, std::size_t i) const {
    Appended answer = *answers[stored];
    const bool same = drafts[i].fingerprint == drafts[stored].fingerprint;
    answer.outcome = same ? Appended::Outcome::kDuplicate : Appended::Outcome::kKeyReused;
    return answer;
  }
  void FindRepeats() {
    std::map<std::string, std::size_t> seen;
    for (std::size_t i = 0; i < drafts.size(); ++i) {
      first[i] = IsNone(drafts[i].key) ? i : seen.emplace(KeyOf(i), i).first->second;
    }
  }
};

// The head moved, and not all that was asked for is stored: it has to be judged again. Where a part
// was stored already, in the bucket before, "nothing stored" would be untrue: the caller is told
// that it does not know, looks its keys up and finds them.
Error Moved(const Work& work, Seq head) {
  if (!work.stored_some) return HeadMoved(head).error();
  return MakeError(Errc::kUnavailable, reason::kStoreUnavailable,
                   "a part was stored before another writer came first; append again");
}

// What is left when the head is not the expected one is answered as stored, or has to be judged
// again. A key of this write can only lie after the head that it expected.
Task<void> FindStored(Db& db, Work& work, Seq expected, const LogHead& head, Deadline deadline) {
  const auto pending = work.Pending(work.drafts.size());
  const bool all_keyed =
      std::ranges::none_of(pending, [&](std::size_t i) { return IsNone(work.drafts[i].key); });
  if (!all_keyed) co_return Fail(Moved(work, head.seq));
  const std::int32_t last = db.buckets.Of(head.seq);
  const std::int32_t first =
      std::max(std::min(last, db.buckets.Of(expected.Next())), last - kLookBackBuckets + 1);
  for (const std::size_t i : pending) {
    YAP_CO_TRY(const auto stored,
               co_await LookUp(db, work.channel, work.KeyOf(i), first, last, deadline));
    if (!stored) co_return Fail(Moved(work, head.seq));
    work.Found(i, *stored);
  }
  co_return Result<>();
}

// The head that is expected, with all that belongs to it; or the one that is there instead. A head
// seen by this process is good enough where it is the expected one: the batch's condition judges.
// So the first write into a bucket, whose condition is "no head", is made only by who has seen the
// last event of the bucket before.
Task<LogHead> HeadFor(Db& db, ChannelId channel, Seq expected, Deadline deadline) {
  if (const auto seen = db.sightings.Head(channel); seen && seen->seq == expected) co_return *seen;
  co_return co_await FindHead(db, channel, Freshness::kSerial, deadline);
}

// Who of those that the drafts concern is a member at `head`. The rows may be newer, but then the
// head has moved and the batch is refused.
Task<Membership> MembersAt(Db& db, ChannelId channel, const LogHead& head,
                           std::vector<Draft> drafts, Deadline deadline) {
  Membership members;
  const auto users = UsersConcerned(drafts);
  if (users.empty()) co_return members;
  YAP_CO_TRY_VOID(co_await EnsureProjected(db, channel, head.changed, deadline));
  std::vector<Task<drivers::Rows>> todo;
  for (const UserId user : users) {
    todo.push_back(db.session->Execute(
        Sql::kReadMember, Values().BigInt(Signed(channel)).BigInt(Signed(user)), deadline));
  }
  YAP_CO_TRY(const auto found, co_await AwaitAllOk(std::move(todo), kParallelMax));
  for (std::size_t i = 0; i < users.size(); ++i) {
    members[users[i]] =
        !found[i].empty() && DecodeMember(found[i].front()).record.role != Role::kNone;
  }
  co_return members;
}

Task<Group> MakeGroup(Db& db, const Work& work, LogHead head, Deadline deadline) {
  const auto chosen = work.Pending(db.buckets.RoomAfter(head.seq));
  YAP_CO_TRY(auto members, co_await MembersAt(db, work.channel, head, work.drafts, deadline));
  co_return BuildGroup(work.channel, db.epoch, head, work.drafts, chosen, std::move(members));
}

Task<BatchAnswer> Send(Db& db, const Group& group, const Work& work, Deadline deadline) {
  static auto batches = metrics::NewCounter("yap_store_batches_total", "Conditional batches sent.");
  static auto lost =
      metrics::NewCounter("yap_store_batches_lost_total", "Conditional batches not applied.");
  batches.Add();
  YAP_CO_TRY(const auto rows,
             co_await db.session->Batch(BatchOf(group, work.drafts, db.buckets), deadline));
  YAP_CO_TRY_VOID(db.At(HookPoint::kAfterBatch));
  YAP_CO_TRY(auto answer, DecodeAnswer(rows));
  if (!answer.applied) lost.Add();
  co_return answer;
}

// After the batch was applied.
Task<void> Follow(Db& db, const Group& group, Deadline deadline) {
  const ChannelId channel = group.events.front()->channel;
  db.sightings.SawHead(channel, group.after);
  const std::int32_t bucket = db.buckets.Of(group.after.seq);
  if (bucket != db.buckets.Of(group.before.seq)) {
    // A hint that is not left costs a reader a few steps.
    co_await db.session->Execute(
        Sql::kPutHint, Values().BigInt(bucket).Int(bucket).BigInt(Signed(channel)), deadline);
  }
  if (group.after.changed == group.before.changed) co_return Result<>();
  YAP_CO_TRY_VOID(co_await EnsureProjected(db, channel, group.before.changed, deadline));
  co_return co_await ProjectAppended(db, channel, group.events, group.after.changed, deadline);
}

struct Step {
  LogHead head;  // By which to go on.
  bool applied = false;
};

// The batch was not applied: some keys are stored already, or the head moved, or both.
Task<Step> Learn(Db& db, Work& work, const Group& group, BatchAnswer answer, Deadline deadline) {
  work.Found(answer.known);
  const LogHead& expected = group.before;
  const bool fresh = db.buckets.IsFull(expected.seq) || expected.seq == Seq();
  const bool same = fresh ? !answer.head : answer.head && answer.head->seq == expected.seq;
  if (!same) {
    if (answer.head) db.sightings.SawHead(work.channel, *answer.head);
    YAP_CO_TRY(const auto head, co_await FindHead(db, work.channel, Freshness::kSerial, deadline));
    co_return Step{head};
  }
  if (!answer.known.empty()) co_return Step{expected};
  co_return Fail(Errc::kUnavailable, reason::kStoreUnavailable,
                 "the store refused a batch and gave no reason; append again");
}

// What fits into the bucket after `head`.
Task<Step> AppendGroup(Db& db, Work& work, LogHead head, Deadline deadline) {
  YAP_CO_TRY(const Group group, co_await MakeGroup(db, work, head, deadline));
  if (group.after.effects != head.effects) {
    YAP_CO_TRY_VOID(co_await MarkPending(db, work.channel, group.after.effects, deadline));
  }
  YAP_CO_TRY(auto answer, co_await Send(db, group, work, deadline));
  if (!answer.applied) co_return co_await Learn(db, work, group, std::move(answer), deadline);
  work.Stored(group);
  YAP_CO_TRY_VOID(co_await Follow(db, group, deadline));
  co_return Step{group.after, true};
}

}  // namespace

Task<std::vector<Appended>> Append(Db& db, ChannelId channel, std::vector<Draft> drafts,
                                   Seq expected_head, Deadline deadline) {
  YAP_CO_TRY_VOID(co_await Identify(db, channel, deadline));
  Work work(channel, std::move(drafts));
  Seq expected = expected_head;
  YAP_CO_TRY(LogHead head, co_await HeadFor(db, channel, expected, deadline));
  while (!work.Done() && head.seq == expected) {
    YAP_CO_TRY(const Step step, co_await AppendGroup(db, work, head, deadline));
    head = step.head;
    if (step.applied) expected = head.seq;
  }
  YAP_CO_TRY_VOID(co_await FindStored(db, work, expected_head, head, deadline));
  YAP_CO_TRY_VOID(co_await EnsureProjected(db, channel, head.changed, deadline));
  co_return work.Answers();
}

}  // namespace yap::store::scylla
