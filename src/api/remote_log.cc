#include "api/remote_log.h"

#include <algorithm>
#include <iterator>

#include "api/ask.h"
#include "api/internal_convert.h"
#include "api/limits.h"
#include "api/routing.h"
#include "base/guarded.h"
#include "core/reasons.h"

namespace yap::api {
namespace {

namespace pb = yap::internal::v1;

// What a reader of logs tells apart: gone for good, too late, or to be tried again.
Error ErrorOf(const UpstreamFailure& failure) {
  switch (failure.status.code) {
    case edge::Code::kNotFound:
      return MakeError(Errc::kNotFound, core::reason::kChannelNotFound, failure.status.message);
    case edge::Code::kDeadlineExceeded:
      return MakeError(Errc::kDeadlineExceeded, core::reason::kDeadline, failure.status.message);
    default:
      return MakeError(Errc::kUnavailable, core::reason::kUpstreamUnavailable,
                       failure.status.message);
  }
}

std::unexpected<Error> NotHere() {
  return Fail(Errc::kUnimplemented, core::reason::kMethodUnknown, "a gateway writes nothing");
}

class RemoteLog final : public core::EventLog {
 public:
  RemoteLog(Replicas& replicas, asio::any_io_executor executor)
      : shared_(std::make_shared<Shared>(replicas, std::move(executor))) {}

  core::Writers writers() const override { return core::Writers::kOthersToo; }
  Task<core::EventPage> Read(core::ChannelId channel, core::Seq after, std::size_t limit,
                             Deadline deadline) override {
    pb::ReadEventsRequest request;
    request.set_channel_id(channel.value);
    request.set_after_seq(after.value);
    request.set_limit(static_cast<std::uint32_t>(limit));
    const auto page = co_await Ask<pb::ReadEventsResponse>(
        shared_->replicas, RouteKey(channel), "ReadEvents", std::move(request), {}, deadline);
    if (!page) co_return Fail(ErrorOf(page.error()));
    co_return FromProto(*page);
  }

  Task<core::Head> ReadHead(core::ChannelId channel, Deadline deadline) override {
    co_return co_await FromCallback<core::Head>(
        [&](Callback<core::Head> done) { Enqueue(shared_, {channel, deadline, std::move(done)}); });
  }

  Task<std::vector<core::Appended>> Append(core::ChannelId, std::vector<core::Draft>, core::Seq,
                                           Deadline) override {
    co_return NotHere();
  }
  Task<std::optional<core::KeyMatch>> FindKey(core::ChannelId, core::UserId, core::ClientKey,
                                              core::Seq, Deadline) override {
    co_return NotHere();
  }

 private:
  struct Question {
    core::ChannelId channel;
    Deadline deadline;
    Callback<core::Head> done;
  };
  struct Waiting {
    std::vector<Question> questions;
    bool asking = false;
  };
  struct Shared {
    Shared(Replicas& r, asio::any_io_executor e) : replicas(r), executor(std::move(e)) {}
    Replicas& replicas;
    const asio::any_io_executor executor;
    Guarded<Waiting> waiting;
  };

  static void Enqueue(const std::shared_ptr<Shared>& shared, Question question) {
    const bool start = shared->waiting.With([&](Waiting& w) {
      w.questions.push_back(std::move(question));
      return !std::exchange(w.asking, true);
    });
    if (start) Spawn(shared->executor, AskAll(shared));
  }

  // One question after the other, each for all that gathered during the last.
  static asio::awaitable<void> AskAll(std::shared_ptr<Shared> shared) {
    while (true) {
      auto questions = shared->waiting.With([](Waiting& w) {
        w.asking = !w.questions.empty();
        const auto count = std::min(w.questions.size(), kHeadsPerQuestionMax);
        std::vector<Question> taken(
            std::make_move_iterator(w.questions.begin()),
            std::make_move_iterator(w.questions.begin() + static_cast<std::ptrdiff_t>(count)));
        w.questions.erase(w.questions.begin(),
                          w.questions.begin() + static_cast<std::ptrdiff_t>(count));
        return taken;
      });
      if (questions.empty()) co_return;
      co_await AskOnce(shared, std::move(questions));
    }
  }

  static asio::awaitable<void> AskOnce(std::shared_ptr<Shared> shared,
                                       std::vector<Question> questions) {
    pb::HeadsRequest request;
    Deadline deadline = questions.front().deadline;
    for (const auto& question : questions) {
      request.add_channel_ids(question.channel.value);
      deadline = std::min(deadline, question.deadline);
    }
    const auto answer =
        co_await Ask<pb::HeadsResponse>(shared->replicas, RouteKey(questions.front().channel),
                                        "Heads", std::move(request), {}, deadline);
    Hand(questions, answer);
  }

  // What was answered comes in the order asked; what could not be read is left out.
  static void Hand(std::vector<Question>& questions, const Asked<pb::HeadsResponse>& answer) {
    int next = 0;
    for (auto& question : questions) {
      const bool here = answer && next < answer->heads_size() &&
                        answer->heads(next).channel_id() == question.channel.value;
      if (here) {
        question.done(HeadFromProto(answer->heads(next++)));
      } else {
        question.done(Fail(ErrorOf(answer ? UpstreamUnavailable() : answer.error())));
      }
    }
  }

  const std::shared_ptr<Shared> shared_;
};

}  // namespace

std::unique_ptr<core::EventLog> NewRemoteLog(Replicas& replicas, asio::any_io_executor executor) {
  return std::make_unique<RemoteLog>(replicas, std::move(executor));
}

}  // namespace yap::api
