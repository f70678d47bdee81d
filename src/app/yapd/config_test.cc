#include "app/yapd/config.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "app/yapd/front.h"
#include "base/temp_dir_testing.h"

namespace yap::app {
namespace {

class ConfigTest : public ::testing::Test {
 protected:
  void File(const std::string& text) { std::ofstream(path_) << text; }
  Result<LoadedConfig> Load(std::map<std::string, std::string> flags = {},
                            std::map<std::string, std::string> environment = {}) {
    return LoadConfig({std::move(flags),
                       [environment](const std::string& name) -> std::optional<std::string> {
                         const auto it = environment.find(name);
                         if (it == environment.end()) return std::nullopt;
                         return it->second;
                       },
                       std::filesystem::exists(path_) ? path_ : "",
                       {}});
  }
  std::string ErrorOf(const std::string& file) {
    File(file);
    const auto loaded = Load();
    return loaded ? "no error" : loaded.error().message;
  }

  const TempDir directory_;
  const std::string path_ = directory_.path() / "config_test.toml";
};

TEST_F(ConfigTest, FlagBeatsEnvironmentBeatsFileBeatsDefault) {
  EXPECT_EQ(Load()->values.accounts_password_min, 12);
  File("[accounts]\npassword_min = 13\n");
  EXPECT_EQ(Load()->values.accounts_password_min, 13);
  const std::map<std::string, std::string> environment = {{"YAPD_ACCOUNTS_PASSWORD_MIN", "14"}};
  EXPECT_EQ(Load({}, environment)->values.accounts_password_min, 14);
  const auto loaded = Load({{"accounts.password_min", "15"}}, environment);
  EXPECT_EQ(loaded->values.accounts_password_min, 15);
  EXPECT_EQ(loaded->sources.at("accounts.password_min"), Source::kFlag);
  EXPECT_EQ(loaded->sources.at("server.listen"), Source::kDefault);
}

TEST_F(ConfigTest, NotANumberIsOutsideEveryRange) {
  EXPECT_FALSE(Load({{"limits.user_sends_per_second", "nan"}}));
  EXPECT_TRUE(Load({{"limits.user_sends_per_second", "5"}}));
}

TEST_F(ConfigTest, PrintedAsJsonAValueMayHoldAnything) {
  const auto printed = PrintConfig(*Load({{"tls.cert_file", "/a \"b\" \\ c"}}), true);
  EXPECT_EQ(nlohmann::json::parse(printed)["tls.cert_file"]["value"], "/a \"b\" \\ c");
}

TEST_F(ConfigTest, WithoutTlsOnlyTrustedProxiesAreServed) {
  Config config;
  EXPECT_FALSE(ListenerOf(config, {"127.0.0.1", 0}).proxies_only);
  config.server_trusted_proxies = {"10.0.0.0/8"};
  EXPECT_TRUE(ListenerOf(config, {"0.0.0.0", 0}).proxies_only);
  config.server_insecure_i_know = true;
  EXPECT_FALSE(ListenerOf(config, {"0.0.0.0", 0}).proxies_only);
  config.server_insecure_i_know = false;
  config.tls_cert_file = "cert.pem";
  EXPECT_FALSE(ListenerOf(config, {"0.0.0.0", 0}).proxies_only);
}

TEST_F(ConfigTest, UnknownKeyIsNamedWithItsLineAndTheNearest) {
  const auto error = ErrorOf("[server]\nlisten = \"127.0.0.1:1\"\nlissten = \"x\"\n");
  EXPECT_NE(error.find("config_test.toml:3"), std::string::npos) << error;
  EXPECT_NE(error.find("server.lissten"), std::string::npos) << error;
  EXPECT_NE(error.find("'server.listen'"), std::string::npos) << error;
}

TEST_F(ConfigTest, WrongTypeRangeChoiceAndSyntaxAreNamedWithTheirLine) {
  EXPECT_NE(ErrorOf("[accounts]\npassword_min = \"many\"\n").find(":2"), std::string::npos);
  EXPECT_NE(ErrorOf("[accounts]\npassword_min = 3\n").find("outside 8 to 128"), std::string::npos);
  EXPECT_NE(ErrorOf("[limits]\nregistrations_per_hour = 0\n").find("outside 1 to"),
            std::string::npos);
  EXPECT_NE(ErrorOf("[store]\nkind = \"oracle\"\n").find("sqlite, scylla, memory"),
            std::string::npos);
  EXPECT_NE(ErrorOf("[server]\nlisten = [[]]\n").find("wrong type"), std::string::npos);
  EXPECT_NE(ErrorOf("[server\n").find(":1"), std::string::npos);
}

TEST_F(ConfigTest, AllMistakesAreToldAtOnce) {
  File("[server]\nlissten = \"x\"\n[accounts]\npassword_min = 3\n");
  const auto loaded = Load({{"threads.io", "many"}}, {{"YAPD_LOG_LEVEL", "loud"}});
  ASSERT_FALSE(loaded);
  const std::string& told = loaded.error().message;
  EXPECT_EQ(std::ranges::count(told, '\n'), 3) << told;
  for (const char* part :
       {"config_test.toml:2: ", "config_test.toml:4: ", "YAPD_LOG_LEVEL: ", "--threads-io: "}) {
    EXPECT_NE(told.find(part), std::string::npos) << part;
  }
}

TEST_F(ConfigTest, WhatIsNoFileIsSaid) {
  const auto directory = LoadConfig({{}, nullptr, directory_.path(), {}});
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().message, directory_.path().string() + ": this is not a file");
  const auto missing = LoadConfig({{}, nullptr, path_, {}});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, path_ + ": cannot be read: No such file or directory");
}

