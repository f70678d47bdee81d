// tail: follows channels, for people and scripts.
#include <fmt/format.h>

#include <set>

#include "app/yap/channel_ref.h"
#include "app/yap/event_text.h"
#include "app/yap/registry.h"
#include "client/cursor.h"
#include "client/sync.h"

namespace yap::app {
namespace {

using client::Durable;
using client::Place;

struct TailFlags {
  std::vector<std::string> channels;
  std::uint64_t last = 10;
  std::optional<std::uint64_t> since;
  std::string cursor_file;
  bool follow = false;  // The default; only to say it.
  bool no_follow = false;
};

// Prints what comes and keeps the positions. Lives as long as its Sync calls it.
class Printer final : public client::SyncListener {
 public:
  Printer(Cli& cli, bool follow, std::optional<client::CursorFile> file)
      : cli_(cli), follow_(follow), file_(std::move(file)) {}

  void Add(const v1::Channel& channel, const std::string& name) {
    names_[channel.id()] = name;
    behind_.insert(channel.id());
  }
  Result<> Run(Callback<void> done, const std::shared_ptr<client::Sync>& sync) {
    sync_ = sync;
    done_ = std::move(done);
    sync_->Start();
    return {};
  }

  void OnEvent(const v1::Event& event) override {
    if (outcome_) return;  // The run is over: what is not printed is not kept either.
    const std::string& name = names_[event.channel_id()];
    const TextStyle style{.color = cli_.color(),
                          .name_colors = cli_.config().name_colors,
                          .with_channel = names_.size() > 1};
    cli_.Data(cli_.globals().json ? JsonLine(EventJson(event, name))
                                  : EventText(event, name, style));
    if (!cli_.output()) return Stop(cli_.output().error());
    const bool live = !behind_.contains(event.channel_id());
    Keep(event.channel_id(), live ? Durable::kYes : Durable::kNo);
  }

  void OnCaughtUp(std::uint64_t channel, std::uint64_t) override {
    behind_.erase(channel);
    Keep(channel, Durable::kYes);
    if (!follow_ && behind_.empty()) sync_->Stop();
  }

  void OnTruncated(const v1::Truncated& frame) override {
    cli_.Say(fmt::format("yap: events of {} before {} are no longer kept; going on there",
                         names_[frame.channel_id()], frame.first_available()));
  }

  // The numbers of the old log mean nothing in the new one. A script must not take old events for
  // new ones, nor miss any: it is told, and a person decides.
  std::optional<Place> OnEpochChanged(const v1::EpochChanged& frame) override {
    const std::string& name = names_[frame.channel_id()];
    Stop(MakeError(Errc::kFailedPrecondition, "EPOCH_CHANGED",
                   fmt::format("the server was restored from a backup: the log of {0} is another, "
                               "with {1} events; look with `yap history {0}`, then go on with "
                               "`yap tail {0} --since {1}`{2}",
                               name, frame.head(), file_ ? " and a new cursor file" : "")));
    return {};
  }

  void OnEnded(const v1::Ended& frame) override {
    Stop(MakeError(
        Errc::kPermissionDenied, "ENDED",
        fmt::format("{} cannot be followed any more: {}", names_[frame.channel_id()],
                    frame.reason() == v1::END_REASON_LEFT           ? "you left it"
                    : frame.reason() == v1::END_REASON_CHANNEL_GONE ? "it is gone"
                                                                    : "you were removed")));
  }

  void OnOnline() override {
    if (std::exchange(offline_, false)) cli_.Say("yap: connected again");
  }

  void OnOffline(const Error& why, Duration) override {
    if (!std::exchange(offline_, true)) cli_.Say(fmt::format("yap: {}; reconnecting", why.message));
    if (!follow_ && cli_.deadline().Expired(cli_.env().clock)) Stop(why);
  }

  void OnStopped(std::optional<Error> why) override {
    if (!outcome_) outcome_ = std::move(why);
    if (!done_) return;
    auto done = std::exchange(done_, nullptr);
    if (outcome_) {
      done(std::unexpected(*outcome_));
    } else {
      done({});
    }
  }

