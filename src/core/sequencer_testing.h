// core/sequencer_testing.h: a channel and two of its members, for tests of its sequencer.
#pragma once

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "core/channels_testing.h"

namespace yap::core {

class SequencerTest : public testing::Test {
 protected:
  explicit SequencerTest(ChannelOptions options = {.rates = {1e6, 1e6, 1e6, 1e6}})
      : world_(std::move(options)), ana_(world_.AddUser("ana")), bo_(world_.AddUser("bo")) {
    tea_ = world_.Create(ana_, "tea").id;
    world_.Must(channels().Join(bo_, tea_, {}, deadline()));  // Seq 3.
    world_.Run(std::chrono::seconds(1));
    log().batches.clear();
    world_.heard.clear();
  }

  Channels& channels() { return world_.channels(); }
  TapLog& log() { return world_.log(); }
  Deadline deadline() { return world_.deadline(); }
  auto Send(const Principal& who, const std::string& text = "hi") {
    return world_.Start(channels().Send(who, world_.Message(tea_, text), deadline()));
  }
  // The bodies of the log after the two of its creation and bo's join.
  std::vector<std::string> Texts() {
    std::vector<std::string> out;
    for (const auto& event : world_.LogOf(tea_)) {
      if (event->seq <= Seq(3)) continue;
      const auto* message = std::get_if<MessagePosted>(&event->body);
      out.push_back(message ? message->text : fmt::format("<{}>", event->body.index()));
    }
    return out;
  }

  World world_;
  Principal ana_;
  Principal bo_;
  ChannelId tea_;
};

}  // namespace yap::core
