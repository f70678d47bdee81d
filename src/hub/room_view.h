// hub/room_view.h: one room as one I/O thread sees it: the cursors of its streams and a picture of
// the log that holds the segments they read, for all of them at once. All on that thread.
#pragma once

#include <memory>
#include <vector>

#include "hub/cursor.h"
#include "hub/room_reader.h"

namespace yap::hub {

class Shard;

class RoomView final : public RoomReader, public std::enable_shared_from_this<RoomView> {
 public:
  RoomView(std::shared_ptr<Shard> shard, core::ChannelId channel);
  ~RoomView() override;

  core::ChannelId channel() const { return channel_; }
  // None as long as the room has not answered.
  const RoomLog* log() const { return log_.get(); }
  const LogSlice& slice() const { return picture_.slice; }

  // Asks the room to come to the cursor's grant, where it has not. REQUIRES: cursor.view == this.
  void Add(Cursor& cursor);
  // The view is given up with its last cursor; what was shared of it lives until the pass ends.
  void Remove(Cursor& cursor);
  // The cursor has read all there is: it is told of the next news (Stream::OnNews), once. Those
  // that are still reading need not hear of it: they see where the log ends.
  void Wait(Cursor& cursor);
  // Tells the one that waits longest of the news; true while others are left who have not heard.
  bool TellNext();
  // The page behind `after`, for every cursor that is `fetching` there.
  void FetchPage(core::Seq after, core::Epoch epoch);

  void OnAttached(std::shared_ptr<const RoomLog> log) override;
  void OnNews() override;
  void OnPage(core::Seq after, std::shared_ptr<const Page> page) override;

 private:
  void Refresh();
  void StopWaiting(Cursor& cursor);
  bool HasUntold() const;
  void FetchNext() const;
  void CloseAll(const RoomLog::Closed& why);

  const std::shared_ptr<Shard> shard_;
  const core::ChannelId channel_;

  std::shared_ptr<const RoomLog> log_;
  RoomLog::Picture picture_;
  std::vector<Cursor*> cursors_;
  Cursor* first_waiting_ = nullptr;
  Cursor* last_waiting_ = nullptr;
  std::uint64_t waits_ = 0;         // Begun so far …
  std::uint64_t untold_up_to_ = 0;  // … when the last news came: these are to hear of it.
  bool telling_ = false;            // The shard has it in turn.
  core::Seq asked_;                 // The furthest grant the room was told of.
  std::vector<core::Seq> pages_asked_;
};

}  // namespace yap::hub
