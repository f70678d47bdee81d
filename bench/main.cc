// yap-bench: loads one running server with one shape and prints what it did. bench/run starts the
// servers, repeats and compares.
#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "base/random.h"
#include "bench/fanout.h"
#include "bench/loop.h"
#include "bench/relay.h"
#include "bench/text_protocols.h"
#include "bench/yap_protocol.h"

namespace yap::bench {
namespace {

constexpr int kWrong = 1;  // The server delivered wrongly, or not at all.
constexpr int kUsage = 2;

struct Inputs {
  std::string system = "yap";
  std::string address;
  std::string token_file;
  std::string json_file;
  double warm_up_seconds = 1;
  double seconds = 5;
  FanoutOptions options;
};

void AddOptions(CLI::App& app, Inputs& in) {
  app.add_option("--system", in.system, "What the server speaks.")
      ->check(CLI::IsMember({"yap", "nats", "redis"}))
      ->capture_default_str();
  app.add_option("--address", in.address, "Its address, such as 127.0.0.1:4222.")->required();
  app.add_option("--pid", in.options.server_pid, "Its process, for CPU time and memory.")
      ->required();
  app.add_option("--token-file", in.token_file,
                 "File whose first line is an access token (system yap).");
  app.add_option("--subscribers", in.options.subscribers, "Connections that subscribe.")
      ->check(CLI::Range(1, 19'000))
      ->capture_default_str();
  app.add_option("--bytes", in.options.message_bytes, "Bytes of a message.")
      ->check(CLI::Range(kMessageBytesMin, std::size_t{16 * 1024}))
      ->capture_default_str();
  app.add_option("--in-flight", in.options.in_flight,
                 "Messages sent and not yet received by every subscriber.")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app.add_option("--warm-up", in.warm_up_seconds, "Seconds before what counts.")
      ->check(CLI::Range(0.0, 60.0))
      ->capture_default_str();
  app.add_option("--seconds", in.seconds, "Seconds that count.")
      ->check(CLI::Range(0.1, 600.0))
      ->capture_default_str();
  app.add_option("--json", in.json_file, "File that gets the result as JSON.");
}

Result<std::string> ReadToken(const std::string& path) {
  std::ifstream file(path);
  std::string token;
  if (!path.empty() && std::getline(file, token)) return token;
  return Fail(Errc::kInvalidArgument, "USAGE",
              fmt::format("no token in '{}': give --token-file, with the access_token that "
                          "'yapd admin session open' prints",
                          path));
}

std::string NewRun() {
  std::array<std::byte, 8> run{};
  SystemRandom().Fill(run);
  return ToHex(run);
}

Result<std::unique_ptr<System>> MakeSystem(const Inputs& in) {
  if (in.system == "nats") return NewNats();
  if (in.system == "redis") return NewRedis();
  YAP_TRY(std::string token, ReadToken(in.token_file));
  return NewYap(std::move(token), NewRun());
}

nlohmann::json ToJson(const Inputs& in, const FanoutReport& report) {
  const auto us = [](Duration d) { return std::chrono::duration<double, std::micro>(d).count(); };
  return {{"shape", "fanout"},
          {"system", in.system},
          {"subscribers", in.options.subscribers},
          {"bytes", in.options.message_bytes},
          {"in_flight", in.options.in_flight},
          {"seconds", report.seconds},
          {"deliveries_per_second", report.deliveries_per_second},
          {"messages_per_second", report.messages_per_second},
          {"acknowledgements_per_second", report.acknowledgements_per_second},
          {"latency_p50_us", us(report.latency_p50)},
          {"latency_p99_us", us(report.latency_p99)},
          {"server_cpu_ns_per_delivery", report.server_cpu_ns_per_delivery},
          {"client_cpu_ns_per_delivery", report.client_cpu_ns_per_delivery},
          {"server_cores", report.server_cores},
          {"client_cores", report.client_cores},
          {"other_cores", report.other_cores},
          {"resident_bytes_per_subscriber", report.resident_bytes_per_subscriber},
          {"deliveries_checked", report.deliveries_checked},
          {"history", report.history}};
}

void Show(const Inputs& in, const FanoutReport& report) {
  const auto ms = [](Duration d) { return std::chrono::duration<double, std::milli>(d).count(); };
  fmt::print(
      "{}: {:.0f} deliveries/s of {:.0f} messages/s, {:.0f} acks/s; p50 {:.2f} ms, p99 {:.2f} ms\n"
      "  server {:.0f} ns CPU per delivery, {:.2f} cores, {:.1f} KiB per subscriber; client {:.2f} "
      "cores, others {:.2f}\n"
      "  {} deliveries in order and without holes; whole streams: {}\n",
      in.system, report.deliveries_per_second, report.messages_per_second,
      report.acknowledgements_per_second, ms(report.latency_p50), ms(report.latency_p99),
      report.server_cpu_ns_per_delivery, report.server_cores,
      report.resident_bytes_per_subscriber / 1024, report.client_cores, report.other_cores,
      report.deliveries_checked, report.history);
}

int Complain(const Error& error) {
  fmt::print(stderr, "yap-bench: {}\n", error.message);
  return error.code == Errc::kInvalidArgument ? kUsage : kWrong;
}

Duration FromSeconds(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

Result<FanoutReport> Measure(Inputs& in) {
  YAP_TRY(in.options.server, ParseAddress(in.address));
  in.options.warm_up = FromSeconds(in.warm_up_seconds);
  in.options.window = FromSeconds(in.seconds);
  YAP_TRY(const auto system, MakeSystem(in));
  return RunFanout(*system, in.options);
}

int RunFanoutCommand(Inputs& in) {
  const auto report = Measure(in);
  if (!report) return Complain(report.error());
  Show(in, *report);
  if (in.json_file.empty()) return 0;
  std::ofstream(in.json_file) << ToJson(in, *report).dump(2) << "\n";
  return 0;
}

// --- relay

struct RelayInputs {
  std::string send_to;
  std::string read_from;
  std::string token_file;
  std::vector<std::string> processes;
  double warm_up_seconds = 1;
  double seconds = 5;
  RelayOptions options;
};

void AddOptions(CLI::App& app, RelayInputs& in) {
  app.add_option("--send-to", in.send_to, "Where messages are sent, such as 127.0.0.1:7676.")
      ->required();
  app.add_option("--read-from", in.read_from, "Where they are read.")->required();
  app.add_option("--token-file", in.token_file, "File whose first line is an access token.")
      ->required();
  app.add_option("--process", in.processes, "NAME=PID, whose CPU time is taken; several.");
  app.add_option("--channels", in.options.channels, "Channels, each with a sender and a reader.")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--in-flight", in.options.in_flight, "Sends of a channel without an answer.")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_option("--bytes", in.options.message_bytes, "Bytes of a message.")
      ->check(CLI::Range(kMessageBytesMin, std::size_t{16 * 1024}))
      ->capture_default_str();
  app.add_option("--warm-up", in.warm_up_seconds, "Seconds before what counts.")
      ->check(CLI::Range(0.0, 600.0))
      ->capture_default_str();
  app.add_option("--seconds", in.seconds, "Seconds that count.")
      ->check(CLI::Range(0.1, 600.0))
      ->capture_default_str();
}

Result<WatchedProcess> ParseProcess(const std::string& text) {
  const auto equals = text.find('=');
  const pid_t pid = equals == std::string::npos ? 0 : std::atoi(text.c_str() + equals + 1);
  if (pid > 0) return WatchedProcess{text.substr(0, equals), pid};
  return Fail(Errc::kInvalidArgument, "USAGE", fmt::format("'{}' is not NAME=PID", text));
}

Result<RelayReport> Measure(RelayInputs& in) {
  YAP_TRY(in.options.send_to, ParseAddress(in.send_to));
  YAP_TRY(in.options.read_from, ParseAddress(in.read_from));
  YAP_TRY(const std::string token, ReadToken(in.token_file));
  for (const std::string& text : in.processes) {
    YAP_TRY(auto process, ParseProcess(text));
    in.options.processes.push_back(std::move(process));
  }
  in.options.warm_up = FromSeconds(in.warm_up_seconds);
  in.options.window = FromSeconds(in.seconds);
  const std::string run = NewRun();
  // The key of a message begins with 8 bytes of its run, which is why the number comes first.
  return RunRelay([&](std::size_t i) { return NewYap(token, fmt::format("{:03}{}", i, run)); },
                  in.options);
}

int RunRelayCommand(RelayInputs& in) {
  const auto report = Measure(in);
  if (!report) return Complain(report.error());
  const auto ms = [](Duration d) { return std::chrono::duration<double, std::milli>(d).count(); };
  nlohmann::json cpu;
  for (std::size_t i = 0; i < in.options.processes.size(); ++i) {
    cpu[in.options.processes[i].name] = report->cpu_us_per_message[i];
  }
  cpu["client"] = report->client_cpu_us_per_message;
  const nlohmann::json result = {{"channels", in.options.channels},
                                 {"in_flight", in.options.in_flight},
                                 {"bytes", in.options.message_bytes},
                                 {"seconds", report->seconds},
                                 {"messages_per_second", report->messages_per_second},
                                 {"ack_p50_ms", ms(report->ack_p50)},
                                 {"ack_p99_ms", ms(report->ack_p99)},
                                 {"delivery_p50_ms", ms(report->delivery_p50)},
                                 {"delivery_p99_ms", ms(report->delivery_p99)},
                                 {"cpu_us_per_message", cpu},
                                 {"other_cores", report->other_cores},
                                 {"deliveries_checked", report->deliveries_checked}};
  fmt::print("{}\n", result.dump(2));
  return 0;
}

void RaiseDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace
}  // namespace yap::bench

int main(int argc, char** argv) {
  CLI::App app("Loads one running server, or two of a cluster, and checks every delivery.");
  app.require_subcommand(1);
  yap::bench::Inputs fanout;
  auto* command = app.add_subcommand("fanout", "One channel, many subscribers, K in flight.");
  yap::bench::AddOptions(*command, fanout);
  yap::bench::RelayInputs relay;
  yap::bench::AddOptions(
      *app.add_subcommand("relay", "Sent at one server, read at another; prints JSON."), relay);
  CLI11_PARSE(app, argc, argv);
  yap::bench::RaiseDescriptorLimit();
  return command->parsed() ? yap::bench::RunFanoutCommand(fanout)
                           : yap::bench::RunRelayCommand(relay);
}
