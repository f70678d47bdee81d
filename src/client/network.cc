#include "client/network.h"

#include <algorithm>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>

#include "client/engine.h"
#include "client/event_cache.h"
#include "client/login.h"

namespace yap::client {
namespace {

constexpr auto kLogInMax = 15s;
constexpr auto kLogOutMax = 3s;
// Whoever closes the terminal waits this long at most for what the server is told last.
constexpr auto kFarewellMax = 2s;
// Events of one page of the past: a screen and what is above it.
constexpr std::uint32_t kPast = 200;

}  // namespace

// Everything but the two queues belongs to the thread.
class Network::Thread {
 public:
  Thread(NetworkOptions options, std::function<void()> wake)
      : options_(std::move(options)),
        wake_(std::move(wake)),
        store_(options_.paths.credentials_file),
        work_(asio::make_work_guard(io_)) {
    // Before any command.
    asio::post(io_, [this] { Resume(); });
    thread_ = std::thread([this] { Run(); });
  }

  ~Thread() {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    taken_.notify_all();
    asio::post(io_, [this] { Spawn(io_.get_executor(), SayFarewell()); });
    thread_.join();
  }

  bool Do(std::vector<Command> commands) {
    {
      const std::lock_guard lock(mutex_);
      if (commands_.size() + commands.size() > kCommandsMax) return false;
      std::ranges::move(commands, std::back_inserter(commands_));
    }
    asio::post(io_, [this] { RunCommands(); });
    return true;
  }

  std::vector<Message> Take() {
    std::vector<Message> out;
    {
      const std::lock_guard lock(mutex_);
      out.swap(messages_);
    }
    taken_.notify_all();
    return out;
  }

 private:
  // What one login stands on; whatever is under way keeps it.
  struct Link {
    std::unique_ptr<Transport> transport;
    std::unique_ptr<Session> session;
  };

  void Run() {
    io_.run();
    engine_.reset();
    left_.reset();
    link_.reset();
    // Calls that are under way end with their transport, and never come back.
    for (const auto& each : links_) {
      if (const auto link = each.lock()) link->transport.reset();
    }
  }

  Deadline In(Duration span) const { return Deadline::After(options_.clock, span); }

  void Tell(const Message& message) {
    bool first = false;
    {
      std::unique_lock lock(mutex_);
      taken_.wait(lock, [this] { return closing_ || messages_.size() < kMessagesMax; });
      first = messages_.empty();
      messages_.push_back(message);
    }
    if (first) wake_();
  }

  void RunCommands() {
    std::vector<Command> commands;
    {
      const std::lock_guard lock(mutex_);
      commands.swap(commands_);
    }
    for (const auto& command : commands) {
      if (const auto* login = std::get_if<LogIn>(&command)) {
        Spawn(io_.get_executor(), LogInTo(login->what));
      } else if (std::holds_alternative<LogOut>(command)) {
        Spawn(io_.get_executor(), LogOutNow());
      } else if (engine_) {
        engine_->Do(command);
      }
    }
  }

  // At the start, with what is stored.
  void Resume() {
    const auto link = Connect(options_.server);
    if (!link) return Tell(LogInFailed{link.error()});
    if (const auto who = (*link)->session->Who(); !who) return Tell(LogInFailed{who.error()});
    Enter(*link);
  }

  Result<std::shared_ptr<Link>> Connect(const ServerAddress& server) {
    auto link = std::make_shared<Link>();
    YAP_TRY(link->transport, options_.connect(server));
    link->session =
        std::make_unique<Session>(*link->transport, store_, options_.clock, options_.random,
                                  SessionOptions{.server = server.Name(), .on_retry = {}});
    std::erase_if(links_, [](const auto& each) { return each.expired(); });
    links_.push_back(link);
    return link;
  }

  void Enter(const std::shared_ptr<Link>& link) {
    auto engine = Engine::Make(
        *link->session, io_.get_executor(),
        {.state = options_.paths.state, .past = kPast, .follow_joined = true, .owner = link},
        [this](const Message& message) { OnMessage(message); });
    if (!engine) return Tell(LogInFailed{engine.error()});
    link_ = link;
    engine_ = *std::move(engine);
    Tell(LoggedIn{engine_->self().user_id, engine_->self().username, link->session->server(),
                  engine_->drafts().texts(), engine_->drafts().history()});
    engine_->Begin();
  }

