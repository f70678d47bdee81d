// The tables; docs/scylla.md explains each. "LWT": written with conditions only. "plain": never
// with one. The two are not mixed in a table.
#include "store/scylla/internal/schema.h"

#include <fmt/format.h>

#include "crypto/hash.h"

namespace yap::store::scylla {
namespace {

const std::vector<Migration>& All() {
  static const std::vector<Migration> migrations = {
      {.version = 1,
       .statements =
           {
               // LWT. The truth. t = 0: event, k = seq; t = 1: key of a write, k = sender || key.
               "CREATE TABLE IF NOT EXISTS log (ch bigint, b int, t tinyint, k blob, "
               "head bigint static, head_time bigint static, head_countable bigint static, "
               "members int static, changed bigint static, effects bigint static, "
               "seq bigint, time timestamp, sender bigint, text text, body blob, "
               "PRIMARY KEY ((ch, b), t, k))",
               // plain: of the row of a channel, which bucket of its log surely has events.
               "CREATE TABLE IF NOT EXISTS log_hint (ch bigint PRIMARY KEY, b int)",

               // LWT: channels as they were created, and who has a name.
               "CREATE TABLE IF NOT EXISTS channel (ch bigint PRIMARY KEY, kind tinyint, name "
               "text, "
               "topic text, creator bigint, request_id blob, created timestamp)",
               "CREATE TABLE IF NOT EXISTS channel_by_name (name text PRIMARY KEY, ch bigint)",

               // plain, USING TIMESTAMP = seq: projections of the log.
               "CREATE TABLE IF NOT EXISTS channel_state (ch bigint PRIMARY KEY, topic text, "
               "kind tinyint, checkpoint bigint, effects_done bigint)",
               "CREATE TABLE IF NOT EXISTS public_channel (list tinyint, name text, ch bigint, "
               "listed boolean, PRIMARY KEY ((list), name))",
               "CREATE TABLE IF NOT EXISTS member (ch bigint, user_id bigint, username text, "
               "role tinyint, banned boolean, joined_seq bigint, seq bigint, "
               "PRIMARY KEY ((ch), user_id))",
               "CREATE TABLE IF NOT EXISTS member_by_name (ch bigint, username text, user_id "
               "bigint, "
               "role tinyint, joined_seq bigint, PRIMARY KEY ((ch), username))",
               "CREATE TABLE IF NOT EXISTS channel_of_user (user_id bigint, ch bigint, role "
               "tinyint, "
               "joined_seq bigint, read_seq bigint, read_countable bigint, "
               "PRIMARY KEY ((user_id), ch))",
               "CREATE TABLE IF NOT EXISTS pending_effect (shard int, ch bigint, seq bigint, "
               "PRIMARY KEY ((shard), ch)) WITH gc_grace_seconds = 3600",

               // LWT: users, and who has a name. plain: the names in order.
               "CREATE TABLE IF NOT EXISTS user (user_id bigint PRIMARY KEY, name text, "
               "display_name text, password_hash text, inbox bigint, created timestamp, "
               "request_id blob, admin boolean, locked boolean, version bigint)",
               "CREATE TABLE IF NOT EXISTS user_by_name (name text PRIMARY KEY, user_id bigint)",
               "CREATE TABLE IF NOT EXISTS user_list (list tinyint, name text, "
               "PRIMARY KEY ((list), name))",
               // LWT.
               "CREATE TABLE IF NOT EXISTS invite (code_hash blob PRIMARY KEY, creator bigint, "
               "created timestamp, expires timestamp, uses_left int)",

               // LWT. gen rises with each login, so that two at once do not both make room.
               "CREATE TABLE IF NOT EXISTS session (user_id bigint, session_id bigint, "
               "gen bigint static, ctr bigint, device text, address text, created timestamp, "
               "refreshed timestamp, PRIMARY KEY ((user_id), session_id))",
               // LWT. 91 days: a day longer than a session can live.
               "CREATE TABLE IF NOT EXISTS session_owner (session_id bigint PRIMARY KEY, "
               "user_id bigint) WITH default_time_to_live = 7862400",
               // plain. Two days: twice as long as an access token can live.
               "CREATE TABLE IF NOT EXISTS access (token_hash blob PRIMARY KEY, session_id bigint, "
               "user_id bigint, expires timestamp) WITH default_time_to_live = 172800 "
               "AND gc_grace_seconds = 3600",

               // LWT, one row: the epoch of every log.
               "CREATE TABLE IF NOT EXISTS store (id tinyint PRIMARY KEY, epoch bigint)",
           }},
  };
  return migrations;
}

}  // namespace

std::span<const Migration> Migrations() { return All(); }

std::string ChecksumOf(const Migration& migration) {
  std::string all;
  for (const std::string_view statement : migration.statements) {
    all += statement;
    all += ";\n";
  }
  std::string hex;
  for (const std::byte byte : Sha256(all)) hex += fmt::format("{:02x}", static_cast<int>(byte));
  return hex;
}

}  // namespace yap::store::scylla
