#include "hub/page_reader.h"

#include <algorithm>

#include "base/log.h"
#include "hub/limits.h"

namespace yap::hub {
namespace {

// How many of the events follow `after` without a hole.
std::size_t DensePrefix(const std::vector<core::EventPtr>& events, core::Seq after) {
  std::size_t dense = 0;
  while (dense < events.size() && events[dense]->seq == after.Plus(dense + 1)) ++dense;
  return dense;
}

void CountHole(const PageRequest& request, core::Seq head) {
  TheMetrics().holes.Add();
  log::Error(
      "a channel's log has a hole: it is read again and nothing is skipped",
      {{"channel", request.channel.value}, {"after", request.after.value}, {"head", head.value}});
}

}  // namespace

asio::awaitable<void> Permits::Acquire() {
  if (free_ > 0) {
    --free_;
    co_return;
  }
  co_await FromCallback<void>([this](Callback<void> go) { waiting_.push_back(std::move(go)); });
}

void Permits::Release() {
  if (waiting_.empty()) {
    ++free_;
    return;
  }
  auto next = std::move(waiting_.front());
  waiting_.pop_front();
  next({});
}

PageReader::PageReader(std::shared_ptr<Env> env)
    : env_(std::move(env)),
      permits_(std::max<std::size_t>(1, env_->options.page_reads_max / env_->threads())) {}

asio::awaitable<Result<core::EventPage>> PageReader::ReadOnce(PageRequest request) {
  co_await permits_.Acquire();
  TheMetrics().reads.Add();
  auto page = co_await env_->ports.log.Read(request.channel, request.after, request.limit,
                                            Deadline::After(env_->ports.clock, kReadTimeout));
  permits_.Release();
  co_return page;
}

PageReader::Verdict PageReader::Judge(const PageRequest& request, Result<core::EventPage>& page,
                                      PageRead& out) {
  using enum PageRead::Found;
  if (!page) {
    TheMetrics().read_errors.Add();
    out.found = kGone;
    return page.error().code == Errc::kNotFound ? Verdict::kAnswer : Verdict::kRetryLater;
  }
  out.head = page->head;
  out.first_available = page->first_available;
  out.found = kEpochChanged;
  if (page->head.epoch != request.epoch) return Verdict::kAnswer;
  if (page->head.seq < request.known) return Verdict::kConfirm;
  out.found = kTruncated;
  if (page->first_available > request.after.Next()) return Verdict::kAnswer;
  const std::size_t dense = DensePrefix(page->events, request.after);
  const bool hole = dense < page->events.size() || (dense == 0 && page->head.seq > request.after);
  if (hole) CountHole(request, page->head.seq);
  if (hole && dense == 0) return Verdict::kRetryNow;
  page->events.resize(dense);
  out.events = std::move(page->events);
  out.found = kEvents;
  return Verdict::kAnswer;
}

// A read may lag where a head may not.
asio::awaitable<bool> PageReader::ConfirmOtherLife(PageRequest request, PageRead& out) {
  auto head = co_await env_->ports.log.ReadHead(request.channel,
                                                Deadline::After(env_->ports.clock, kReadTimeout));
  if (!head) co_return false;
  out.head = *head;
  co_return head->epoch != request.epoch || head->seq < request.known;
}

Duration PageReader::Pause(unsigned attempt) {
  const Duration longest =
      std::min<Duration>(kRetryPauseMax, kRetryPauseFirst * (1U << std::min(attempt, 10U)));
  const auto bound = static_cast<std::uint64_t>(longest.count());
  return Duration(static_cast<Duration::rep>(env_->ports.random.Below(bound) + 1));
}

asio::awaitable<PageRead> PageReader::Read(PageRequest request, std::function<bool()> wanted) {
  request.known = std::max(request.known, request.after);
  PageRead out;
  bool again_at_once = true;
  for (unsigned attempt = 0; !env_->stopped && wanted(); ++attempt) {
    auto page = co_await ReadOnce(request);
    const Verdict verdict = Judge(request, page, out);
    if (verdict == Verdict::kAnswer) co_return std::move(out);
    if (verdict == Verdict::kConfirm && co_await ConfirmOtherLife(request, out))
      co_return std::move(out);
    if (verdict == Verdict::kRetryNow && std::exchange(again_at_once, false)) continue;
    co_await SleepFor(env_->ports.clock, Pause(attempt));
  }
  out.found = PageRead::Found::kUnwanted;
  co_return std::move(out);
}

}  // namespace yap::hub
