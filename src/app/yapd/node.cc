#include "app/yapd/node.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <system_error>
#include <thread>

#include "app/yapd/adapters.h"
#include "core/limits.h"
#include "core/revocations.h"
#include "crypto/secret_file.h"

namespace yap::app {
namespace {

std::size_t Cores() { return std::max<std::size_t>(1, std::thread::hardware_concurrency()); }

constexpr auto kRecoverTime = std::chrono::seconds(30);

Result<> MakePrivateDirectory(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return Fail(Errc::kUnavailable, "DATA_DIR_UNWRITABLE",
              fmt::format("cannot make the data directory {}: {}; choose another with --data",
                          path.string(), std::generic_category().message(errno)));
}

core::Registration RegistrationOf(const std::string& name) {
  if (name == "invite") return core::Registration::kInvite;
  return name == "closed" ? core::Registration::kClosed : core::Registration::kOpen;
}

core::AccountOptions AccountOptionsOf(const Config& config) {
  core::AccountOptions options;
  options.registration = RegistrationOf(config.accounts_registration);
  options.password_min = static_cast<std::size_t>(config.accounts_password_min);
  options.access_life = std::chrono::seconds(config.accounts_access_token_seconds);
  options.registrations_per_hour = static_cast<std::size_t>(config.limits_registrations_per_hour);
  options.logins_per_minute = static_cast<std::size_t>(config.limits_logins_per_minute);
  options.record_revocations = config.role == "chat";
  return options;
}

core::ChannelOptions ChannelOptionsOf(const Config& config) {
  core::ChannelOptions options;
  options.rates = {config.limits_user_sends_per_second, config.limits_user_send_burst,
                   config.limits_channel_sends_per_second, config.limits_channel_send_burst};
  options.members_max = static_cast<std::size_t>(config.limits_channel_members);
  options.lobby = config.channels_lobby;
  return options;
}

Argon2Options HashingOf(const Config& config) {
  Argon2Options options;
  options.threads = Cores();
  options.ops = static_cast<std::uint64_t>(config.accounts_argon2_ops);
  options.memory_bytes = static_cast<std::size_t>(config.accounts_argon2_memory_mib) << 20U;
  return options;
}

// The key in the data directory is made at first start; one that others share is not ours to make.
Result<Secret> TokenKey(const Config& config, const DataPaths& paths) {
  if (!config.accounts_token_key_file.empty()) return ReadKeyFile(config.accounts_token_key_file);
  YAP_TRY_VOID(MakePrivateDirectory(paths.token_key.parent_path()));
  return ReadOrCreateKeyFile(paths.token_key, SystemRandom());
}

Task<void> Recover(core::Channels& channels, core::ChannelStore& store, std::string role,
                   Deadline deadline) {
  if (role == "chat") {
    YAP_CO_TRY_VOID(co_await core::EnsureRevocationLog(store, SystemClock(), deadline));
  }
  co_return co_await channels.Recover(deadline);
}

}  // namespace

std::size_t IoThreadsOf(const Config& config) {
  return config.threads_io == 0 ? Cores() : static_cast<std::size_t>(config.threads_io);
}

Result<std::unique_ptr<Node>> Node::Open(const Config& config, const DataPaths& paths) {
  YAP_TRY_VOID(MakePrivateDirectory(paths.directory));
  auto node = std::unique_ptr<Node>(new Node());
  YAP_TRY(node->store_, OpenStore(config, paths));
  YAP_TRY(Secret token_key, TokenKey(config, paths));
  YAP_TRY(node->bus_, OpenBus(config));
  node->threads_ = std::make_unique<IoThreads>(IoThreadsOf(config));
  if (config.role == "chat") node->CountAndNote(config);
  node->BuildRules(config, std::move(token_key));
  YAP_TRY_VOID(
      BlockOn(*node->threads_, Recover(*node->channels_, node->store_->channels(), config.role,
                                       Deadline::After(SystemClock(), kRecoverTime))));
  return node;
}

// Who listens is in other processes: they must be able to notice what they missed.
void Node::CountAndNote(const Config& config) {
  const std::uint64_t life = SystemRandom().NextId();
  journal_ = std::make_unique<core::AppendJournal>(life, core::kJournalChannelsMax);
  journaled_log_ = std::make_unique<core::JournaledLog>(store_->log(), *journal_);
  counted_bus_ = std::make_unique<core::CountedBus>(*bus_, core::ProducerId(life),
                                                    static_cast<std::uint32_t>(config.bus_topics));
}

void Node::BuildRules(const Config& config, Secret token_key) {
  hasher_ = OpenArgon2Hasher(HashingOf(config), SystemClock());
  channels_ =
      core::NewChannels(core::ChannelPorts{log(), store_->channels(), store_->users(), bus(),
                                           SystemClock(), SystemRandom(), threads_->executors()},
                        ChannelOptionsOf(config));
  accounts_ = core::NewAccounts(
      core::AccountPorts{store_->users(), store_->sessions(), *hasher_, *channels_, SystemClock(),
                         SystemRandom(), std::move(token_key)},
      AccountOptionsOf(config));
}

void Node::Drain() {
  if (!threads_ || std::exchange(drained_, true)) return;
  if (channels_) asio::co_spawn(threads_->executor(0), channels_->Drain(), asio::use_future).get();
  threads_->Stop();
}

void Node::Close() {
  Drain();
  accounts_.reset();
  channels_.reset();
  hasher_.reset();
  counted_bus_.reset();
  bus_.reset();
  journaled_log_.reset();
  store_.reset();
  threads_.reset();
}

Node::~Node() { Close(); }

}  // namespace yap::app
