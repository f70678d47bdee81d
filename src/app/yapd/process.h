// app/yapd/process.h: a running process of each role: what it is made of, and the order in which
// that comes and goes.
#pragma once

#include <memory>

#include "app/yapd/config.h"
#include "app/yapd/node.h"

namespace yap::app {

// Used by one thread, which is none of its own.
class Process {
 public:
  virtual ~Process() = default;
  // Serves when it returns. Errors: one line that says what to do.
  virtual Result<> Start() = 0;
  // Top down: readiness, streams, calls, writes, store. Blocks until it is over.
  virtual void Stop() = 0;
  // Takes over what can change while it runs: certificates.
  virtual Result<> Reload() = 0;
  // What it runs on, from Start to Stop.
  virtual IoThreads& threads() = 0;
};

// Everything in one process, over an open node.
std::unique_ptr<Process> NewAllProcess(const Config& config, const DataPaths& paths,
                                       std::unique_ptr<Node> node);
// A chat-service, over an open node.
std::unique_ptr<Process> NewChatProcess(const Config& config, const DataPaths& paths,
                                        std::unique_ptr<Node> node);
// A gateway.
std::unique_ptr<Process> NewGatewayProcess(const Config& config);

}  // namespace yap::app
