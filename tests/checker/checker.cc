#include "checker/checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_map>
#include <utility>

namespace yap::checker {
namespace {
constexpr std::size_t kFindingsMax = 20;
}  // namespace

// Judges one channel after the other into one verdict.
class Judge {
 public:
  void Channel(const std::string& name, const History::Channel& channel) {
    name_ = &name;
    key_of_.clear();
    first_seen_.clear();
    for (const auto& [reader, stream] : channel.streams) Order(reader, stream);
    for (const Send& send : channel.sends) Answered(send);
    for (const auto& [reader, stream] : channel.streams) Complete(reader, stream, channel.sends);
    RealTime(channel.sends);
  }
  Verdict Take() { return std::move(verdict_); }

 private:
  void Found(std::uint64_t& counter, std::string what) {
    ++counter;
    if (verdict_.findings.size() < kFindingsMax) {
      verdict_.findings.push_back(fmt::format("channel {}: {}", *name_, what));
    }
  }

  void Order(const std::string& reader, const History::Stream& stream) {
    std::uint64_t last = 0;
    for (const Delivery& d : stream.deliveries) {
      ++verdict_.deliveries;
      if (last != 0 && d.seq == last) {
        Found(verdict_.duplicated, fmt::format("{} saw seq {} twice", reader, d.seq));
      } else if (last != 0 && d.seq < last) {
        Found(verdict_.reordered, fmt::format("{} saw seq {} after {}", reader, d.seq, last));
      } else if (last != 0 && d.seq > last + 1) {
        Found(verdict_.gaps, fmt::format("{} went from seq {} to {}", reader, last, d.seq));
      }
      last = std::max(last, d.seq);
      Agree(reader, d.seq, d.key);
    }
  }

  // One seq has one key, and one key one seq, whoever says so.
  void Agree(const std::string& who, std::uint64_t seq, const std::string& key) {
    const auto [it, fresh] = key_of_.try_emplace(seq, key);
    if (!fresh && it->second != key) {
      Found(verdict_.disagreed,
            fmt::format("seq {} is {} for {}, {} for others", seq, key, who, it->second));
    }
    if (key.empty()) return;
    const auto [seen, first] = FirstSeqOf(key, seq);
    if (!first && seen != seq) {
      Found(verdict_.duplicated, fmt::format("key {} has seqs {} and {}", key, seen, seq));
    }
  }
  std::pair<std::uint64_t, bool> FirstSeqOf(const std::string& key, std::uint64_t seq) {
    const auto [it, fresh] = first_seen_.try_emplace(key, seq);
    return {it->second, fresh};
  }

  void Answered(const Send& send) {
    ++verdict_.sends;
    switch (send.answer) {
      case Answer::kStored:
        ++verdict_.stored;
        Agree("its sender", send.seq, send.key);
        return;
      case Answer::kRefused:
        if (first_seen_.contains(send.key)) {
          Found(verdict_.resurrected, fmt::format("key {} was refused and is stored", send.key));
        }
        return;
      case Answer::kUnknown:
        ++verdict_.unknown;
        return;
    }
  }

  void Complete(const std::string& reader, const History::Stream& stream,
                const std::vector<Send>& sends) {
    std::unordered_map<std::uint64_t, std::int64_t> at;
    for (const Delivery& d : stream.deliveries) at.try_emplace(d.seq, d.at);
    const std::uint64_t first = stream.deliveries.empty() ? 1 : stream.deliveries.front().seq;
    std::uint64_t end = stream.read_to;
    for (const Delivery& d : stream.deliveries) end = std::max(end, d.seq);
    if (stream.read_to != 0 && (at.empty() || stream.deliveries.back().seq < stream.read_to)) {
      Found(verdict_.gaps, fmt::format("{} stopped before the head {}", reader, stream.read_to));
    }
    for (const Send& send : sends) {
      if (send.answer != Answer::kStored || send.seq < first || send.seq > end) continue;
      const auto it = at.find(send.seq);
      if (it == at.end()) {
        Found(verdict_.lost, fmt::format("{} never saw seq {} ({})", reader, send.seq, send.key));
      } else {
        verdict_.worst_lag = std::max(verdict_.worst_lag, it->second - send.answered);
      }
    }
  }

