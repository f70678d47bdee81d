#include "hub/flush_gate.h"

namespace yap::hub {

bool FlushGate::Fresh() const {
  const MonoTime as_of{MonoTime::duration(as_of_.load())};
  return as_of != MonoTime::min() && clock_.Mono() - as_of <= age_max_;
}

// First marked, then looked at again: either Checked sees the mark or this sees what it checked.
bool FlushGate::MayFlush() {
  if (Fresh()) return true;
  refused_.store(true);
  return Fresh();
}

bool FlushGate::Checked(MonoTime as_of) {
  as_of_.store(as_of.time_since_epoch().count());
  return refused_.exchange(false);
}

}  // namespace yap::hub
