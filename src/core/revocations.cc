#include "core/revocations.h"

#include <algorithm>
namespace yap::core {

// An inbox of nobody: without a reader, and with a name that nobody can ask for.
Task<void> EnsureRevocationLog(ChannelStore& channels, Clock& clock, Deadline deadline) {
  ChannelRecord record;
  record.id = kRevocationLog;
  record.kind = ChannelKind::kInbox;
  record.name = "system:revocations";
  record.create_time = clock.Now();
  YAP_CO_TRY_VOID(co_await channels.CreateChannel(std::move(record), deadline));
  co_return Result<>();
}

Task<RevocationHead> ReadRevocationHead(EventLog& log, Deadline deadline) {
  YAP_CO_TRY(const auto head, co_await log.ReadHead(kRevocationLog, deadline));
  co_return RevocationHead{head.seq, head.epoch};
}

// The head first: a read may lag where a head may not.
Task<RevocationPage> ReadRevocations(EventLog& log, std::optional<RevocationHead> after,
                                     Deadline deadline) {
  YAP_CO_TRY(const auto head, co_await ReadRevocationHead(log, deadline));
  Seq begin(head.seq.value - std::min<std::uint64_t>(head.seq.value, kRevocationPageMax));
  if (after && after->epoch == head.epoch && after->seq <= head.seq) begin = after->seq;
  RevocationPage page{.sessions = {}, .read = {begin, head.epoch}, .head = head.seq};
  if (begin == head.seq) co_return page;
  YAP_CO_TRY(const auto read,
             co_await log.Read(kRevocationLog, begin, kRevocationPageMax, deadline));
  for (const auto& event : read.events) {
    const auto* revoked = std::get_if<SessionRevoked>(&event->body);
    if (revoked != nullptr) page.sessions.push_back(revoked->session);
    page.read.seq = event->seq;
  }
  page.head = std::max(page.head, page.read.seq);
  co_return page;
}

}  // namespace yap::core