  // C2: acknowledged before another began means a smaller seq. Sorted by start, every send must be
  // above the largest seq acknowledged before it.
  void RealTime(const std::vector<Send>& sends) {
    std::vector<const Send*> by_start;
    for (const Send& s : sends) {
      if (s.answer == Answer::kStored) by_start.push_back(&s);
    }
    auto by_answer = by_start;
    std::ranges::sort(by_start, {}, [](const Send* s) { return s->invoked; });
    std::ranges::sort(by_answer, {}, [](const Send* s) { return s->answered; });
    std::size_t next = 0;
    std::uint64_t acknowledged = 0;
    for (const Send* s : by_start) {
      while (next < by_answer.size() && by_answer[next]->answered < s->invoked) {
        acknowledged = std::max(acknowledged, by_answer[next++]->seq);
      }
      if (s->seq < acknowledged) {
        Found(verdict_.reordered,
              fmt::format("seq {} began after seq {} was acknowledged", s->seq, acknowledged));
      }
    }
  }

  Verdict verdict_;
  const std::string* name_ = nullptr;
  std::unordered_map<std::uint64_t, std::string> key_of_;
  std::unordered_map<std::string, std::uint64_t> first_seen_;
};

std::string Verdict::Summary() const {
  return fmt::format(
      "{} sends, {} stored, {} unknown, {} deliveries: {} lost, {} doubled, {} gaps, {} reordered, "
      "{} resurrected, {} disagreed",
      sends, stored, unknown, deliveries, lost, duplicated, gaps, reordered, resurrected,
      disagreed);
}

void History::Add(Send send) { channels_[send.channel].sends.push_back(std::move(send)); }

void History::Deliver(std::string_view stream, std::string_view channel, Delivery delivery) {
  channels_[std::string(channel)].streams[std::string(stream)].deliveries.push_back(
      std::move(delivery));
}

void History::ReadTo(std::string_view stream, std::string_view channel, std::uint64_t head) {
  auto& read_to = channels_[std::string(channel)].streams[std::string(stream)].read_to;
  read_to = std::max(read_to, head);
}

void History::Merge(History other) {
  for (auto& [name, channel] : other.channels_) {
    auto& mine = channels_[name];
    std::ranges::move(channel.sends, std::back_inserter(mine.sends));
    for (auto& [reader, stream] : channel.streams) {
      auto& kept = mine.streams[reader];
      std::ranges::move(stream.deliveries, std::back_inserter(kept.deliveries));
      kept.read_to = std::max(kept.read_to, stream.read_to);
    }
  }
}

std::string History::ReadJsonLines(std::string_view text) {
  std::size_t number = 0;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    ++number;
    if (line.empty()) continue;
    try {
      const auto json = nlohmann::json::parse(line);
      if (json.contains("send")) {
        const auto& s = json.at("send");
        const std::string answer = s.at("answer");
        Add({s.at("channel"), s.at("key"), s.value("invoked", std::int64_t{0}),
             s.value("answered", std::int64_t{0}),
             answer == "stored"    ? Answer::kStored
             : answer == "refused" ? Answer::kRefused
                                   : Answer::kUnknown,
             s.value("seq", std::uint64_t{0})});
      } else if (json.contains("deliver")) {
        const auto& d = json.at("deliver");
        Deliver(d.at("stream").get<std::string>(), d.at("channel").get<std::string>(),
                {d.at("seq"), d.value("key", ""), d.value("at", std::int64_t{0})});
      } else {
        const auto& r = json.at("read_to");
        ReadTo(r.at("stream").get<std::string>(), r.at("channel").get<std::string>(), r.at("head"));
      }
    } catch (const nlohmann::json::exception& e) {
      return fmt::format("line {}: {}", number, e.what());
    }
  }
  return {};
}

Verdict History::Check() const {
  Judge judge;
  for (const auto& [name, channel] : channels_) judge.Channel(name, channel);
  return judge.Take();
}

}  // namespace yap::checker
