// tui/pages/effect.h: what a page wants done by whoever runs it: messages for the model, and things
// of the terminal. Values: tests compare them.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "client/update.h"

namespace yap::tui {

struct Tell {  // For client::Update.
  client::Message message;
};
struct Send {  // As client::Typed, with a key that the app draws.
  std::string ref;
  std::string text;  // Passed unicode::CheckText.
};
struct SendAgain {  // As client::RetryAsked, with a key that the app draws.
  std::string key;
};
struct RememberServer {  // The first log-in of this user: config.toml gets the server.
  std::string server;
};
struct EditText {  // In $EDITOR; Edited (observe.h) takes the answer.
  std::string text;
};
struct CallUser {  // A notification; the strings are as others wrote them.
  std::string title;
  std::string body;
};
struct UseMouse {
  bool on = false;
};
struct Redraw {};
struct Suspend {};
struct Quit {};

using Effect = std::variant<Tell, Send, SendAgain, RememberServer, EditText, CallUser, UseMouse,
                            Redraw, Suspend, Quit>;

}  // namespace yap::tui
