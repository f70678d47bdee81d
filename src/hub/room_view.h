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
  // The page behind `after`, for every cursor that is `fetching` there.
  void FetchPage(core::Seq after, core::Epoch epoch);

  void OnAttached(std::shared_ptr<const RoomLog> log) override;
  void OnNews() override;
  void OnPage(core::Seq after, std::shared_ptr<const Page> page) override;

 private:
  void Refresh();
  void CloseAll(const RoomLog::Closed& why);

  const std::shared_ptr<Shard> shard_;
  const core::ChannelId channel_;

  std::shared_ptr<const RoomLog> log_;
  RoomLog::Picture picture_;
  std::vector<Cursor*> cursors_;
  core::Seq asked_;  // The furthest grant the room was told of.
  std::vector<core::Seq> pages_asked_;
};

}  // namespace yap::hub
