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
        work_(asio::make_work_guard(io_)),
        thread_([this] { Run(); }) {}

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
  // What one login stands on; a new one for each server.
  struct Link {
    std::unique_ptr<Transport> transport;
    std::unique_ptr<Session> session;
    std::shared_ptr<Engine> engine;
  };

  void Run() {
    asio::post(io_, [this] { Resume(); });
    io_.run();
    links_.clear();
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
      } else if (link_) {
        link_->engine->Do(command);
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
    // Calls that are under way when a link is left still use it.
    links_.push_back(link);
    return link;
  }

  void Enter(const std::shared_ptr<Link>& link) {
    auto engine =
        Engine::Make(*link->session, io_.get_executor(),
                     {.state = options_.paths.state, .past = kPast, .follow_joined = true},
                     [this](const Message& message) { OnMessage(message); });
    if (!engine) return Tell(LogInFailed{engine.error()});
    link->engine = *std::move(engine);
    link_ = link;
    const Drafts& drafts = link->engine->drafts();
    Tell(LoggedIn{link->engine->self().user_id, link->engine->self().username,
                  link->session->server(), drafts.texts(), drafts.history()});
    link->engine->Begin();
  }

  // A session that the server has ended is over here, too.
  void OnMessage(const Message& message) {
    const auto* changed = std::get_if<ConnectionChanged>(&message);
    const bool over = changed && changed->connection == Connection::kStopped &&
                      changed->stopped_by && changed->stopped_by->code == Errc::kUnauthenticated;
    if (!over) return Tell(message);
    asio::post(io_, [this, why = changed->trouble, link = link_] {
      if (link == link_) Spawn(io_.get_executor(), Leave(why));
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
    if (link_) link_->engine->Stop();
    Enter(link);
    co_return Result<void>();
  }

  // By request: the server is told what was read, and of the end.
  asio::awaitable<void> LogOutNow() {
    const auto link = link_;
    if (!link) co_return;
    (void)co_await link->engine->TellReadNow(In(kFarewellMax));
    link->engine->Stop();
    link_.reset();
    const auto told = co_await LogOutOf(*link->session, In(kLogOutMax));
    Tell(LoggedOut{told ? "" : told.error().message});
  }

  // The server wants no more of this session: its credentials are of no use.
  asio::awaitable<void> Leave(std::string why) {
    const auto link = std::exchange(link_, nullptr);
    link->engine->Stop();
    (void)co_await link->session->Forget(In(kLogOutMax));
    Tell(LoggedOut{why.empty() ? "the session has ended" : why});
  }

  asio::awaitable<void> SayFarewell() {
    if (link_) {
      (void)co_await link_->engine->TellReadNow(In(kFarewellMax));
      link_->engine->Stop();
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
  std::vector<std::shared_ptr<Link>> links_;
  std::shared_ptr<Link> link_;

  std::thread thread_;  // Last: it uses all above.
};

Network::Network(NetworkOptions options, std::function<void()> wake)
    : thread_(std::make_unique<Thread>(std::move(options), std::move(wake))) {}

Network::~Network() = default;

bool Network::Do(std::vector<Command> commands) { return thread_->Do(std::move(commands)); }

std::vector<Message> Network::Take() { return thread_->Take(); }

}  // namespace yap::client
