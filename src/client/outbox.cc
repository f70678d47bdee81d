#include "client/outbox.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "base/encoding.h"
#include "crypto/hash.h"

namespace yap::client {
namespace {

using nlohmann::json;

// Processes of one user on one server at a time.
constexpr std::size_t kSlotsMax = 64;
// Rewriting is worth it beyond this many records, when most of them are history.
constexpr std::size_t kCompactRecordsMin = 128;
constexpr std::size_t kChecksumDigits = 16;

std::string Checksum(std::string_view payload) {
  return ToHex(AsView(Sha256(payload)).substr(0, kChecksumDigits / 2));
}

std::string Line(const json& record) {
  const std::string payload = record.dump(-1, ' ', false, json::error_handler_t::replace);
  return fmt::format("{} {}\n", Checksum(payload), payload);
}

// The record of a line; null where the line is not what was written.
json Parse(std::string_view line) {
  if (line.size() <= kChecksumDigits + 1) return nullptr;
  const std::string_view payload = line.substr(kChecksumDigits + 1);
  if (line.substr(0, kChecksumDigits) != Checksum(payload)) return nullptr;
  json record = json::parse(payload, nullptr, false);
  return record.is_object() && record.contains("op") && record.contains("key") ? record : json();
}

json AddRecord(const OutboxMessage& message) {
  json record = {{"op", "add"},
                 {"key", ToHex(message.key)},
                 {"channel", message.channel},
                 {"text", message.text},
                 {"head", message.head},
                 {"attempts", message.attempts},
                 {"failure", message.failure}};
  if (message.reply_to) record["reply_to"] = *message.reply_to;
  return record;
}

// A value of another type is as good as none: another program wrote it.
std::string Text(const json& record, const char* name, std::string_view otherwise = "") {
  const auto found = record.find(name);
  return found != record.end() && found->is_string() ? found->get<std::string>()
                                                     : std::string(otherwise);
}
template <class Number>
Number NumberOf(const json& record, const char* name, Number otherwise) {
  const auto found = record.find(name);
  return found != record.end() && found->is_number_unsigned() ? found->get<Number>() : otherwise;
}

OutboxMessage FromRecord(const json& record, std::string key) {
  OutboxMessage message;
  message.key = std::move(key);
  message.channel = Text(record, "channel");
  message.text = Text(record, "text");
  message.head = NumberOf(record, "head", std::uint64_t{0});
  message.attempts = NumberOf(record, "attempts", std::uint32_t{0});
  message.failure = Text(record, "failure");
  if (record.contains("reply_to"))
    message.reply_to = NumberOf(record, "reply_to", std::uint64_t{0});
  return message;
}

bool WriteAll(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::unexpected<Error> Unwritable(const std::filesystem::path& file) {
  return Fail(Errc::kUnavailable, "FILE_UNWRITABLE",
              fmt::format("cannot write {}: {}", file.string(), std::strerror(errno)));
}

std::unexpected<Error> NotInOutbox() {
  return Fail(Errc::kNotFound, "NOT_IN_OUTBOX", "the message is not in the outbox any more");
}

OutboxMessage Anew(OutboxMessage message, std::string key) {
  message.key = std::move(key);
  message.failure.clear();
  message.attempts = 0;
  message.head = 0;
  return message;
}

// The milliseconds of a UUID of version 7.
std::string_view TimeOf(const OutboxMessage& message) {
  return std::string_view(message.key).substr(0, 6);
}

// Each keeps its order, also where a clock was set back.
std::deque<OutboxMessage> Merged(std::deque<OutboxMessage> own, std::deque<OutboxMessage> other) {
  std::deque<OutboxMessage> all;
  while (!own.empty() || !other.empty()) {
    const bool take_own =
        other.empty() || (!own.empty() && TimeOf(own.front()) <= TimeOf(other.front()));
    auto& from = take_own ? own : other;
    all.push_back(std::move(from.front()));
    from.pop_front();
  }
  return all;
}

std::filesystem::path Slot(const std::filesystem::path& folder, std::size_t number) {
  return folder / fmt::format("{}.log", number);
}

}  // namespace

std::string OutboxFolderName(const std::string& server, const std::string& username) {
  std::string name = server;
  std::replace_if(
      name.begin(), name.end(),
      [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.'; }, '_');
  return fmt::format("{}-{}", name, username);
}

Outbox::Outbox(std::filesystem::path folder, std::filesystem::path file, Fd fd)
    : folder_(std::move(folder)), file_(std::move(file)), fd_(std::move(fd)) {}

Result<Outbox> Outbox::Open(std::filesystem::path folder) {
  YAP_TRY_VOID(MakePrivateDirectory(folder));
  for (std::size_t slot = 0; slot < kSlotsMax; ++slot) {
    YAP_TRY(auto fd, TryLockFile(Slot(folder, slot)));
    if (!fd) continue;
    const auto file = Slot(folder, slot);
    Outbox outbox(std::move(folder), file, std::move(*fd));
    YAP_TRY_VOID(SyncDirectory(outbox.folder_));
    YAP_TRY_VOID(outbox.ReadOwn());
    YAP_TRY_VOID(outbox.TakeOver(slot));
    return outbox;
  }
  return Fail(Errc::kFailedPrecondition, "OUTBOX_BUSY",
              fmt::format("{} yap processes use {}; end some", kSlotsMax, folder.string()));
}

// A file that ends in the middle of a line is rewritten, so that the next record begins a line.
Result<> Outbox::ReadOwn() {
  YAP_TRY(const auto content, ReadPrivateFile(file_));
  std::string_view rest = *content;
  const bool torn = !rest.empty() && !rest.ends_with('\n');
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) break;
    Apply(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  ::lseek(fd_.get(), 0, SEEK_END);
  return torn || damaged_ > 0 ? Compact() : Result<>();
}

Result<> Outbox::TakeOver(std::size_t own_slot) {
  for (std::size_t slot = 0; slot < kSlotsMax; ++slot) {
    const auto file = Slot(folder_, slot);
    std::error_code ignored;
    if (slot == own_slot || !std::filesystem::exists(file, ignored)) continue;
    YAP_TRY(auto fd, TryLockFile(file));
    if (!fd) continue;
    Outbox dead(folder_, file, std::move(*fd));
    YAP_TRY_VOID(dead.ReadOwn());
    YAP_TRY_VOID(TakeMessagesOf(std::move(dead)));
  }
  return {};
}

// They go into our file first, then theirs is removed: a crash in between leaves them in both,
// under the same keys.
Result<> Outbox::TakeMessagesOf(Outbox dead) {
  damaged_ += dead.damaged_;
  std::erase_if(dead.messages_, [this](const OutboxMessage& m) { return Find(m.key) != nullptr; });
  if (!dead.messages_.empty()) {
    messages_ = Merged(std::move(messages_), std::move(dead.messages_));
    YAP_TRY_VOID(Compact());
  }
  ::unlink(dead.file_.c_str());
  return {};
}

void Outbox::Apply(std::string_view line) {
  const json record = Parse(line);
  const auto key = record.is_null() ? std::nullopt : FromHex(Text(record, "key"));
  if (!key) {
    ++damaged_;
    return;
  }
  ++records_;
  const std::string op = Text(record, "op");
  if (op == "add" && !Find(*key)) messages_.push_back(FromRecord(record, *key));
  if (op == "gone") Erase(*key);
  OutboxMessage* message = Find(*key);
  if (!message) return;
  if (op == "attempt") {
    message->head = NumberOf(record, "head", std::uint64_t{0});
    message->attempts = NumberOf(record, "attempts", std::uint32_t{1});
  }
  if (op == "failed") message->failure = Text(record, "failure", "refused");
}

OutboxMessage* Outbox::Find(const std::string& key) {
  const auto found = std::find_if(messages_.begin(), messages_.end(),
                                  [&](const OutboxMessage& m) { return m.key == key; });
  return found == messages_.end() ? nullptr : &*found;
}

void Outbox::Erase(const std::string& key) {
  std::erase_if(messages_, [&](const OutboxMessage& m) { return m.key == key; });
}

Result<> Outbox::Append(const std::vector<std::string>& records, Durable durable) {
  if (records.empty()) return {};
  const off_t before = ::lseek(fd_.get(), 0, SEEK_END);
  if (!WriteAll(fd_.get(), fmt::format("{}", fmt::join(records, ""))) ||
      (durable == Durable::kYes && ::fdatasync(fd_.get()) != 0)) {
    const auto failure = Unwritable(file_);
    // Nothing of a record that failed may stay in front of the next one.
    [[maybe_unused]] const int cut = ::ftruncate(fd_.get(), before);
    return failure;
  }
  records_ += records.size();
  return {};
}

Result<> Outbox::Add(OutboxMessage message) {
  if (messages_.size() >= kOutboxMessagesMax) {
    return Fail(
        Errc::kResourceExhausted, "OUTBOX_FULL",
        fmt::format("{} messages wait to be sent; wait until you are online", messages_.size()));
  }
  YAP_TRY_VOID(Append({Line(AddRecord(message))}, Durable::kYes));
  messages_.push_back(std::move(message));
  return {};
}

const OutboxMessage* Outbox::Next(const std::string& channel) const {
  const auto found = std::find_if(messages_.begin(), messages_.end(), [&](const OutboxMessage& m) {
    return m.channel == channel && m.failure.empty();
  });
  return found == messages_.end() ? nullptr : &*found;
}

Result<> Outbox::Attempt(const std::string& key, std::uint64_t head) {
  OutboxMessage* message = Find(key);
  if (!message) return {};
  const bool first = message->attempts == 0;
  const std::uint64_t first_head = first ? head : message->head;
  const std::uint32_t attempts = message->attempts + 1;
  YAP_TRY_VOID(Append(
      {Line(
          {{"op", "attempt"}, {"key", ToHex(key)}, {"head", first_head}, {"attempts", attempts}})},
      first ? Durable::kYes : Durable::kNo));
  message->head = first_head;
  message->attempts = attempts;
  return {};
}

Result<> Outbox::Sent(const std::string& key) { return Discard(key); }

Result<> Outbox::Failed(const std::string& key, std::string why) {
  OutboxMessage* message = Find(key);
  if (!message) return {};
  if (why.empty()) why = "refused";
  YAP_TRY_VOID(
      Append({Line({{"op", "failed"}, {"key", ToHex(key)}, {"failure", why}})}, Durable::kYes));
  message->failure = std::move(why);
  return {};
}

Result<> Outbox::Retry(const std::string& key, std::string new_key) {
  const OutboxMessage* found = Find(key);
  if (!found) return NotInOutbox();
  OutboxMessage again = Anew(*found, std::move(new_key));
  YAP_TRY_VOID(
      Append({Line(AddRecord(again)), Line({{"op", "gone"}, {"key", ToHex(key)}})}, Durable::kYes));
  Erase(key);
  messages_.push_back(std::move(again));
  return {};
}

// Rare enough to write all of them: a record can only add at the end.
Result<> Outbox::Rekey(const std::string& key, std::string new_key) {
  OutboxMessage* message = Find(key);
  if (!message) return NotInOutbox();
  OutboxMessage before = std::exchange(*message, Anew(*message, std::move(new_key)));
  auto written = Compact();
  if (!written) *message = std::move(before);
  return written;
}

Result<> Outbox::Discard(const std::string& key) {
  YAP_TRY_VOID(Append({Line({{"op", "gone"}, {"key", ToHex(key)}})}, Durable::kNo));
  Erase(key);
  CompactIfDue();
  return {};
}

// Where it cannot be done now, the next message that leaves tries again.
void Outbox::CompactIfDue() {
  if (records_ < kCompactRecordsMin || records_ < 4 * messages_.size()) return;
  (void)Compact();
}

// The new file is locked before it takes the name, so that nobody takes it for one of the dead.
Result<> Outbox::Compact() {
  std::string content;
  for (const auto& message : messages_) content += Line(AddRecord(message));
  const auto beside = file_.string() + ".new";
  Fd fd(::open(beside.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0 || !WriteAll(fd.get(), content) ||
      ::fsync(fd.get()) != 0 || ::rename(beside.c_str(), file_.c_str()) != 0) {
    return Unwritable(file_);
  }
  fd_ = std::move(fd);
  records_ = messages_.size();
  return SyncDirectory(folder_);
}

std::vector<std::string> Outbox::Channels() const {
  std::vector<std::string> names;
  for (const auto& message : messages_) {
    if (std::find(names.begin(), names.end(), message.channel) == names.end()) {
      names.push_back(message.channel);
    }
  }
  return names;
}

}  // namespace yap::client
