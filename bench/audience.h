// bench/audience.h: the channels of a load and everybody who reads them: which connection reads
// what, and whether all have got everything. One thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "bench/codec.h"
#include "bench/flight.h"

namespace yap::bench {

struct AudienceOptions {
  std::size_t channels = 1;
  std::size_t subscribers = 1000;           // Of each channel.
  std::size_t channels_per_connection = 1;  // That a subscriber reads.
  std::size_t message_bytes = 128;
  std::size_t in_flight_max = 1;  // Of each channel: sent, and not yet with every subscriber.
};

class Audience {
 public:
  // Errors: InvalidArgument. REQUIRES: system and meter outlive what is made.
  static Result<std::unique_ptr<Audience>> New(System& system, Meter& meter,
                                               const AudienceOptions& options);

  const AudienceOptions& options() const { return options_; }
  Flights& flights() { return flights_; }
  Readers& readers() { return readers_; }
  std::size_t connections() const {
    return options_.channels / options_.channels_per_connection * options_.subscribers;
  }
  // What the connection of that number (0, 1, …) is to speak: its readers go on where they are.
  std::unique_ptr<Codec> NewReader(std::size_t connection);

  bool AllComplete() const;
  // Order and density were checked as messages came; that none is missing, and the whole streams of
  // a few, now. Answers what the checker says. Errors: Corruption.
  Result<std::string> Judge();
  // "3 of 5 channels wait, the first for 2 readers": for people.
  std::string Waiting() const;

 private:
  Audience(System& system, Meter& meter, const AudienceOptions& options);

  System& system_;
  const AudienceOptions options_;
  Flights flights_;
  Readers readers_;  // Those of one channel, then those of the next.
};

}  // namespace yap::bench
