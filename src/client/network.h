// client/network.h: the client's network as a thread: what a terminal gives commands to and takes
// messages from, without ever waiting for a server or a disk.
//
// The model is the caller's: it calls Update with each message and hands the commands on.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "client/config.h"
#include "client/paths.h"
#include "client/server_address.h"
#include "client/transport.h"
#include "client/update.h"

namespace yap::client {

// Commands that wait for the network's thread: thousands of keystrokes ahead of it, it hangs.
inline constexpr std::size_t kCommandsMax = 10'000;
// Messages that nobody took: the network's thread then reads no further until somebody does.
inline constexpr std::size_t kMessagesMax = 50'000;

struct NetworkOptions {
  Paths paths;
  ServerAddress server;  // Where stored credentials are looked for at the start.
  Clock& clock;
  Random& random;
  // The transport of a server. Errors: a ca_file that cannot be read.
  std::function<Result<std::unique_ptr<Transport>>(const ServerAddress&)> connect;
};

class Network {
 public:
  // Starts the thread. Its first message is LoggedIn (credentials were stored) or LogInFailed
  // (kNotLoggedIn). `wake` is called on that thread whenever Take() has something again.
  Network(NetworkOptions options, std::function<void()> wake);
  // Tells the server what was read, keeps drafts and cache, ends the thread: within 3 s.
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  // From one thread, the owner's. False: kCommandsMax wait already, and none of these was taken.
  bool Do(std::vector<Command> commands);
  // All that has come since the last call, in order.
  std::vector<Message> Take();

 private:
  class Thread;
  const std::unique_ptr<Thread> thread_;
};

}  // namespace yap::client
