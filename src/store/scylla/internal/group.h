// store/scylla/internal/group.h: one conditional batch: how it is made from drafts, and what its
// answer says. Pure.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/event_log.h"
#include "drivers/rows.h"
#include "drivers/values.h"
#include "store/scylla/internal/layout.h"
#include "store/scylla/internal/statements.h"

namespace yap::store::scylla {

// Whether projections follow from the event. The first event of a log lists its channel.
bool HasProjections(const core::Event& event);

// Who of the users that a group's membership events speak of is a member, before the group.
using Membership = std::map<core::UserId, bool>;
// Those users.
std::vector<core::UserId> UsersConcerned(std::span<const core::Draft> drafts);

// Events that will be appended together, in one bucket, after a head.
struct Group {
  std::vector<core::EventPtr> events;
  std::vector<std::size_t> draft;  // Of each event: the index of its draft.
  LogHead before;
  LogHead after;
};
// Of drafts[i] for each i of `chosen`, numbered in that order. Each key may occur once among them:
// the conditions of a batch are judged before it, so a repeated key would be stored twice.
// REQUIRES: chosen is not empty, and they fit into the bucket.
Group BuildGroup(core::ChannelId channel, core::Epoch epoch, const LogHead& head,
                 std::span<const core::Draft> drafts, std::span<const std::size_t> chosen,
                 Membership members);

struct SqlBound {
  Sql sql;
  drivers::Values values;
};
// head IF head = before; the events; their keys IF NOT EXISTS.
std::vector<SqlBound> BatchOf(const Group& group, std::span<const core::Draft> drafts,
                              Buckets buckets);

// What is stored under a key: enough to answer its second write.
struct StoredKey {
  core::Seq seq;
  WallTime time;
  std::uint64_t countable = 0;
  Digest fingerprint{};
  friend bool operator==(const StoredKey&, const StoredKey&) = default;
};
std::string EncodeKeyBody(const Digest& fingerprint, WallTime time, std::uint64_t countable);
core::Appended AnswerOf(const StoredKey& stored, const Digest& fingerprint);

// An event's two columns. A message's text is a column of its own, so that people can read it with
// cqlsh; text that is not UTF-8 stays inside the body.
struct EventColumns {
  std::optional<std::string> text;
  std::string body;
};
EventColumns EncodeColumns(const core::Event& event);
// Errors: Corruption "EVENT_CORRUPT".
Result<core::Event> DecodeColumns(const drivers::Row& row);

// The answer to a conditional batch. One rule reads every shape of it, by column name:
//   rows with t = 1 and a seq are keys that are stored already;
//   the first row that has a `head` has the current one; none has: the bucket is empty.
// Cassandra answers an applied batch with nothing but [applied], and one that was not with a row
// for each key that exists, or with one row that has the head alone. ScyllaDB answers with a row
// for each statement, applied or not, each the old row or nulls.
struct BatchAnswer {
  bool applied = false;
  std::optional<LogHead> head;             // As found; of no meaning where it was applied.
  std::map<std::string, StoredKey> known;  // By DedupKey.
};
// Errors: Corruption "EVENT_CORRUPT".
Result<BatchAnswer> DecodeAnswer(const drivers::Rows& rows);
// The head columns of a row; nothing where `head` is null.
std::optional<LogHead> DecodeHead(const drivers::Row& row);

}  // namespace yap::store::scylla
