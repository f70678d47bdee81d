// store/scylla/internal/statements.h: every statement that the adapter sends, by name. They keep to
// the CQL that ScyllaDB and Cassandra share (protocol v4; no secondary indexes, views, counters).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace yap::store::scylla {

enum class Sql : std::uint8_t {
  // --- The log ---
  kMoveHead,
  kPutEvent,
  kPutKey,
  kReadHead,
  kReadHeadSerial,
  kReadEvents,
  kReadKey,
  kPutHint,
  kReadHint,
  // --- Channels ---
  kClaimChannel,
  kReadChannel,
  kDropChannel,
  kClaimChannelName,
  kReadChannelName,
  // --- Projections ---
  kReadState,
  kPutTopic,
  kPutKind,
  kPutCheckpoint,
  kPutEffectsDone,
  kPutListed,
  kReadListed,
  kPutMember,
  kReadMember,
  kReadMembers,
  kPutMemberName,
  kReadMemberNames,
  kPutJoined,
  kPutReadMark,
  kReadJoined,
  kReadJoinedOne,
  kPutPending,
  kDropPending,
  kReadPending,
  // --- Users ---
  kClaimUser,
  kReadUser,
  kUpdateUser,
  kDropUser,
  kClaimUserName,
  kReadUserName,
  kPutUserList,
  kReadUserList,
  kPutInvite,
  kReadInvite,
  kReadInvites,
  kSetInviteUses,
  kDropInvite,
  // --- Sessions ---
  kClaimSessionOwner,
  kReadSessionOwner,
  kReadSessions,
  kReadSession,
  kRaiseGeneration,
  kPutSession,
  kEvictSession,
  kAdvanceSession,
  kDropSession,
  kDropIdleSession,
  kScanSessions,
  kPutAccess,
  kReadAccess,
  kCount,
};

enum class SqlKind : std::uint8_t {
  kRead,         // LOCAL_QUORUM.
  kSerialRead,   // LOCAL_SERIAL: sees, and finishes, conditional writes under way.
  kWrite,        // LOCAL_QUORUM; doing it twice is doing it once.
  kConditional,  // A lightweight transaction: LOCAL_SERIAL, committed at LOCAL_QUORUM.
};

struct SqlText {
  Sql name;
  SqlKind kind;
  std::string_view text;
};

// One for each, in order.
std::span<const SqlText> AllStatements();

}  // namespace yap::store::scylla