 private:
  void Stop(Error why) {
    if (!outcome_) outcome_ = std::move(why);
    sync_->Stop();
  }

  // After the line is out: a kill in between prints it again, never skips it.
  void Keep(std::uint64_t channel, Durable durable) {
    if (!file_ || outcome_) return;
    const auto place = sync_->places().find(channel);
    if (place == sync_->places().end()) return;
    if (auto stored = file_->Store(names_[channel], place->second, durable); !stored) {
      Stop(stored.error());
    }
  }

  Cli& cli_;
  const bool follow_;
  std::optional<client::CursorFile> file_;
  std::map<std::uint64_t, std::string> names_;
  std::set<std::uint64_t> behind_;
  std::shared_ptr<client::Sync> sync_;
  Callback<void> done_;
  std::optional<Error> outcome_;
  bool offline_ = false;
};

// Where to begin: the cursor file, then --since, then the last N.
Place Begin(Cli& cli, const TailFlags& flags, const std::optional<client::CursorFile>& file,
            const std::string& name, const v1::Channel& channel) {
  if (file) {
    if (const auto kept = file->Find(name)) return *kept;
  }
  if (flags.since && *flags.since > channel.head()) {
    cli.Say(
        fmt::format("yap: {} has only {} events, so --since {} begins at its end; was the "
                    "server restored from a backup?",
                    name, channel.head(), *flags.since));
  }
  if (flags.since) return {channel.epoch(), std::min(*flags.since, channel.head())};
  return {channel.epoch(), channel.head() - std::min(channel.head(), flags.last)};
}

Result<std::optional<client::CursorFile>> OpenCursor(Cli& cli, const std::string& path) {
  if (path.empty()) return std::nullopt;
  YAP_TRY(auto file, client::CursorFile::Open(path, cli.server().Name()));
  return std::optional(std::move(file));
}

Task<int> Tail(Cli& cli, TailFlags flags) {
  YAP_CO_TRY(auto file, OpenCursor(cli, flags.cursor_file));
  client::SyncOptions options;
  std::map<std::uint64_t, std::pair<v1::Channel, std::string>> channels;
  for (const auto& name : flags.channels) {
    YAP_CO_TRY(const auto channel, co_await GetChannel(cli, name));
    options.places[channel.id()] = Begin(cli, flags, file, name, channel);
    channels[channel.id()] = {channel, name};
  }
  Printer printer(cli, !flags.no_follow, std::move(file));
  for (const auto& [id, channel] : channels) printer.Add(channel.first, channel.second);
  YAP_CO_TRY(auto* session, cli.session());
  const auto sync = client::Sync::Make(*session, cli.executor(), std::move(options), printer);
  YAP_CO_TRY_VOID(co_await FromCallback<void>(
      [&](Callback<void> done) { (void)printer.Run(std::move(done), sync); }));
  co_return kExitOk;
}

}  // namespace

void AddTailCommand(Registry& registry) {
  auto flags = std::make_shared<TailFlags>();
  auto& command = registry.Add(
      "tail", "Follow channels: print their last events, then each as it comes",
      {"yap tail deck", "yap tail deck lobby --json", "yap tail deck --since 1200",
       "yap tail deck --json --cursor ~/.deck --no-follow   # what is new since the last run"});
  command.add_option("CHANNEL", flags->channels, "Channels, or @user")
      ->required()
      ->type_name("")
      ->expected(1, 100);
  command.add_option("-n", flags->last, "Begin with the last N events (default 10)")
      ->type_name("N")
      ->check(WholeNumber());
  command.add_option("--since", flags->since, "Begin with the event after this seq; 0: all")
      ->type_name("SEQ")
      ->check(WholeNumber());
  command
      .add_option("--cursor", flags->cursor_file,
                  "Keep the position in FILE: each event once, over any number of runs")
      ->type_name("FILE");
  auto* end = command.add_flag("--no-follow", flags->no_follow, "End at the newest event");
  command.add_flag("-f,--follow", flags->follow, "Go on with what comes; the default")
      ->excludes(end);
  registry.On(command, [flags](Cli& cli) { return Tail(cli, *flags); });
}

}  // namespace yap::app
