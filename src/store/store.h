// store/store.h: what opening a store gives: the four ports of core/ over one state. An adapter's
// header is its options and one Open… factory that answers one of these.
#pragma once

#include "core/directory.h"
#include "core/event_log.h"

namespace yap::store {

// Thread-safe. The ports live as long as the store. Destroying it waits for the calls under way,
// which are answered; REQUIRES that no new ones are made. The executors of its callers outlive it
// (they may have stopped): its threads post their answers there.
class Store {
 public:
  virtual ~Store() = default;
  virtual core::EventLog& log() = 0;
  virtual core::UserStore& users() = 0;
  virtual core::SessionStore& sessions() = 0;
  virtual core::ChannelStore& channels() = 0;
};

// The four ports as one object, for adapters that implement them over one state.
class StoreBase : public Store,
                  public core::EventLog,
                  public core::UserStore,
                  public core::SessionStore,
                  public core::ChannelStore {
 public:
  core::EventLog& log() final { return *this; }
  core::UserStore& users() final { return *this; }
  core::SessionStore& sessions() final { return *this; }
  core::ChannelStore& channels() final { return *this; }
};

// Rows removed by one Sweep, of sessions and of access tokens each: it runs in the writer's turn,
// and a few milliseconds of it do not show in anybody's send.
inline constexpr std::size_t kSweepRowsMax = 500;

}  // namespace yap::store