TEST_F(ConfigTest, FindingsBeginWithThePlacesOfTheirKeys) {
  File("[tls]\ncert_file = \"x.pem\"\n[admin]\nlisten = \"x\"\n");
  const auto loaded = Load({{"server.listen", "5"}}, {{"YAPD_CHANNELS_LOBBY", "Bad Name"}});
  ASSERT_TRUE(loaded);
  std::string told;
  for (const auto& finding : CheckConfig(*loaded)) told += finding.text + "\n";
  for (const std::string& begin :
       {std::string("--server-listen: server.listen: '5' is not ADDRESS:PORT"),
        path_ + ":4: admin.listen: ", path_ + ":2: tls.cert_file and tls.key_file go together",
        std::string("YAPD_CHANNELS_LOBBY: channels.lobby: ")}) {
    EXPECT_NE(told.find(begin), std::string::npos) << begin << "\n" << told;
  }
}

TEST_F(ConfigTest, FindingBeginsWithThePlaceWhereItsFileWasSet) {
  File("[cluster]\ntls_cert_file = \"/tls/a.pem\"\ntls_key_file = \"/tls/a.pem.key\"\n");
  const auto loaded = Load({{"cluster.tls_ca_file", "/tls/ca.pem"}});
  ASSERT_TRUE(loaded);
  const auto begin = [&](const std::string& text) {
    const auto found = WithPlaces({{true, text}}, *loaded);
    return found[0].text.substr(0, found[0].text.size() - text.size());
  };
  EXPECT_EQ(begin("cluster.tls_*: cannot use /tls/a.pem as certificate"), path_ + ":2: ");
  EXPECT_EQ(begin("cluster.tls_*: cannot use /tls/a.pem.key: it is empty"), path_ + ":3: ");
  EXPECT_EQ(begin("bus: cannot use /tls/ca.pem."), "--cluster-tls-ca-file: ");
  EXPECT_EQ(begin("bus: cannot use /tls/other.pem"), "");
}

