// yap-bench: loads one running server (or two of a cluster) with one shape, checks every delivery
// and prints what it measured. bench/run starts the servers, repeats and compares.
#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "base/random.h"
#include "bench/disk.h"
#include "bench/load.h"
#include "bench/loop.h"
#include "bench/shapes.h"
#include "bench/text_protocols.h"
#include "bench/yap_protocol.h"

namespace yap::bench {
namespace {

constexpr int kWrong = 1;  // The server delivered wrongly, or not at all.
constexpr int kUsage = 2;

// What every shape is told.
struct Target {
  std::string system = "yap";
  std::string address;
  std::string token_file;
  std::string json_file;
  std::vector<std::string> processes;
};

void AddTarget(CLI::App& app, Target& target) {
  app.add_option("--address", target.address, "The server, such as 127.0.0.1:4222.")->required();
  app.add_option("--process", target.processes,
                 "NAME=PID of the server, for CPU time and memory; several for a cluster.");
  app.add_option("--token-file", target.token_file,
                 fmt::format("File of access tokens, one a line, each of a user who makes {} "
                             "channels (system yap).",
                             kChannelsPerUser));
  app.add_option("--json", target.json_file, "File that gets the result as JSON.");
}

std::unexpected<Error> Misused(std::string message) {
  return Fail(Errc::kInvalidArgument, "USAGE", std::move(message));
}

Result<std::vector<std::string>> ReadTokens(const std::string& path, std::size_t channels) {
  std::ifstream file(path);
  std::vector<std::string> tokens;
  for (std::string token; std::getline(file, token);) tokens.push_back(token);
  const std::size_t needed = (channels + kChannelsPerUser - 1) / kChannelsPerUser;
  if (tokens.size() >= needed) return tokens;
  return Misused(
      fmt::format("{} tokens in '{}', {} are needed: give --token-file, with the access_token that "
                  "'yapd admin session open' prints, a line for each user",
                  tokens.size(), path, needed));
}

Result<std::unique_ptr<YapSystem>> MakeYap(const Target& target, std::size_t channels) {
  YAP_TRY(const auto tokens, ReadTokens(target.token_file, channels));
  std::array<std::byte, 8> run{};
  SystemRandom().Fill(run);
  return NewYap(tokens, ToHex(run));
}

Result<std::unique_ptr<System>> MakeSystem(const Target& target, std::size_t channels) {
  if (target.system == "nats") return NewNats();
  if (target.system == "redis") return NewRedis();
  if (target.system == "redis-store") return NewRedisStore();
  return MakeYap(target, channels);
}

Result<std::vector<WatchedProcess>> ParseProcesses(const std::vector<std::string>& texts) {
  std::vector<WatchedProcess> processes;
  for (const std::string& text : texts) {
    const auto equals = text.find('=');
    const pid_t pid = equals == std::string::npos ? 0 : std::atoi(text.c_str() + equals + 1);
    if (pid <= 0) return Misused(fmt::format("'{}' is not NAME=PID", text));
    processes.push_back({text.substr(0, equals), pid});
  }
  return processes;
}

Duration FromSeconds(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

// Prints a measure a line, and writes all into the file that was asked for.
void Show(const Target& target, const Report& report) {
  nlohmann::ordered_json json = {{"system", target.system}};
  for (const auto& [name, value] : report.measures) {
    json[name] = value;
    fmt::print("{:34} {:>16.2f}\n", name, value);
  }
  json["history"] = report.history;
  fmt::print("{}\n", report.history);
  if (!target.json_file.empty()) std::ofstream(target.json_file) << json.dump(2) << "\n";
}

// --- load

struct LoadInputs {
  Target target;
  std::string read_from;
  std::string until = "read";
  bool afterwards = false;
  double warm_up_seconds = 1;
  double seconds = 5;
  LoadOptions options;
};

void AddAudience(CLI::App& app, AudienceOptions& audience) {
  app.add_option("--channels", audience.channels)
      ->check(CLI::Range(std::size_t{1}, kChannelsMax))
      ->capture_default_str();
  app.add_option("--subscribers", audience.subscribers, "Subscribers of each channel.")
      ->check(CLI::Range(1, 19'000))
      ->capture_default_str();
  app.add_option("--channels-per-connection", audience.channels_per_connection,
                 "Channels that the connection of a subscriber reads.")
      ->check(CLI::Range(std::size_t{1}, kChannelsPerReaderMax))
      ->capture_default_str();
  app.add_option("--bytes", audience.message_bytes, "Bytes of a message.")
      ->check(CLI::Range(kMessageBytesMin, std::size_t{16 * 1024}))
      ->capture_default_str();
}

void AddPace(CLI::App& app, LoadInputs& in) {
  app.add_option("--in-flight", in.options.pace.in_flight,
                 "Messages of each channel that are sent and not complete.")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app.add_option("--in-flight-total", in.options.pace.in_flight_total,
                 "The same of all channels together.")
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--until", in.until,
                 "When a message is complete: every subscriber has it, or it "
                 "is acknowledged.")
      ->check(CLI::IsMember({"read", "acknowledged"}))
      ->capture_default_str();
  app.add_option("--rate", in.options.pace.messages_per_second,
                 "Messages per second of all channels, whatever is in flight (an open loop).")
      ->check(CLI::Range(0.1, 1e6));
  app.add_option("--senders", in.options.senders, "Connections that send.")
      ->check(CLI::Range(1, 1000));
}

void AddLoad(CLI::App& app, LoadInputs& in) {
  AddTarget(app, in.target);
  app.add_option("--system", in.target.system,
                 "What the server speaks; disk: there is none, and --address is a folder.")
      ->check(CLI::IsMember({"yap", "nats", "redis", "redis-store", "disk"}))
      ->capture_default_str();
  app.add_option("--tls-ca", in.options.tls_ca_file,
                 "Speak TLS, and trust the certificates of this PEM file.");
  app.add_option("--read-from", in.read_from, "Another server, which is read (a cluster).");
  AddAudience(app, in.options.audience);
  AddPace(app, in);
  app.add_flag("--afterwards", in.afterwards, "Subscribers come when all is sent.");
  app.add_option("--warm-up", in.warm_up_seconds, "Seconds before what counts.")
      ->check(CLI::Range(0.0, 600.0))
      ->capture_default_str();
  app.add_option("--seconds", in.seconds, "Seconds that count.")
      ->check(CLI::Range(0.1, 600.0))
      ->capture_default_str();
}

Result<Report> RunLoadShape(LoadInputs& in) {
  LoadOptions& options = in.options;
  if (in.target.system == "disk") {
    return RunDisk({.folder = in.target.address,
                    .in_flight = options.pace.in_flight,
                    .message_bytes = options.audience.message_bytes,
                    .window = FromSeconds(in.seconds)});
  }
  YAP_TRY(options.send_to, ParseAddress(in.target.address));
  YAP_TRY(options.read_from, ParseAddress(in.read_from.empty() ? in.target.address : in.read_from));
  YAP_TRY(options.servers, ParseProcesses(in.target.processes));
  if (in.until == "acknowledged") options.pace.until = Pace::Until::kAcknowledged;
  if (in.afterwards) options.readers = LoadOptions::Readers::kAfterwards;
  options.warm_up = FromSeconds(in.warm_up_seconds);
  options.window = FromSeconds(in.seconds);
  YAP_TRY(const auto system, MakeSystem(in.target, options.audience.channels));
  return RunLoad(*system, options);
}

// --- Shapes of yap alone

Result<YapTarget> TargetOf(const Target& target) {
  YAP_TRY(const auto server, ParseAddress(target.address));
  YAP_TRY(auto processes, ParseProcesses(target.processes));
  return YapTarget{server, std::move(processes)};
}

struct BacklogInputs {
  Target target;
  std::string by = "stream";
  BacklogOptions options;
};

void AddBacklog(CLI::App& app, BacklogInputs& in) {
  AddTarget(app, in.target);
  app.add_option("--events", in.options.events)
      ->check(CLI::Range(1, 4'000'000))
      ->capture_default_str();
  app.add_option("--by", in.by, "Subscribe, or ListEvents.")
      ->check(CLI::IsMember({"stream", "pages"}))
      ->capture_default_str();
}

Result<Report> RunBacklogShape(BacklogInputs& in) {
  if (in.by == "pages") in.options.by = BacklogOptions::By::kPages;
  YAP_TRY(const YapTarget target, TargetOf(in.target));
  YAP_TRY(const auto system, MakeYap(in.target, 1));
  return RunBacklog(*system, target, in.options);
}

struct StormInputs {
  Target target;
  std::string metrics;
  StormOptions options;
};

void AddStorm(CLI::App& app, StormInputs& in) {
  AddTarget(app, in.target);
  app.add_option("--metrics", in.metrics, "Where the server shows its metrics.")->required();
  app.add_option("--channels", in.options.channels)
      ->check(CLI::Range(std::size_t{1}, kChannelsMax))
      ->capture_default_str();
  app.add_option("--subscribers", in.options.subscribers, "Subscribers of each channel.")
      ->check(CLI::Range(1, 19'000))
      ->capture_default_str();
  app.add_option("--missed", in.options.missed, "Messages of each channel that are missed.")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
}

Result<Report> RunStormShape(StormInputs& in) {
  YAP_TRY(in.options.metrics, ParseAddress(in.metrics));
  YAP_TRY(const YapTarget target, TargetOf(in.target));
  YAP_TRY(const auto system, MakeYap(in.target, in.options.channels));
  return RunStorm(*system, target, in.options);
}

struct SlowInputs {
  Target target;
  double seconds = 5;
  SlowOptions options;
};

void AddSlow(CLI::App& app, SlowInputs& in) {
  AddTarget(app, in.target);
  app.add_option("--subscribers", in.options.subscribers)
      ->check(CLI::Range(3, 19'000))
      ->capture_default_str();
  app.add_option("--rate", in.options.messages_per_second, "Messages per second.")
      ->check(CLI::Range(0.1, 1e6))
      ->capture_default_str();
  app.add_option("--alternations", in.options.alternations, "Pairs of windows.")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_option("--seconds", in.seconds, "Of a window; below 30, after which yapd hangs up.")
      ->check(CLI::Range(0.1, 25.0))
      ->capture_default_str();
}

Result<Report> RunSlowShape(SlowInputs& in) {
  in.options.window = FromSeconds(in.seconds);
  YAP_TRY(const YapTarget target, TargetOf(in.target));
  YAP_TRY(const auto system, MakeYap(in.target, 1));
  return RunSlow(*system, target, in.options);
}

// --- all

void RaiseDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

int Finish(const Target& target, const Result<Report>& report) {
  if (report) {
    Show(target, *report);
    return 0;
  }
  fmt::print(stderr, "yap-bench: {}\n", report.error().message);
  return report.error().code == Errc::kInvalidArgument ? kUsage : kWrong;
}

int Main(int argc, char** argv) {
  CLI::App app("Loads one running server, or two of a cluster, and checks every delivery.");
  app.require_subcommand(1);
  RaiseDescriptorLimit();
  ::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL.
  LoadInputs load;
  BacklogInputs backlog;
  StormInputs storm;
  SlowInputs slow;
  int status = 0;
  const auto add = [&](const char* name, const char* help, auto fill, auto& inputs, auto run) {
    CLI::App& command = *app.add_subcommand(name, help);
    fill(command, inputs);
    command.callback([&inputs, &status, run] { status = Finish(inputs.target, run(inputs)); });
  };
  add("load", "Channels, their subscribers, messages to them.", AddLoad, load, RunLoadShape);
  add("backlog", "A long log, read from its beginning.", AddBacklog, backlog, RunBacklogShape);
  add("storm", "All subscribers come back at once.", AddStorm, storm, RunStormShape);
  add("slow", "Readers that stop, beside those that do not.", AddSlow, slow, RunSlowShape);
  CLI11_PARSE(app, argc, argv);
  return status;
}

}  // namespace
}  // namespace yap::bench

int main(int argc, char** argv) { return yap::bench::Main(argc, argv); }
