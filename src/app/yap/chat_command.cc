// chat: one channel, line by line. What is typed is in the outbox before it counts, so neither a
// server that is away nor a kill -9 loses it.
#include <fmt/format.h>
#include <asio/post.hpp>

#include <algorithm>
#include <future>
#include <mutex>
#include <ranges>

#include "app/yap/channel_ref.h"
#include "app/yap/event_text.h"
#include "app/yap/line_editor.h"
#include "app/yap/registry.h"
#include "client/name_color.h"
#include "client/runtime.h"
#include "unicode/names.h"
#include "unicode/sanitize.h"
#include "unicode/text_rules.h"
#include "unicode/width.h"

namespace yap::app {
namespace {

using unicode::Visible;

// A line of input is taken only while fewer messages than this wait: a file piped in faster than
// the server stores it waits, and is not refused.
constexpr std::size_t kUnsentMax = 200;
// A paste of this many lines was perhaps not meant for everybody.
constexpr std::ptrdiff_t kPasteLinesAsk = 5;
// Who leaves waits this long at most for the server to hear what was seen.
constexpr auto kTellSeenMax = std::chrono::seconds(2);

// The screen: lines above, what is being typed below. Without a terminal only lines.
class Screen {
 public:
  Screen(Cli& cli, bool prompt) : cli_(cli), prompt_(prompt) {}

  void Line(const std::string& line) {
    Clear();
    cli_.Print(line + '\n');
    Draw();
  }
  void Typing(std::string text, std::string before) {
    if (text == text_ && before == before_) return;
    text_ = std::move(text);
    before_ = std::move(before);
    Clear();
    Draw();
  }
  // From here on the terminal brackets what is pasted (DECSET 2004), until End.
  void Begin() {
    if (prompt_) cli_.Print("\x1b[?2004h");
  }
  void End() {
    Clear();
    if (prompt_) cli_.Print("\x1b[?2004l");
  }

 private:
  void Clear() {
    if (prompt_) cli_.Print("\r\x1b[K");
  }
  // The end of a text that is longer than the row is what its author looks at.
  void Draw() {
    if (!prompt_) return;
    const int columns = cli_.env().columns ? cli_.env().columns() : 80;
    std::string row = before_ + Visible(text_);
    while (unicode::Columns(row) >= columns && !row.empty()) {
      unicode::Grapheme first;
      unicode::GraphemeIterator(row).Next(first);
      row.erase(0, first.bytes.size());
    }
    cli_.Print(row);
  }

  Cli& cli_;
  const bool prompt_;
  std::string text_;
  std::string before_;
};

class Chat {
 public:
  Chat(Cli& cli, std::string ref, bool prompt)
      : cli_(cli), ref_(std::move(ref)), prompt_(prompt), screen_(cli, prompt) {}

  // `done` is called at the end, which may be at once (false).
  bool Begin(client::Session& session, Callback<int> done) {
    done_ = std::move(done);
    screen_.Begin();
    auto started =
        client::Runtime::Start(session, cli_.executor(), {.state = cli_.paths().state, .past = 20},
                               [this](const client::Model& model, const client::Message& message) {
                                 if (!done_) return;
                                 std::visit([&](const auto& m) { Show(model, m); }, message);
                                 if (!cli_.output()) Finish(Fail(cli_.output().error()));
                                 Prompt();
                                 LetMoreIn();
                               });
    if (!started) {
      Finish(std::unexpected(started.error()));
      return false;
    }
    runtime_ = *started;
    if (runtime_->damaged() > 0) {
      screen_.Line(
          fmt::format("-- {} damaged records of the outbox were dropped", runtime_->damaged()));
    }
    runtime_->Open(ref_, [this](const Error& why) { Finish(std::unexpected(why)); });
    Prompt();
    return true;
  }

  // Tells the server what was seen, as far as it can be reached: nobody waits for one that is away.
  Task<void> TellSeen(Deadline deadline) {
    if (!runtime_ || runtime_->model().connection != client::Connection::kOnline) {
      co_return Result<void>();
    }
    co_return co_await runtime_->TellReadNow(deadline);
  }

