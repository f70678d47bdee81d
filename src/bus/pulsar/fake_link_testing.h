// bus/pulsar/fake_link_testing.h: a broker in memory that does what a test tells it, with the
// promises of drivers/pulsar.h. One thread.
#pragma once

#include <asio/io_context.hpp>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "bus/pulsar/internal/link.h"

namespace yap::bus::pulsar {

class FakeBroker {
 public:
  enum class Receipts {
    kGive,
    kNever,          // Neither stored nor answered: kTimeout after the limit.
    kStoreButNever,  // Stored, but its receipt is lost.
    kRefuse,         // At once, with `refusal`.
  };

  FakeBroker(asio::io_context& io, Clock& clock) : io_(io), clock_(clock) {}

  // What the bus is given.
  Connect connect();
  // Everybody's consumer of this topic ends; it subscribes again by itself if `up`.
  void EndStreams(const Error& error);
  // Every subscription is told again that it begins.
  void Resubscribe();
  // Puts bytes of anybody's into a topic.
  void Inject(const std::string& topic, const std::string& payload);
  // Payloads stored on this topic.
  std::vector<std::string> Stored(const std::string& topic) const;

  // What happens from now on.
  bool up = true;         // False: connections and openings fail, messages time out.
  bool producers = true;  // False: only producers can't be opened.
  Receipts receipts = Receipts::kGive;
  Error refusal;
  std::size_t pending_max = 1'000;  // A producer's messages without receipt; more are kFull.
  Duration unsubscribe_takes{0};

  // What happened.
  int connects = 0;  // Attempts.
  int producers_opened = 0;
  int acks = 0;
  std::map<std::string, drivers::MessageId> acked;  // The last one, by topic.
  std::set<std::string> subscriptions;              // "topic subscription", that exist.

 private:
  friend class FakeProducer;
  friend class FakeConsumer;
  friend class FakeLink;
  drivers::MessageId Store(const std::string& topic, const std::string& payload);

  asio::io_context& io_;
  Clock& clock_;
  std::map<std::string, std::vector<std::string>> topics_;
  std::vector<class FakeConsumer*> consumers_;
};

}  // namespace yap::bus::pulsar
