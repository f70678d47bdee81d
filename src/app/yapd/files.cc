#include "app/yapd/files.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "app/yapd/cluster_proof.h"
#include "app/yapd/front.h"
#include "crypto/secret_file.h"
#include "edge/tls.h"

namespace yap::app {
namespace {

Result<> CheckFirstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (std::getline(file, line) && !line.empty()) return {};
  return Fail(Errc::kInvalidArgument, "CONFIG_INVALID",
              fmt::format("cannot read a line of {}", path));
}

Result<> CheckKey(const std::string& path) {
  YAP_TRY(const Secret key, ReadKeyFile(path));
  return {};
}

Result<> CheckTls(const std::optional<edge::TlsOptions>& tls) {
  if (!tls) return {};
  YAP_TRY(const auto loaded, edge::TlsContext::Load(*tls));
  return {};
}

class Check {
 public:
  explicit Check(const Config& config) : config_(config) {}

  std::vector<Finding> Run() {
    if (config_.role != "chat")
      Note("tls.cert_file", CheckTls(ListenerOf(config_, HostPort{}).tls));
    if (config_.role != "all") Cluster();
    if (config_.role != "api") Store();
    if (config_.bus_kind == "pulsar") Bus();
    return std::move(findings_);
  }

 private:
  void Note(std::string_view keys, const Result<>& checked) {
    if (!checked) findings_.push_back({true, fmt::format("{}: {}", keys, checked.error().message)});
  }
  // Where it is named at all.
  void File(std::string_view key, const std::string& path, Result<> (*check)(const std::string&)) {
    if (!path.empty()) Note(key, check(path));
  }

  void Cluster() {
    Note("cluster.tls_*", CheckTls(InternalListenerOf(config_, HostPort{}).tls));
    // A chat-service makes it.
    const std::string& secret = config_.cluster_secret_file;
    std::error_code hidden;  // Then the check of the file says so.
    if (config_.role == "api" || std::filesystem::exists(secret, hidden) || hidden) {
      File("cluster.secret_file", secret, CheckKey);
    }
  }

  void Store() {
    File("accounts.token_key_file", config_.accounts_token_key_file, CheckKey);
    if (config_.store_kind != "scylla") return;
    File("store.scylla.password_file", config_.store_scylla_password_file,
         [](const std::string& path) -> Result<> {
           YAP_TRY(const Secret password, ReadStorePassword(path));
           return {};
         });
    if (!config_.store_scylla_tls) return;
    File("store.scylla.ca_file", config_.store_scylla_ca_file, edge::CheckCaFile);
    if (config_.store_scylla_cert_file.empty()) return;
    Note("store.scylla.cert_file",
         CheckTls(
             edge::TlsOptions{config_.store_scylla_cert_file, config_.store_scylla_key_file, {}}));
  }

  void Bus() {
    File("bus.pulsar.key_file", config_.bus_pulsar_key_file, CheckKey);
    File("bus.pulsar.token_file", config_.bus_pulsar_token_file, CheckFirstLine);
    File("bus.pulsar.ca_file", config_.bus_pulsar_ca_file, edge::CheckCaFile);
  }

  const Config& config_;
  std::vector<Finding> findings_;
};

}  // namespace

Result<Secret> ReadStorePassword(const std::string& path) {
  struct stat info{};
  std::ifstream file(path);
  std::string line;
  if (::stat(path.c_str(), &info) != 0 || !std::getline(file, line)) {
    return Fail(Errc::kInvalidArgument, "PASSWORD_FILE_UNREADABLE",
                fmt::format("cannot read a line of {}; it holds the password", path));
  }
  Secret password(std::move(line));
  if ((info.st_mode & 077U) == 0) return password;
  return Fail(Errc::kFailedPrecondition, "PASSWORD_FILE_EXPOSED",
              fmt::format("others may read {}; run chmod 600 {}", path, path));
}

std::vector<Finding> CheckFiles(const Config& config) { return Check(config).Run(); }

}  // namespace yap::app