  // After it nothing of the input is taken, and the executor may go: no timer of its is kept here,
  // though the input's thread keeps this for longer.
  void Close() {
    if (runtime_) {
      runtime_->Stop();
      // What Stop has posted still speaks to the runtime; it goes after that.
      asio::post(cli_.executor(), [last = std::move(runtime_)] {});
    }
    std::lock_guard lock(gate_);
    closed_ = true;
    rooms_.clear();
  }

  // From the input's thread: returns when there is room for more.
  void Input(std::optional<std::string> bytes) {
    auto taken = std::make_shared<std::promise<void>>();
    const auto room = taken->get_future();
    {
      std::lock_guard lock(gate_);
      if (closed_) return;
      asio::post(cli_.executor(),
                 [this, bytes = std::move(bytes), taken = std::move(taken)]() mutable {
                   rooms_.push_back(std::move(taken));
                   Take(std::move(bytes));
                   LetMoreIn();
                 });
    }
    room.wait();
  }

 private:
  void Take(std::optional<std::string> bytes) {
    if (!bytes) {
      ended_ = true;
      if (!editor_.text().empty()) Entered(std::string(editor_.text()));
      QuitIfDrained();
      return;
    }
    const auto outcome = editor_.Feed(*bytes);
    for (const auto& line : outcome.lines) Entered(line);
    if (outcome.ended) Finish(kExitOk);
    if (outcome.pasted) AskAboutPaste();
    Prompt();
  }

  void AskAboutPaste() {
    const auto lines = std::ranges::count(editor_.text(), '\n') + 1;
    if (lines < kPasteLinesAsk) return;
    screen_.Line(
        fmt::format("-- {} lines as one message? Enter sends it, Ctrl+U forgets it", lines));
  }

  void Entered(const std::string& line) {
    if (line.empty() || !runtime_) return;
    if (line.starts_with('/') && !line.starts_with("//")) return Slash(line);
    const auto text = unicode::CheckText(line.starts_with("//") ? line.substr(1) : line);
    if (text) {
      runtime_->Type(ref_, *text);
    } else {
      refused_ = true;
      screen_.Line(fmt::format("-- not sent: {}", Visible(text.error().message)));
    }
  }

  // An unknown command is an error, never a message.
  void Slash(const std::string& line) {
    static const std::vector<std::string> known = {"/drop", "/help", "/quit", "/retry", "/who"};
    if (line == "/quit") return Finish(kExitOk);
    if (line == "/retry" || line == "/drop") return SettleFailed(line == "/retry");
    if (line == "/who") return ShowMembers();
    if (line == "/help") {
      return screen_.Line(
          "-- /who lists the members, /retry sends refused messages again, /drop forgets them, "
          "/quit ends; //text sends /text");
    }
    const auto nearest = unicode::Nearest(line, known);
    screen_.Line(
        fmt::format("-- there is no command {}{}", Visible(line),
                    nearest ? fmt::format("; did you mean {}?", *nearest) : "; /help lists them"));
  }

  void SettleFailed(bool again) {
    std::vector<std::string> keys;
    ForUnsent([&](const std::string&, const client::ChatLine& line) {
      if (line.state == client::LineState::kFailed) keys.push_back(line.key);
    });
    for (const auto& key : keys) again ? runtime_->Retry(key) : runtime_->Drop(key);
    if (keys.empty()) screen_.Line("-- nothing was refused");
  }

  void ShowMembers() {
    for (const auto& [id, channel] : runtime_->model().channels) {
      screen_.Line(
          Visible(fmt::format("-- {}", fmt::join(std::views::keys(channel.members), ", "))));
    }
  }

  // Of all channels: what was refused elsewhere can be settled here.
  template <class F>
  void ForUnsent(F&& fn) const {
    const client::Model& model = runtime_->model();
    for (const auto& [id, channel] : model.channels) {
      for (const auto& line : channel.unsent) fn(channel.ref, line);
    }
    for (const auto& [ref, lines] : model.waiting) {
      for (const auto& line : lines) fn(ref, line);
    }
  }

  // Messages of this channel that are so far.
  std::size_t Count(client::LineState state) const {
    std::size_t count = 0;
    if (!runtime_) return 0;
    ForUnsent([&](const std::string& ref, const client::ChatLine& line) {
      count += ref == ref_ && line.state == state;
    });
    return count;
  }
  std::size_t Pending() const { return Count(client::LineState::kPending); }

  // --- What is shown of each change ---
  template <class M>
  void Show(const client::Model&, const M&) {}

