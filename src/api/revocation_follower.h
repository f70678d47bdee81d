// api/revocation_follower.h: keeps a gateway's knowledge of ended sessions young: their streams
// end, their tokens are forgotten, and the gate for everybody's bytes stays open (docs/cluster.md,
// "Revocation").
#pragma once

#include <asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "api/remote_identity.h"
#include "api/replicas.h"
#include "core/envelope.h"
#include "hub/flush_gate.h"
#include "hub/hub.h"

namespace yap::api {

struct RevocationPorts {
  Replicas& replicas;
  RemoteTokenChecker& tokens;
  hub::FlushGate& gate;
  Clock& clock;
  // Where it runs.
  asio::any_io_executor executor;
  // Of the hub: a check counts once each has carried out what it found.
  std::vector<asio::any_io_executor> hub_executors;
};

class RevocationFollower {
 public:
  virtual ~RevocationFollower() = default;  // As Stop().
  // Once. Goes on until Stop; ports and hub outlive the executor's last handler.
  virtual void Start(hub::Hub& hub) = 0;
  virtual void Stop() = 0;
  // Somebody says that the log goes this far: if that is news, asks at once. Any thread.
  virtual void Hear(core::RevocationHead head) = 0;
  // Asks at once: an answer may be had again. Any thread.
  virtual void Ask() = 0;
  // The log was read to its head at least once.
  virtual bool Ready() const = 0;
};

std::unique_ptr<RevocationFollower> NewRevocationFollower(RevocationPorts ports);

}  // namespace yap::api
