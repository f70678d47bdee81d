#include "store/scylla/internal/statements.h"

#include <array>
#include <cstddef>

namespace yap::store::scylla {
namespace {

constexpr auto kRead = SqlKind::kRead;
constexpr auto kSerialRead = SqlKind::kSerialRead;
constexpr auto kWrite = SqlKind::kWrite;
constexpr auto kConditional = SqlKind::kConditional;

// Statements of tables whose rows are conditional are conditional or reads; the others are plain.
// The two are never mixed on one table: their timestamps come from different clocks.
constexpr std::array kStatements = {
    // --- The log ---
    SqlText{Sql::kMoveHead, kConditional,
            "UPDATE log SET head = ?, head_time = ?, head_countable = ?, members = ?, changed = ?, "
            "effects = ? WHERE ch = ? AND b = ? IF head = ?"},
    SqlText{Sql::kPutEvent, kConditional,
            "INSERT INTO log (ch, b, t, k, seq, time, sender, text, body) "
            "VALUES (?, ?, 0, ?, ?, ?, ?, ?, ?)"},
    SqlText{Sql::kPutKey, kConditional,
            "INSERT INTO log (ch, b, t, k, seq, body) VALUES (?, ?, 1, ?, ?, ?) IF NOT EXISTS"},
    SqlText{Sql::kReadHead, kRead,
            "SELECT DISTINCT ch, b, head, head_time, head_countable, members, changed, effects "
            "FROM log WHERE ch = ? AND b = ?"},
    SqlText{Sql::kReadHeadSerial, kSerialRead,
            "SELECT DISTINCT ch, b, head, head_time, head_countable, members, changed, effects "
            "FROM log WHERE ch = ? AND b = ?"},
    SqlText{Sql::kReadEvents, kRead,
            "SELECT text, body FROM log WHERE ch = ? AND b = ? AND t = 0 AND k > ? AND k <= ?"},
    SqlText{Sql::kReadKey, kRead,
            "SELECT t, k, seq, body FROM log WHERE ch = ? AND b = ? AND t = 1 AND k = ?"},
    SqlText{Sql::kPutHint, kWrite, "UPDATE log_hint USING TIMESTAMP ? SET b = ? WHERE ch = ?"},
    SqlText{Sql::kReadHint, kRead, "SELECT b FROM log_hint WHERE ch = ?"},

    // --- Channels ---
    SqlText{Sql::kClaimChannel, kConditional,
            "INSERT INTO channel (ch, kind, name, topic, creator, request_id, created) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS"},
    SqlText{Sql::kReadChannel, kRead,
            "SELECT ch, kind, name, topic, creator, request_id, created FROM channel "
            "WHERE ch = ?"},
    SqlText{Sql::kDropChannel, kConditional, "DELETE FROM channel WHERE ch = ? IF EXISTS"},
    SqlText{Sql::kClaimChannelName, kConditional,
            "INSERT INTO channel_by_name (name, ch) VALUES (?, ?) IF NOT EXISTS"},
    SqlText{Sql::kReadChannelName, kRead, "SELECT ch FROM channel_by_name WHERE name = ?"},

    // --- Projections: the timestamp is the seq, so the newest event wins whoever writes when ---
    SqlText{Sql::kReadState, kRead,
            "SELECT topic, kind, checkpoint, effects_done FROM channel_state WHERE ch = ?"},
    SqlText{Sql::kPutTopic, kWrite,
            "UPDATE channel_state USING TIMESTAMP ? SET topic = ? WHERE ch = ?"},
    SqlText{Sql::kPutKind, kWrite,
            "UPDATE channel_state USING TIMESTAMP ? SET kind = ? WHERE ch = ?"},
    SqlText{Sql::kPutCheckpoint, kWrite,
            "UPDATE channel_state USING TIMESTAMP ? SET checkpoint = ? WHERE ch = ?"},
    SqlText{Sql::kPutEffectsDone, kWrite,
            "UPDATE channel_state USING TIMESTAMP ? SET effects_done = ? WHERE ch = ?"},
    SqlText{Sql::kPutListed, kWrite,
            "UPDATE public_channel USING TIMESTAMP ? SET ch = ?, listed = ? "
            "WHERE list = 0 AND name = ?"},
    SqlText{Sql::kReadListed, kRead,
            "SELECT name, ch, listed FROM public_channel WHERE list = 0 AND name >= ?"},
    SqlText{Sql::kPutMember, kWrite,
            "UPDATE member USING TIMESTAMP ? SET username = ?, role = ?, banned = ?, "
            "joined_seq = ?, seq = ? WHERE ch = ? AND user_id = ?"},
    SqlText{Sql::kReadMember, kRead,
            "SELECT user_id, username, role, banned, joined_seq, seq FROM member "
            "WHERE ch = ? AND user_id = ?"},
    SqlText{Sql::kReadMembers, kRead,
            "SELECT user_id, username, role, banned, joined_seq, seq FROM member WHERE ch = ?"},
    SqlText{Sql::kPutMemberName, kWrite,
            "UPDATE member_by_name USING TIMESTAMP ? SET user_id = ?, role = ?, joined_seq = ? "
            "WHERE ch = ? AND username = ?"},
    SqlText{Sql::kReadMemberNames, kRead,
            "SELECT user_id, username, role, joined_seq FROM member_by_name "
            "WHERE ch = ? AND username > ?"},
    SqlText{Sql::kPutJoined, kWrite,
            "UPDATE channel_of_user USING TIMESTAMP ? SET role = ?, joined_seq = ? "
            "WHERE user_id = ? AND ch = ?"},
    SqlText{Sql::kPutReadMark, kWrite,
            "UPDATE channel_of_user USING TIMESTAMP ? SET read_seq = ?, read_countable = ? "
            "WHERE user_id = ? AND ch = ?"},
    SqlText{Sql::kReadJoined, kRead,
            "SELECT ch, role FROM channel_of_user WHERE user_id = ? AND ch > ?"},
    SqlText{Sql::kReadJoinedOne, kRead,
            "SELECT role, joined_seq, read_seq, read_countable FROM channel_of_user "
            "WHERE user_id = ? AND ch = ?"},
    SqlText{Sql::kPutPending, kWrite,
            "UPDATE pending_effect USING TIMESTAMP ? SET seq = ? WHERE shard = ? AND ch = ?"},
    SqlText{Sql::kDropPending, kWrite,
            "DELETE FROM pending_effect USING TIMESTAMP ? WHERE shard = ? AND ch = ?"},
    SqlText{Sql::kReadPending, kRead, "SELECT ch FROM pending_effect WHERE shard = ?"},

    // --- Users ---
    SqlText{Sql::kClaimUser, kConditional,
            "INSERT INTO user (user_id, name, display_name, password_hash, inbox, created, "
            "request_id, admin, locked, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1) "
            "IF NOT EXISTS"},
    SqlText{Sql::kReadUser, kRead,
            "SELECT user_id, name, display_name, password_hash, inbox, created, request_id, admin, "
            "locked, version FROM user WHERE user_id = ?"},
    SqlText{Sql::kUpdateUser, kConditional,
            "UPDATE user SET display_name = ?, password_hash = ?, admin = ?, locked = ?, "
            "version = ? WHERE user_id = ? IF version = ?"},
    SqlText{Sql::kDropUser, kConditional, "DELETE FROM user WHERE user_id = ? IF EXISTS"},
    SqlText{Sql::kClaimUserName, kConditional,
            "INSERT INTO user_by_name (name, user_id) VALUES (?, ?) IF NOT EXISTS"},
    SqlText{Sql::kReadUserName, kRead, "SELECT user_id FROM user_by_name WHERE name = ?"},
    SqlText{Sql::kPutUserList, kWrite, "INSERT INTO user_list (list, name) VALUES (0, ?)"},
    SqlText{Sql::kReadUserList, kRead, "SELECT name FROM user_list WHERE list = 0 AND name > ?"},
    SqlText{Sql::kPutInvite, kConditional,
            "INSERT INTO invite (code_hash, creator, created, expires, uses_left) "
            "VALUES (?, ?, ?, ?, ?) IF NOT EXISTS"},
    SqlText{Sql::kReadInvite, kRead,
            "SELECT code_hash, creator, created, expires, uses_left FROM invite "
            "WHERE code_hash = ?"},
    SqlText{Sql::kReadInvites, kRead,
            "SELECT code_hash, creator, created, expires, uses_left FROM invite"},
    SqlText{Sql::kSetInviteUses, kConditional,
            "UPDATE invite SET uses_left = ? WHERE code_hash = ? IF uses_left = ?"},
    SqlText{Sql::kDropInvite, kConditional,
            "DELETE FROM invite WHERE code_hash = ? IF uses_left > 0"},

    // --- Sessions ---
    SqlText{Sql::kClaimSessionOwner, kConditional,
            "INSERT INTO session_owner (session_id, user_id) VALUES (?, ?) IF NOT EXISTS"},
    SqlText{Sql::kReadSessionOwner, kRead,
            "SELECT user_id FROM session_owner WHERE session_id = ?"},
    SqlText{Sql::kReadSessions, kRead,
            "SELECT user_id, session_id, gen, ctr, device, address, created, refreshed "
            "FROM session WHERE user_id = ?"},
    SqlText{Sql::kReadSession, kRead,
            "SELECT user_id, session_id, gen, ctr, device, address, created, refreshed "
            "FROM session WHERE user_id = ? AND session_id = ?"},
    SqlText{Sql::kRaiseGeneration, kConditional,
            "UPDATE session SET gen = ? WHERE user_id = ? IF gen = ?"},
    SqlText{Sql::kPutSession, kConditional,
            "INSERT INTO session (user_id, session_id, ctr, device, address, created, refreshed) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS"},
    SqlText{Sql::kEvictSession, kConditional,
            "DELETE FROM session WHERE user_id = ? AND session_id = ?"},
    SqlText{Sql::kAdvanceSession, kConditional,
            "UPDATE session SET ctr = ?, refreshed = ?, address = ? "
            "WHERE user_id = ? AND session_id = ? IF ctr = ?"},
    SqlText{Sql::kDropSession, kConditional,
            "DELETE FROM session WHERE user_id = ? AND session_id = ? IF EXISTS"},
    SqlText{Sql::kDropIdleSession, kConditional,
            "DELETE FROM session WHERE user_id = ? AND session_id = ? IF ctr = ?"},
    SqlText{Sql::kScanSessions, kRead,
            "SELECT user_id, session_id, ctr, created, refreshed FROM session"},
    SqlText{Sql::kPutAccess, kWrite,
            "INSERT INTO access (token_hash, session_id, user_id, expires) VALUES (?, ?, ?, ?)"},
    SqlText{Sql::kReadAccess, kRead,
            "SELECT session_id, user_id, expires FROM access WHERE token_hash = ?"},
};

constexpr bool InOrder() {
  for (std::size_t i = 0; i < kStatements.size(); ++i) {
    if (kStatements[i].name != static_cast<Sql>(i)) return false;
  }
  return kStatements.size() == static_cast<std::size_t>(Sql::kCount);
}
static_assert(InOrder());

}  // namespace

std::span<const SqlText> AllStatements() { return kStatements; }

}  // namespace yap::store::scylla
