// client/login.h: from a name and a password to a session of this device.
#pragma once

#include <string>

#include "base/secret.h"
#include "base/task.h"
#include "client/session.h"

namespace yap::client {

struct Account {
  std::string name;  // With or without @.
  Secret password;
  bool create = false;  // A new account.
  std::string invite;   // Code, where the server wants one for a new account.
};

// Logs in, or registers, and stores what the server answers (Session::Adopt). The session that this
// device had with the server, if any, is ended then, as far as that is possible.
// Errors: the server's (WRONG_CREDENTIALS, NAME_TAKEN, INVITE_REQUIRED, …); Session::Adopt's.
Task<void> LogInAs(Session& session, Account account, Deadline deadline);

// Ends the session with the server and removes the credentials here, also where the server cannot
// be told: then the error says why, and the session ends by itself, unused.
Task<void> LogOutOf(Session& session, Deadline deadline);

}  // namespace yap::client
