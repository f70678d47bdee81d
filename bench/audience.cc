#include "bench/audience.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace yap::bench {
namespace {

// With more channels than this, one stream of each is checked whole, so that the client's work per
// delivery stays small.
constexpr std::size_t kFewChannels = 8;

std::unexpected<Error> WrongUse(std::string message) {
  return Fail(Errc::kInvalidArgument, "USAGE", std::move(message));
}

}  // namespace

Result<std::unique_ptr<Audience>> Audience::New(System& system, Meter& meter,
                                                const AudienceOptions& options) {
  const std::size_t per_connection = options.channels_per_connection;
  if (options.channels == 0 || options.subscribers == 0 || options.in_flight_max == 0) {
    return WrongUse("a load needs a channel, a subscriber and a message in flight");
  }
  if (options.message_bytes < kMessageBytesMin) {
    return WrongUse(fmt::format("a message has at least {} bytes", kMessageBytesMin));
  }
  if (per_connection == 0 || per_connection > kChannelsPerReaderMax ||
      options.channels % per_connection != 0) {
    return WrongUse(
        fmt::format("{} channels cannot be shared out by {}: the second divides the first, "
                    "and is 1 to {}",
                    options.channels, per_connection, kChannelsPerReaderMax));
  }
  return std::unique_ptr<Audience>(new Audience(system, meter, options));
}

Audience::Audience(System& system, Meter& meter, const AudienceOptions& options)
    : system_(system), options_(options) {
  for (std::size_t channel = 0; channel < options.channels; ++channel) {
    Flight& flight = flights_.emplace_back(
        FlightOptions{.channel = channel,
                      .readers = options.subscribers,
                      .in_flight_max = options.in_flight_max,
                      .message_bytes = options.message_bytes,
                      .order = system.order(),
                      .witnessed_readers = options.channels > kFewChannels ? 1 : kWitnessedReaders},
        meter);
    for (std::size_t id = 0; id < options.subscribers; ++id) readers_.emplace_back(flight, id);
  }
}

std::unique_ptr<Codec> Audience::NewReader(std::size_t connection) {
  const std::size_t subscriber = connection % options_.subscribers;
  const std::size_t first = connection / options_.subscribers * options_.channels_per_connection;
  std::vector<Reader*> mine;
  for (std::size_t i = 0; i < options_.channels_per_connection; ++i) {
    mine.push_back(&readers_[(first + i) * options_.subscribers + subscriber]);
  }
  return system_.NewReader(mine);
}

bool Audience::AllComplete() const {
  return std::ranges::all_of(flights_, [](const Flight& f) { return f.AllComplete(); });
}

Result<std::string> Audience::Judge() {
  for (const Reader& reader : readers_) {
    const std::uint64_t sent = reader.flight().sent();
    if (reader.next() != sent) return Fail(reader.OutOfOrder(sent));
  }
  checker::Verdict all;
  for (Flight& flight : flights_) {
    const checker::Verdict verdict = flight.witness().Judge(flight.sent());
    if (!verdict.Ok()) {
      return Fail(Errc::kCorruption, "HISTORY",
                  fmt::format("the checker found in channel {}: {}; {}", flight.options().channel,
                              verdict.Summary(), fmt::join(verdict.findings, "; ")));
    }
    all.sends += verdict.sends;
    all.stored += verdict.stored;
    all.unknown += verdict.unknown;
    all.deliveries += verdict.deliveries;
  }
  return all.Summary();
}

std::string Audience::Waiting() const {
  const auto waits = [](const Flight& f) { return !f.AllComplete(); };
  const auto first = std::ranges::find_if(flights_, waits);
  if (first == flights_.end()) return "no channel waits";
  return fmt::format("{} of {} channels wait, the first for {} of its {} subscribers",
                     std::ranges::count_if(flights_, waits), flights_.size(), first->Laggards(),
                     first->options().readers);
}

}  // namespace yap::bench
