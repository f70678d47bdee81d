// client/courier.h: carries the messages of an outbox to the server: first in first out per
// channel, one under way at a time, each until its answer is definite.
//
// One executor.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/task.h"
#include "client/outbox.h"
#include "client/session.h"

namespace yap::client {

// What becomes of messages. Called on the courier's executor, after the outbox knows it.
class CourierListener {
 public:
  virtual ~CourierListener() = default;

  virtual void OnSent(const OutboxMessage& message, const v1::SendMessageResponse& response) = 0;
  // Definite: it stays in the outbox as failed.
  virtual void OnFailed(const OutboxMessage& message, const Error& why) = 0;
  // Not known, or not yet: another attempt after `wait`. Also where a file of this machine is in
  // the way (OfThisMachine).
  virtual void OnWaiting(const OutboxMessage& message, const Error& why, Duration wait) = 0;
  // The message got a new key: the server could not tell any more whether it has the old one, and
  // its log does not.
  virtual void OnRekeyed(const std::string& old_key, const std::string& new_key) = 0;
  // Nothing can be sent any more: the session has ended.
  virtual void OnHalted(const Error& why) = 0;
};

class Courier : public std::enable_shared_from_this<Courier> {
 public:
  // All outlive the courier's last call to the listener.
  static std::shared_ptr<Courier> Make(Session& session, Outbox& outbox,
                                       asio::any_io_executor executor, CourierListener& listener);
  ~Courier();

  // There is something for `channel`; does nothing while it is being worked on.
  void Kick(const std::string& channel);
  // Ends every wait: the server can be reached again.
  void Wake();
  // Calls nothing any more. Attempts that are under way may still reach the server.
  void Stop();
  // Whether nothing is under way, so that neither session nor outbox is used.
  bool idle() const { return lanes_.empty(); }

 private:
  struct Lane;
  Courier(Session& session, Outbox& outbox, asio::any_io_executor executor,
          CourierListener& listener);

  static asio::awaitable<void> Run(std::shared_ptr<Courier> self, std::string channel);
  Task<void> SendNext(std::string channel);
  Task<std::uint64_t> Head(std::string channel);
  Task<v1::SendMessageResponse> Attempt(OutboxMessage message);
  Result<> Settle(const OutboxMessage& message, const Result<v1::SendMessageResponse>& answer);
  Task<void> LookForKey(OutboxMessage message);
  asio::awaitable<bool> WaitAfter(std::string channel, Error why);

  Session& session_;
  Outbox& outbox_;
  const asio::any_io_executor executor_;
  CourierListener& listener_;

  std::map<std::string, std::unique_ptr<Lane>> lanes_;  // Channels that are being worked on.
  bool stopped_ = false;
};

}  // namespace yap::client
