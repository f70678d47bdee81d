// hub/shard.h: the streams of one I/O thread, and what they share there: views of rooms, the
// heartbeat's wheel, the wakes of a handler, what must outlive a pass.
#pragma once

#include <asio/any_io_executor.hpp>
#include <atomic>
#include <deque>
#include <memory>
#include <thread>
#include <unordered_map>
#include <vector>

#include "hub/env.h"
#include "hub/limits.h"

namespace yap::hub {

class Home;
class RoomView;
class Stream;
struct Cursor;

// 0 … `most`.
Duration RandomUpTo(Random& random, Duration most);

// All on its thread, but for what says otherwise.
class Shard : public std::enable_shared_from_this<Shard> {
 public:
  Shard(std::shared_ptr<Env> env, std::size_t thread, std::vector<std::weak_ptr<Home>> homes);

  // Any thread.
  std::size_t thread() const { return thread_; }
  Env& env() const { return *env_; }
  void Start();
  void Stop();
  void EndSessions(const std::vector<core::SessionId>& sessions);
  void Drain(Duration spread);
  void WakeAll();
  bool IsCurrentThread() const { return thread_id_ == std::this_thread::get_id(); }

  // Why a new stream of `session` cannot be, if so.
  Result<> Admit(core::SessionId session);
  void Add(Stream& stream);
  void Remove(Stream& stream);

  // The one view of the channel here, made where there is none. A cursor must be added to it: the
  // view is forgotten when its last cursor goes.
  std::shared_ptr<RoomView> ViewOf(core::ChannelId channel);
  void Forget(RoomView& view);
  // None once the hub is gone.
  std::shared_ptr<Home> HomeOf(core::ChannelId channel) const;

  // Wakes the stream once, in a handler of its own: kWakesPerTurn in one, so that the woken write
  // in between, while the cache still holds what the wake has touched.
  void WakeSoon(Stream& stream);
  // There is news for those who wait in that view. They hear of it in the same turns, each just
  // before it is woken, so that publishing costs the same for ten and for ten thousand.
  void TellWaiting(RoomView& view);

  // Bytes were shared: what they lie in must outlive the pass.
  void NoteShared() { shared_ = true; }
  // Lets go of something that may have been shared in this pass.
  void Retire(std::shared_ptr<const void> thing);
  void EndPass();

  // Cursors that hold a page; who does not take from it, or not fast enough, loses it.
  void AddPaged(Cursor& cursor) { paged_.push_back(&cursor); }
  void RemovePaged(Cursor& cursor) { std::erase(paged_, &cursor); }

 private:
  template <class F>
  void Post(F f);
  template <class F>
  void ForStreams(F&& f);
  void PostTurn();
  bool HasTurn() const;
  void RunTurn();
  void WakeNext();
  void TellNext();
  void ArmTick();
  void Tick();
  void DropOldPages();
  void ForgetOldSessions();
  void ClearRetired();

  const std::shared_ptr<Env> env_;
  const std::size_t thread_;
  const asio::any_io_executor executor_;
  const std::vector<std::weak_ptr<Home>> homes_;
  std::atomic<std::thread::id> thread_id_;

  std::unordered_map<core::ChannelId, RoomView*> views_;
  std::vector<std::vector<Stream*>> slots_{kHeartbeatSlots};
  std::size_t next_slot_ = 0;
  std::size_t tick_slot_ = 0;
  std::unique_ptr<Timer> timer_;
  std::unordered_map<core::SessionId, MonoTime> ended_sessions_;
  bool draining_ = false;
  std::vector<Cursor*> paged_;

  std::deque<Stream*> to_wake_;
  std::deque<RoomView*> to_tell_;
  bool turn_posted_ = false;

  std::vector<std::shared_ptr<const void>> retired_;
  bool shared_ = false;            // Since the last EndPass.
  bool passes_are_ended_ = false;  // The caller calls EndPass; else a handler ends a pass.
  bool clear_posted_ = false;
};

}  // namespace yap::hub
