// yap-bench: loads one running server with one shape and prints what it did. bench/run starts the
// servers, repeats and compares.
#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/encoding.h"
#include "base/random.h"
#include "bench/fanout.h"
#include "bench/loop.h"
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

Result<std::unique_ptr<System>> MakeSystem(const Inputs& in) {
  if (in.system == "nats") return NewNats();
  if (in.system == "redis") return NewRedis();
  std::ifstream file(in.token_file);
  std::string token;
  if (in.token_file.empty() || !std::getline(file, token)) {
    return Fail(Errc::kInvalidArgument, "USAGE",
                fmt::format("no token in '{}': give --token-file, with the access_token that "
                            "'yapd admin session open' prints",
                            in.token_file));
  }
  std::array<std::byte, 8> run{};
  SystemRandom().Fill(run);
  return NewYap(token, ToHex(run));
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

Result<FanoutReport> Measure(Inputs& in) {
  YAP_TRY(in.options.server, ParseAddress(in.address));
  in.options.warm_up =
      std::chrono::duration_cast<Duration>(std::chrono::duration<double>(in.warm_up_seconds));
  in.options.window =
      std::chrono::duration_cast<Duration>(std::chrono::duration<double>(in.seconds));
  YAP_TRY(const auto system, MakeSystem(in));
  return RunFanout(*system, in.options);
}

int Run(Inputs& in) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  const auto report = Measure(in);
  if (!report) return Complain(report.error());
  Show(in, *report);
  if (in.json_file.empty()) return 0;
  std::ofstream(in.json_file) << ToJson(in, *report).dump(2) << "\n";
  return 0;
}

}  // namespace
}  // namespace yap::bench

int main(int argc, char** argv) {
  CLI::App app("Loads one running server and checks every delivery.");
  app.require_subcommand(1);
  yap::bench::Inputs inputs;
  yap::bench::AddOptions(
      *app.add_subcommand("fanout", "One channel, many subscribers, K in flight."), inputs);
  CLI11_PARSE(app, argc, argv);
  return yap::bench::Run(inputs);
}