  void Show(const client::Model& model, const client::PastLoaded& m) {
    const auto& channel = model.channels.at(m.channel);
    if (std::exchange(past_shown_, true)) return;
    screen_.Line(Visible(fmt::format("-- {} {}", channel.title, channel.topic)));
    if (const auto more = NewAbove(channel); more > 0) {
      screen_.Line(fmt::format("-- {} new messages before these; `yap history` has them", more));
    }
    for (const auto& line : channel.lines) screen_.Line(Format(line));
    if (!channel.lines.empty()) runtime_->Apply(client::Seen{m.channel});
    QuitIfDrained();
  }
  void Show(const client::Model& model, const client::EventCame& m) {
    const auto& channel = model.channels.at(m.event.channel);
    if (past_shown_ && !channel.lines.empty() && channel.lines.back().seq == m.event.seq) {
      screen_.Line(Format(channel.lines.back()));
    }
    if (past_shown_) runtime_->Apply(client::Seen{m.event.channel});
    QuitIfDrained();
  }
  void Show(const client::Model&, const client::Delivered& m) {
    sent_ = sent_ || m.ref == ref_;
    QuitIfDrained();
  }
  void Show(const client::Model& model, const client::Queued& m) {
    if (m.line.state == client::LineState::kFailed) {
      return ShowRefused(m.ref, m.line.text, m.line.reason);
    }
    if (model.connection != client::Connection::kOffline) return;
    screen_.Line(fmt::format("-- sent when the server is back: {}", Indented(m.line.text)));
  }
  void Show(const client::Model&, const client::NotQueued& m) {
    refused_ = true;
    ShowRefused(m.ref, m.text, m.why);
  }
  void Show(const client::Model&, const client::Refused& m) {
    refused_ = refused_ || m.ref == ref_;
    ForUnsent([&](const std::string& ref, const client::ChatLine& line) {
      if (line.key == m.key) ShowRefused(ref, line.text, m.why);
    });
    QuitIfDrained();
  }
  void Show(const client::Model&, const client::PastTruncated& m) {
    screen_.Line(fmt::format("-- events before {} are no longer kept", m.first_available));
  }
  void Show(const client::Model&, const client::LogReplaced&) {
    screen_.Line("-- the server was restored from a backup: what you see above may be gone");
    past_shown_ = false;
  }
  void Show(const client::Model&, const client::ChannelEnded& m) {
    Finish(Fail(Errc::kPermissionDenied, "ENDED", m.why));
  }
  void Show(const client::Model&, const client::ConnectionChanged& m) {
    if (m.connection == client::Connection::kStopped) {
      return Finish(std::unexpected(m.stopped_by.value_or(
          MakeError(Errc::kUnauthenticated, "STOPPED", "the session has ended"))));
    }
    const bool offline = m.connection == client::Connection::kOffline;
    if (std::exchange(offline_, offline) == offline) return;
    screen_.Line(offline ? fmt::format("-- offline: {}; trying again", Visible(m.trouble))
                         : "-- online");
    QuitIfDrained();
  }

  void ShowRefused(const std::string& ref, const std::string& text, const std::string& why) {
    const std::string to = ref == ref_              ? ""
                           : ref.starts_with("id:") ? " to channel " + ref
                                                    : " to #" + ref;
    screen_.Line(fmt::format("-- not sent{}: {}: {}", Visible(to), Visible(why), Indented(text)));
  }

  // New messages that the lines shown do not reach back to.
  static std::uint64_t NewAbove(const client::ChannelModel& channel) {
    const auto shown = static_cast<std::uint64_t>(std::ranges::count_if(
        channel.lines,
        [&](const client::ChatLine& line) { return line.message && line.seq > channel.read_seq; }));
    return channel.unread() - std::min(channel.unread(), shown);
  }

  std::string Format(const client::ChatLine& line) const {
    const std::string time = LocalTime(std::chrono::system_clock::to_time_t(
        std::chrono::time_point_cast<std::chrono::system_clock::duration>(line.time)));
    const std::string name = cli_.color()
                                 ? client::Colored(Visible(line.user), cli_.config().name_colors)
                                 : Visible(line.user);
    if (line.message) return fmt::format("{} {}: {}", time, name, Indented(line.text));
    return fmt::format("{} -- {} {}", time, name, Visible(line.text));
  }