  void StopEngine() {
    engine_->Stop();
    left_ = std::move(engine_);
    link_.reset();
  }

  asio::awaitable<void> Drain(std::shared_ptr<Engine> engine) {
    co_await Engine::Drain(engine);
    if (left_ == engine) left_.reset();
  }

  // Until nobody is here any more, and the outbox of who was is free.
  asio::awaitable<void> MakeRoom() {
    while (engine_ || left_) {
      if (engine_) StopEngine();
      co_await Drain(left_);
    }
  }

  // A session that the server has ended is over here, too.
  void OnMessage(const Message& message) {
    const auto* changed = std::get_if<ConnectionChanged>(&message);
    const bool over = changed && changed->connection == Connection::kStopped &&
                      changed->stopped_by && changed->stopped_by->code == Errc::kUnauthenticated;
    if (!over) return Tell(message);
    asio::post(io_, [this, why = changed->trouble, engine = engine_] {
      Spawn(io_.get_executor(), Leave(engine, why));
    });
  }

  asio::awaitable<void> LogInTo(LogInAsked what) {
    const auto failed = co_await TryLogIn(std::move(what));
    if (!failed) Tell(LogInFailed{failed.error()});
  }

  Task<void> TryLogIn(LogInAsked what) {
    YAP_CO_TRY(const auto address, ParseServerAddress(what.server));
    YAP_CO_TRY(const auto link, Connect(address));
    YAP_CO_TRY_VOID(co_await LogInAs(*link->session,
                                     {.name = what.name,
                                      .password = what.password,
                                      .create = what.create,
                                      .invite = what.invite},
                                     In(kLogInMax)));
    co_await MakeRoom();
    Enter(link);
    co_return Result<void>();
  }

  // By request: the server is told what was read, and of the end.
  asio::awaitable<void> LogOutNow() {
    const auto link = link_;
    const auto engine = engine_;
    if (!engine) co_return;
    (void)co_await engine->TellReadNow(In(kFarewellMax));
    if (engine != engine_) co_return;
    StopEngine();
    RemoveCacheOf(*engine, *link);
    const auto told = co_await LogOutOf(*link->session, In(kLogOutMax));
    Tell(LoggedOut{told ? "" : told.error().message});
    co_await Drain(engine);
  }

  // The server wants no more of this session: its credentials are of no use. Where another yap has
  // logged in again meanwhile, it goes on with those.
  asio::awaitable<void> Leave(std::shared_ptr<Engine> engine, std::string why) {
    if (engine != engine_) co_return;
    const auto link = link_;
    StopEngine();
    const auto forgotten = co_await link->session->Forget(In(kLogOutMax));
    const bool again = forgotten && link->session->Who();
    if (!again) RemoveCacheOf(*engine, *link);
    Tell(LoggedOut{why.empty() ? "the session has ended" : why});
    co_await Drain(engine);
    if (again && !engine_ && !left_) Enter(link);
  }

  void RemoveCacheOf(const Engine& engine, const Link& link) {
    RemoveEventCache(
        EventCacheFolder(options_.paths.state, link.session->server(), engine.self().username));
  }

  asio::awaitable<void> SayFarewell() {
    if (const auto engine = engine_) {
      (void)co_await engine->TellReadNow(In(kFarewellMax));
      engine->Stop();
    }
    // A turn for what Stop has posted: the streams end before their transport.
    asio::post(io_, [this] { asio::post(io_, [this] { io_.stop(); }); });
  }

  const NetworkOptions options_;
  const std::function<void()> wake_;

  std::mutex mutex_;
  std::condition_variable taken_;
  std::vector<Command> commands_;
  std::vector<Message> messages_;
  bool closing_ = false;

  // The thread's.
  CredentialStore store_;
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::vector<std::weak_ptr<Link>> links_;
  std::shared_ptr<Link> link_;      // Of engine_.
  std::shared_ptr<Engine> engine_;  // Of who is logged in.
  std::shared_ptr<Engine> left_;    // Of who was, until its outbox is free.

  std::thread thread_;
};

Network::Network(NetworkOptions options, std::function<void()> wake)
    : thread_(std::make_unique<Thread>(std::move(options), std::move(wake))) {}

Network::~Network() = default;

bool Network::Do(std::vector<Command> commands) { return thread_->Do(std::move(commands)); }

std::vector<Message> Network::Take() { return thread_->Take(); }

}  // namespace yap::client