TEST_F(ConfigTest, VariableThatMeansNothingIsAWarningWithTheNearest) {
  const std::map<std::string, std::string> values = {{"YAPD_PORT", "tcp://10.0.0.1:7676"}};
  const auto loaded = LoadConfig(
      {{},
       [&](const std::string& name) {
         return values.contains(name) ? std::optional(values.at(name)) : std::nullopt;
       },
       "",
       {"YAPD_SERVER_LISTN", "YAPD_CONFIG", "YAPD_LOG_LEVEL", "YAPD_PORT", "YAPD_SERVICE_HOST",
        "YAPD_SERVICE_PORT_GRPC", "YAPD_PORT_7676_TCP_ADDR", "PATH"}});
  ASSERT_TRUE(loaded);
  const auto findings = CheckConfig(*loaded);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_FALSE(findings[0].error);
  EXPECT_EQ(findings[0].text,
            "YAPD_SERVER_LISTN: there is no such setting; did you mean YAPD_SERVER_LISTEN?");
}

TEST_F(ConfigTest, ListsComeFromFilesAndText) {
  File("[server]\ntrusted_proxies = [\"10.0.0.0/8\", \"::1\"]\n");
  EXPECT_EQ(Load()->values.server_trusted_proxies, (std::vector<std::string>{"10.0.0.0/8", "::1"}));
  EXPECT_EQ(Load({{"server.trusted_proxies", "a,b"}})->values.server_trusted_proxies,
            (std::vector<std::string>{"a", "b"}));
}

TEST_F(ConfigTest, EveryKeyHasItsOwnNameFlagVariableAndHelp) {
  std::set<std::string> names;
  for (const Key& key : Keys()) {
    names.insert(FlagOf(key));
    EXPECT_TRUE(key.help.ends_with('.')) << key.name;
    EXPECT_EQ(key.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._"),
              std::string_view::npos);
  }
  EXPECT_EQ(names.size(), Keys().size());
}

std::string Refusal(const Config& config) {
  for (const auto& finding : CheckConfig(config)) {
    if (finding.error) return finding.text;
  }
  return "";
}

TEST(CheckConfigTest, DefaultsAreGood) { EXPECT_TRUE(CheckConfig(Config()).empty()); }

TEST(CheckConfigTest, OthersMayReachOnlyWhatIsEncrypted) {
  Config config;
  config.server_listen = "0.0.0.0:7676";
  EXPECT_NE(Refusal(config).find("--insecure-i-know"), std::string::npos);
  Config knowing = config;
  knowing.server_insecure_i_know = true;
  EXPECT_EQ(Refusal(knowing), "");
  EXPECT_EQ(CheckConfig(knowing).size(), 1U);
  Config proxied = config;
  proxied.server_trusted_proxies = {"10.0.0.1"};
  EXPECT_EQ(Refusal(proxied), "");
  Config encrypted = config;
  encrypted.tls_cert_file = encrypted.tls_key_file = "x.pem";
  EXPECT_EQ(Refusal(encrypted), "");
}

TEST(CheckConfigTest, ProxiesAndTheLobbyMustBeWhatTheyAreUsedAs) {
  Config proxied;
  proxied.server_trusted_proxies = {"zz"};
  EXPECT_NE(Refusal(proxied).find("server.trusted_proxies"), std::string::npos);
  Config lobby;
  lobby.channels_lobby = "Bad Name";
  EXPECT_NE(Refusal(lobby).find("channels.lobby"), std::string::npos);
  lobby.channels_lobby = "";
  EXPECT_EQ(Refusal(lobby), "");
}

TEST(CheckConfigTest, WhatLosesMessagesOrPasswordsNeedsItsOwnWord) {
  Config normal;
  normal.store_synchronous = "normal";
  EXPECT_NE(Refusal(normal), "");
  normal.store_unsafe_normal_for_tests = true;
  EXPECT_EQ(Refusal(normal), "");
  Config weak;
  weak.accounts_argon2_memory_mib = 1;
  EXPECT_NE(Refusal(weak), "");
}

TEST(HostPortTest, ReadsBothFamiliesAndRefusesTheRest) {
  EXPECT_EQ(ParseHostPort("127.0.0.1:80")->port, 80);
  EXPECT_EQ(ParseHostPort("[::1]:0")->host, "::1");
  for (const char* bad : {"", "127.0.0.1", ":80", "host:", "host:99999", "host:8x"}) {
    EXPECT_FALSE(ParseHostPort(bad)) << bad;
  }
}

}  // namespace
}  // namespace yap::app
