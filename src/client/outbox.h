// client/outbox.h: messages on their way, on disk before anybody says "pending": they survive
// kill -9 and power cuts, and are sent once.
//
// A folder per server and user; in it a file per process that is alive: the files of processes that
// died are taken over by the next one. A file is a log of records, a line each: a checksum and a
// JSON object; a torn last line is what a crash leaves, and is dropped. One thread; calls block.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "client/private_file.h"

namespace yap::client {

// Messages that wait in one outbox: a week offline for a busy person; beyond, typing is refused.
inline constexpr std::size_t kOutboxMessagesMax = 1000;

struct OutboxMessage {
  std::string key;  // 16 bytes: client_msg_id; of client::NewKey, so that it begins with its time.
  std::string channel;  // As typed: a name, or "id:N" for a direct channel.
  std::string text;
  std::optional<std::uint64_t> reply_to;
  std::uint64_t head = 0;      // The channel's, from before attempt 1.
  std::uint32_t attempts = 0;  // Begun so far; what is on disk may be behind, but never back at 0.
  std::string failure;         // Why it will not be sent; empty: it will.

  friend bool operator==(const OutboxMessage&, const OutboxMessage&) = default;
};

class Outbox {
 public:
  // Takes a free file of `folder` and the messages of every file whose process is gone. The order
  // is that of Add; between messages of several processes, that of the time in their keys.
  // Errors: those of private_file.h; FailedPrecondition OUTBOX_BUSY: too many processes.
  static Result<Outbox> Open(std::filesystem::path folder);

  // On success the message is on stable storage.
  // Errors: ResourceExhausted OUTBOX_FULL; Unavailable FILE_UNWRITABLE (it is not in the outbox).
  Result<> Add(OutboxMessage message);

  // What is to be sent next in `channel`: the first message without a failure.
  const OutboxMessage* Next(const std::string& channel) const;

  // Before each attempt. The first one is on stable storage, with the head, on return.
  Result<> Attempt(const std::string& key, std::uint64_t head);

  // The server has it: it leaves the outbox. A crash before the record is on disk repeats the send,
  // which the key makes harmless.
  Result<> Sent(const std::string& key);

  // A definite refusal: it stays, with the reason, until Retry or Discard.
  Result<> Failed(const std::string& key, std::string why);
  // Sends it again, as a new message at the end: `new_key` replaces its key.
  // Errors: NotFound NOT_IN_OUTBOX; Unavailable FILE_UNWRITABLE.
  Result<> Retry(const std::string& key, std::string new_key);
  // The same where it stands: it was not refused, and those behind it wait for it.
  Result<> Rekey(const std::string& key, std::string new_key);
  Result<> Discard(const std::string& key);

  // Lets go of the file: the next Open takes over what waits in it. Nothing can be changed then.
  void Close() { fd_ = Fd(); }

  // In the order of sending; also those that failed.
  const std::deque<OutboxMessage>& messages() const { return messages_; }
  std::vector<std::string> Channels() const;
  // Records that were unreadable when the outbox was opened: told, never silent.
  std::size_t damaged() const { return damaged_; }

 private:
  Outbox(std::filesystem::path folder, std::filesystem::path file, Fd fd);

  Result<> ReadOwn();
  Result<> TakeOver(std::size_t own_slot);
  Result<> TakeMessagesOf(Outbox dead);
  Result<> Append(const std::vector<std::string>& records, Durable durable);
  void CompactIfDue();
  Result<> Compact();
  void Apply(std::string_view line);
  OutboxMessage* Find(const std::string& key);
  void Erase(const std::string& key);

  std::filesystem::path folder_;
  std::filesystem::path file_;
  Fd fd_;  // Locked; at the end of the file.
  std::deque<OutboxMessage> messages_;
  std::size_t records_ = 0;
  std::size_t damaged_ = 0;
};

// "127.0.0.1_7676-ada": the folder of one user on one server, as a file name.
std::string OutboxFolderName(const std::string& server, const std::string& username);

}  // namespace yap::client
