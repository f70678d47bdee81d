// hub/home.h: the rooms of one I/O thread: it is their only writer. Here runs the gateway rule
// (docs/broadcast.md): seq <= last is dropped, last + 1 is appended, anything later makes the hole
// be read from the store first. So a room log is dense whatever the bus does.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <span>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "base/guarded.h"
#include "hub/page_reader.h"
#include "hub/room_reader.h"

namespace yap::hub {

class Home : public std::enable_shared_from_this<Home> {
 public:
  Home(std::shared_ptr<Env> env, std::size_t thread);

  // Any thread; each is carried out on the home's thread, in order per caller.
  void Start();
  void Stop();
  // `reader` wants the room of `channel`, whose head was `grant` a moment ago; its first cursor
  // wants what follows `after`. Answered by OnAttached, then OnNews as things happen. Again for a
  // reader that is attached: makes sure that the log comes to `grant`.
  void Attach(std::shared_ptr<RoomReader> reader, core::ChannelId channel, core::Head grant,
              core::Seq after);
  void Detach(std::shared_ptr<RoomReader> reader, core::ChannelId channel);
  // Answered by OnPage, once there is an answer.
  void FetchPage(std::shared_ptr<RoomReader> reader, core::ChannelId channel, core::Epoch epoch,
                 core::Seq after);
  // From the bus. REQUIRES: all of channels that are at home here.
  void Deliver(std::span<const core::EventPtr> events);
  void SuspectBus();
  void CompareHeads();
  void Learn(std::vector<core::ChannelHead> heads);

 private:
  struct Room {
    core::ChannelId channel;
    std::shared_ptr<RoomLog> log;
    std::vector<std::shared_ptr<RoomReader>> readers;
    core::Seq known;                            // The highest seq that is said to exist.
    std::map<core::Seq, core::EventPtr> early;  // From the bus, behind a hole. kEarlyEventsMax.
    bool filling = false;                       // Fill() runs.
    bool closed = false;
    bool changed = false;  // In changed_.
    MonoTime empty_since;
    std::size_t accounted = 0;          // Bytes of memory_ that are this room's.
    std::list<Room*>::iterator recent;  // In recent_, while accounted > 0.
  };
  using RoomPtr = std::shared_ptr<Room>;
  struct Arrivals {
    std::vector<core::EventPtr> events;
    bool posted = false;
    bool dropped = false;
  };
  using PageKey = std::tuple<core::ChannelId, core::Epoch, core::Seq>;

  template <class F>
  void Post(F f);

  // Rooms.
  void DoAttach(const std::shared_ptr<RoomReader>& reader, core::ChannelId channel,
                const core::Head& grant, core::Seq after);
  void DoDetach(const std::shared_ptr<RoomReader>& reader, core::ChannelId channel);
  core::Seq StartOfLog(const core::Head& grant, core::Seq after) const;
  RoomPtr NewRoom(core::ChannelId channel, core::Head start);
  void CloseRoom(Room& room, RoomLog::Closed why);
  void ForgetRoom(Room& room);
  void DropIdleRooms();

  // The gateway rule.
  void TakeArrivals();
  void Arrived(Room& room, const core::EventPtr& event);
  void Offer(Room& room, const core::EventPtr& event);
  void Append(Room& room, const core::Event& event);
  void KeepEarly(Room& room, const core::EventPtr& event);
  void StartFill(const RoomPtr& room);
  static asio::awaitable<void> Fill(std::shared_ptr<Home> self, RoomPtr room);
  bool Apply(Room& room, const PageRead& page, core::Seq known_before);

  // What follows a change.
  void RingChanged();
  template <class F>
  void Tell(const std::shared_ptr<RoomReader>& reader, F f);
  void Ring(Room& room);
  void Account(Room& room);
  void Unaccount(Room& room);
  void Charge(Room& room, std::size_t bytes);

  // Pages for those that fell off.
  void DoFetch(std::shared_ptr<RoomReader> reader, core::ChannelId channel, core::Epoch epoch,
               core::Seq after);
  static asio::awaitable<void> Fetch(std::shared_ptr<Home> self, PageRequest request);
  void HandOut(PageKey key, std::shared_ptr<const Page> page);

  // Sweeps (home_sweep.cc).
  void DoSuspectBus();
  void DoLearn(const std::vector<core::ChannelHead>& heads);
  void ScheduleSweep();
  void ArmTick();
  void Tick();
  void StartSweep();
  void Sweep(std::vector<RoomPtr> rooms);
  static asio::awaitable<void> SweepSome(std::shared_ptr<Home> self);
  static asio::awaitable<void> SweepOne(std::shared_ptr<Home> self, RoomPtr room);
  void OnHead(const RoomPtr& room, core::Seq last_before, const core::Head& head);

  const std::shared_ptr<Env> env_;
  const std::size_t thread_;
  const asio::any_io_executor executor_;

  // From any thread.
  Guarded<Arrivals> arrivals_;

  // The home's thread's.
  PageReader reader_;
  Permits next_for_bytes_{1};  // Whose turn it is to wait for room under kPagesBytesMax.
  std::unordered_map<core::ChannelId, RoomPtr> rooms_;
  std::list<Room*> recent_;  // Rooms with memory, least recently appended to first.
  std::size_t memory_ = 0;
  std::vector<Room*> changed_;
  std::vector<core::EventPtr> taken_;
  std::string framed_;
  std::map<PageKey, std::vector<std::shared_ptr<RoomReader>>> fetching_;
  std::unique_ptr<Timer> timer_;
  MonoTime next_sweep_;
  MonoTime suspect_until_;
  std::vector<RoomPtr> sweep_;
  std::size_t sweep_next_ = 0;
  std::size_t sweep_workers_ = 0;
  bool sweep_again_ = false;         // Asked for while one runs.
  std::vector<RoomPtr> unanswered_;  // Of the last sweep: their heads could not be read.
};

}  // namespace yap::hub
