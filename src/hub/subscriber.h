// hub/subscriber.h: one stream: its cursors, and the bytes that must go out before any of theirs.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hub/cursor.h"
#include "hub/hub.h"
#include "hub/room_log.h"
#include "hub/shard.h"

namespace yap::hub {

// What a stream of a session that was ended finishes with.
Error SessionEnded();

class Stream final : public Subscriber {
 public:
  Stream(std::shared_ptr<Shard> shard, SubscribeOptions options, std::function<void()> wake);
  ~Stream() override;

  std::size_t Available(std::size_t max) override;
  void Take(std::size_t n, Sink& sink) override;
  std::optional<Result<>> Finished() override;
  void AskToReconnect(Duration ends_in) override;

  // The shard's.
  core::SessionId session() const { return session_; }
  void Wake() { wake_(); }
  void NeedsWake();
  void Heartbeat();
  void EndSession();
  // Says Reconnect{after} and finishes.
  void Drain(Duration after);
  void DropPage(Cursor& cursor);
  std::size_t slot = 0;
  bool queued = false;  // To be woken.

  // A room's: all may end with a wake (Shard::WakeSoon).
  // The tail moved, and the cursor was waiting for that.
  void OnNews(Cursor& cursor);
  // Cursor's page has come. May remove the cursor.
  void OnPage(Cursor& cursor, std::shared_ptr<const Page> page);
  // Nothing more comes of this channel, and why. Removes the cursor.
  void OnClosed(Cursor& cursor, const RoomLog::Closed& why);

 private:
  // Cursors.
  Cursor* Find(core::ChannelId channel);
  void AddCursor(const StartCursor& start, bool follow);
  void Remove(Cursor& cursor, core::Seq nothing_up_to);
  void Detach(Cursor& cursor);
  void RemoveAll();
  void EndWell();
  void Settle(Cursor& cursor);
  void Place(Cursor& cursor);
  bool FallsOff(Cursor& cursor);
  bool StillReads(Cursor& cursor);
  void LeavePage(Cursor& cursor);
  void SayCaughtUp(Cursor& cursor);

  // What is done where a cursor stopped.
  void Moved(Cursor& cursor);
  void EndHere(Cursor& cursor, const Mark& removal);
  void Follow(const Mark& added);

  // Lists.
  void UpdateReady(Cursor& cursor);
  void Unready(Cursor& cursor);
  void MakeHungry(Cursor& cursor);
  void FeedHungry();

  std::size_t TakeOut(std::size_t n, Sink& sink);
  std::size_t TakeEvents(std::size_t n, Sink& sink);

  const std::shared_ptr<Shard> shard_;
  const FrameEncoder& encoder_;
  FlushGate* const gate_;
  const core::UserId user_;
  const core::SessionId session_;
  const std::function<void()> wake_;

  // Goes first: what is left of a message that was cut, then whole control messages. Begins at
  // out_begin_.
  std::string out_;
  std::size_t out_begin_ = 0;
  std::vector<std::unique_ptr<Cursor>> cursors_;
  std::vector<Cursor*> ready_;
  std::size_t turn_ = 0;
  std::vector<Cursor*> hungry_;
  std::size_t pages_ = 0;  // Asked for or held. kPagesPerSubscriber.
  // Channels that ended here, and up to where nothing of them may come again.
  std::vector<std::pair<core::ChannelId, core::Seq>> over_;
  bool woken_ = false;           // And Available was not called since.
  std::unique_ptr<Timer> ends_;  // Once it was asked to reconnect.
  std::optional<Result<>> end_;
};

}  // namespace yap::hub