  void Prompt() {
    if (!prompt_ || !done_) return;
    const std::size_t pending = Pending();
    screen_.Typing(editor_.text(), pending > 0 ? fmt::format("({} pending) > ", pending) : "> ");
  }

  void LetMoreIn() {
    if (Pending() >= kUnsentMax) return;
    for (auto& room : std::exchange(rooms_, {})) room->set_value();
  }

  // After the end of the input: when all of it is with the server and shown, or refused. A channel
  // that cannot even be looked at, and nobody to ask, is no success.
  void QuitIfDrained() {
    if (!done_ || !ended_ || Pending() > 0) return;
    if (!offline_ && (!past_shown_ || Count(client::LineState::kSent) > 0)) return;
    if (!past_shown_ && !sent_) {
      return Finish(Fail(Errc::kUnavailable, client::kUnreachable, runtime_->model().trouble));
    }
    Finish(refused_ ? kExitError : kExitOk);
  }

  void Finish(Result<int> outcome) {
    if (!done_) return;
    auto done = std::exchange(done_, nullptr);
    screen_.End();
    if (const auto waiting = Pending(); waiting > 0) {
      cli_.Say(
          fmt::format("yap: not sent yet: {} of your messages; `yap chat` sends them when it "
                      "runs again",
                      waiting));
    }
    done(std::move(outcome));
  }

  Cli& cli_;
  const std::string ref_;
  const bool prompt_;
  Screen screen_;
  LineEditor editor_;
  std::shared_ptr<client::Runtime> runtime_;
  std::vector<std::shared_ptr<std::promise<void>>> rooms_;  // Inputs that wait for room.
  Callback<int> done_;  // None: it is over, and the screen is not ours any more.
  bool past_shown_ = false;
  bool offline_ = false;
  bool ended_ = false;
  bool refused_ = false;  // A message of this channel, in this run.
  bool sent_ = false;     // As well.

  std::mutex gate_;
  bool closed_ = false;  // Guarded by gate_.
};

// What the outbox and the runtime call the channel.
Task<std::string> OutboxRef(Cli& cli, std::string name) {
  YAP_CO_TRY(const auto ref, co_await ResolveChannel(cli, std::move(name)));
  co_return ref.ref_case() == v1::ChannelRef::kId ? fmt::format("id:{}", ref.id()) : ref.name();
}

}  // namespace

Task<int> RunChat(Cli& cli, std::string channel, bool plain_safe) {
  YAP_CO_TRY(auto* session, cli.session());
  YAP_CO_TRY_VOID(session->Who());
  YAP_CO_TRY(auto ref, co_await OutboxRef(cli, channel));
  const bool prompt = cli.env().in_is_terminal && cli.env().out_is_terminal && !plain_safe;
  // The input's thread may outlive this coroutine, and then waits for ever.
  auto chat = std::make_shared<Chat>(cli, std::move(ref), prompt);
  auto result = co_await FromCallback<int>([&](Callback<int> done) {
    if (!chat->Begin(*session, std::move(done))) return;
    cli.env().start_input(
        prompt, [chat](std::optional<std::string> bytes) { chat->Input(std::move(bytes)); });
  });
  // Best effort: a position that is not told is told by the next chat.
  (void)co_await chat->TellSeen(Deadline::After(cli.env().clock, kTellSeenMax));
  chat->Close();
  // A turn for what Close has posted: the streams are cancelled, and do not outlive the executor.
  (void)co_await FromCallback<void>([](Callback<void> done) { done({}); });
  if (!result) co_return Fail(co_await WithNearest(cli, result.error(), channel));
  co_return result;
}

void AddChatCommand(Registry& registry) {
  struct Flags {
    std::string channel;
    bool plain_safe = false;
  };
  auto flags = std::make_shared<Flags>();
  auto& command = registry.Add("chat", "Talk in a channel, line by line",
                               {"yap chat lobby", "yap chat @bob", "yap chat lobby --plain-safe"});
  command.add_option("CHANNEL", flags->channel, "A channel, or @user")->required()->type_name("");
  command.add_flag("--plain-safe", flags->plain_safe,
                   "Only append lines: for screen readers and dumb terminals");
  registry.On(command,
              [flags](Cli& cli) { return RunChat(cli, flags->channel, flags->plain_safe); });
}

}  // namespace yap::app
