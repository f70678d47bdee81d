#include "app/yapd/node.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <system_error>
#include <thread>

#include "app/yapd/adapters.h"
#include "base/log.h"
#include "core/limits.h"
#include "core/revocations.h"
#include "crypto/secret_file.h"

namespace yap::app {
namespace {

std::size_t Cores() { return std::max<std::size_t>(1, std::thread::hardware_concurrency()); }

constexpr auto kRecoverTime = std::chrono::seconds(30);
constexpr auto kBusCloseTime = std::chrono::seconds(3);

core::Registration RegistrationOf(const std::string& name) {
  if (name == "invite") return core::Registration::kInvite;
  return name == "closed" ? core::Registration::kClosed : core::Registration::kOpen;
}

core::AccountOptions AccountOptionsOf(const Config& config, bool has_gateways) {
  core::AccountOptions options;
  options.registration = RegistrationOf(config.accounts_registration);
  options.password_min = static_cast<std::size_t>(config.accounts_password_min);
  options.access_life = std::chrono::seconds(config.accounts_access_token_seconds);
  options.registrations_per_hour = static_cast<std::size_t>(config.limits_registrations_per_hour);
  options.logins_per_minute = static_cast<std::size_t>(config.limits_logins_per_minute);
  options.record_revocations = has_gateways;
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
  YAP_TRY_VOID(MakeDataDirectory(paths.token_key.parent_path()));
  return ReadOrCreateKeyFile(paths.token_key, SystemRandom());
}

// Whether gateways follow the ends of sessions. Who administers a cluster's store beside its
// processes must record them, too.
Task<bool> HasGateways(core::ChannelStore& store, std::string role, Deadline deadline) {
  if (role == "chat") {
    YAP_CO_TRY_VOID(co_await core::EnsureRevocationLog(store, SystemClock(), deadline));
    co_return true;
  }
  const auto log = co_await store.GetChannel(core::kRevocationLog, deadline);
  if (!log && log.error().code != Errc::kNotFound) co_return Fail(log.error());
  co_return log.has_value();
}

}  // namespace

Result<> MakeDataDirectory(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return Fail(Errc::kUnavailable, "DATA_DIR_UNWRITABLE",
              fmt::format("cannot make the data directory {}: {}; choose another with --data",
                          path.string(), std::generic_category().message(errno)));
}

void CloseBus(Bus& bus, IoThreads& threads) {
  if (!bus.close) return;
  const auto closed = BlockOn(threads, bus.close(Deadline::After(SystemClock(), kBusCloseTime)));
  if (!closed) log::Warning("the bus did not take leave", {{"why", closed.error().message}});
}

std::size_t IoThreadsOf(const Config& config) {
  if (config.threads_io != 0) return static_cast<std::size_t>(config.threads_io);
  const bool writes = config.role != "api" && config.store_kind == "sqlite";
  return std::max<std::size_t>(1, Cores() - (writes ? 1 : 0));
}

Result<std::unique_ptr<Node>> Node::Open(const Config& config, const DataPaths& paths) {
  YAP_TRY_VOID(MakeDataDirectory(paths.directory));
  auto node = std::unique_ptr<Node>(new Node());
  node->threads_ = std::make_unique<IoThreads>(IoThreadsOf(config));
  YAP_TRY(node->store_, OpenStore(config, paths, *node->threads_));
  YAP_TRY(Secret token_key, TokenKey(config, paths));
  YAP_TRY(node->bus_, OpenBus(config, *node->threads_));
  if (config.role == "chat") node->CountAndNote(config);
  const Deadline deadline = Deadline::After(SystemClock(), kRecoverTime);
  YAP_TRY(const bool has_gateways,
          BlockOn(*node->threads_, HasGateways(node->store_->channels(), config.role, deadline)));
  node->BuildRules(config, std::move(token_key), has_gateways);
  YAP_TRY_VOID(BlockOn(*node->threads_, node->channels_->Recover(deadline)));
  return node;
}

// Who listens is in other processes: they must be able to notice what they missed.
void Node::CountAndNote(const Config& config) {
  const std::uint64_t life = SystemRandom().NextId();
  journal_ = std::make_unique<core::AppendJournal>(life, core::kJournalChannelsMax);
  journaled_log_ = std::make_unique<core::JournaledLog>(store_->log(), *journal_);
  counted_bus_ = std::make_unique<core::CountedBus>(*bus_.port, core::ProducerId(life),
                                                    static_cast<std::uint32_t>(config.bus_topics));
}

void Node::BuildRules(const Config& config, Secret token_key, bool has_gateways) {
  hasher_ = OpenArgon2Hasher(HashingOf(config), SystemClock());
  channels_ =
      core::NewChannels(core::ChannelPorts{log(), store_->channels(), store_->users(), bus(),
                                           SystemClock(), SystemRandom(), threads_->executors()},
                        ChannelOptionsOf(config));
  accounts_ = core::NewAccounts(
      core::AccountPorts{store_->users(), store_->sessions(), *hasher_, *channels_, SystemClock(),
                         SystemRandom(), std::move(token_key)},
      AccountOptionsOf(config, has_gateways));
}

void Node::Drain() {
  if (!threads_ || std::exchange(drained_, true)) return;
  if (channels_) SpawnFuture(threads_->executor(0), channels_->Drain()).get();
  CloseBus(bus_, *threads_);
  threads_->Stop();
}

void Node::Close() {
  Drain();
  accounts_.reset();
  channels_.reset();
  hasher_.reset();
  counted_bus_.reset();
  bus_ = {};
  journaled_log_.reset();
  store_.reset();
  threads_.reset();
}

Node::~Node() { Close(); }

}  // namespace yap::app
