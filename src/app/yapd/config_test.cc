#include "app/yapd/config.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

namespace yap::app {
namespace {

class ConfigTest : public ::testing::Test {
 protected:
  ~ConfigTest() override { std::filesystem::remove(path_); }

  void File(const std::string& text) { std::ofstream(path_) << text; }
  Result<LoadedConfig> Load(std::map<std::string, std::string> flags = {},
                            std::map<std::string, std::string> environment = {}) {
    return LoadConfig({std::move(flags),
                       [environment](const std::string& name) -> std::optional<std::string> {
                         const auto it = environment.find(name);
                         if (it == environment.end()) return std::nullopt;
                         return it->second;
                       },
                       std::filesystem::exists(path_) ? path_ : ""});
  }
  std::string ErrorOf(const std::string& file) {
    File(file);
    const auto loaded = Load();
    return loaded ? "no error" : loaded.error().message;
  }

  const std::string path_ = ::testing::TempDir() + "config_test.toml";
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
