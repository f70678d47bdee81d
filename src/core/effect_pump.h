// core/effect_pump.h: brings the effects of one channel's events (projection.h) into the inboxes of
// those they concern, in order, each until it is there, and tells the store how far it is. Belongs
// to the thread of its channel. A crash loses nothing: what is not marked done is read from the log
// and delivered again, and the effects' keys make that one event.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "base/task.h"
#include "core/directory.h"
#include "core/event.h"
#include "core/projection.h"

namespace yap::core {

// Puts one effect of an event into an inbox. NotFound: there is no such user; AlreadyExists: its
// key is taken; give up.
using EffectSink = std::function<Task<void>(Effect effect, EventPtr cause, Deadline deadline)>;

class EffectPump {
 public:
  EffectPump(ChannelId channel, ChannelStore& channels, Clock& clock, EffectSink sink)
      : channel_(channel), channels_(channels), clock_(clock), sink_(std::move(sink)) {}

  // Takes an event, in order of seq; most have no effects. `name` and `kind` are the channel's.
  void Add(const EventPtr& event, const std::string& name, ChannelKind kind);
  // Events whose effects are not delivered.
  std::size_t size() const { return waiting_.size(); }
  // All are delivered, and the store knows.
  bool done() const { return waiting_.empty() && unmarked_ == 0; }

  // Delivers what waits and what comes meanwhile, until done(). The pump outlives it. REQUIRES: the
  // one before has ended.
  asio::awaitable<void> Deliver();
  // Lets the try under way end, then Deliver; what waits is for the next start.
  void Stop() { stopped_ = true; }
  bool stopped() const { return stopped_; }

 private:
  struct Item {
    EventPtr event;
    std::vector<Effect> effects;
  };

  asio::awaitable<void> DeliverAll(Item item);
  asio::awaitable<void> DeliverOne(Effect effect, EventPtr cause);
  asio::awaitable<bool> MarkDone();

  const ChannelId channel_;
  ChannelStore& channels_;
  Clock& clock_;
  const EffectSink sink_;

  std::deque<Item> waiting_;
  Seq delivered_;             // The effects of events up to here are in their inboxes; …
  std::size_t unmarked_ = 0;  // … of so many of them the store does not know it.
  bool stopped_ = false;
};

}  // namespace yap::core
