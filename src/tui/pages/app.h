// tui/pages/app.h: the pages as a Program: state and model in the middle, the network at one side,
// the loop at the other. One thread, but for what the options say.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "client/config.h"
#include "client/update.h"
#include "tui/look/theme.h"
#include "tui/pages/effect.h"
#include "tui/pages/state.h"
#include "tui/terminal/loop.h"

namespace yap::tui {

struct AppOptions {
  client::Config config;
  Keymap keymap;
  Theme theme;
  std::string server;        // In the login form at the start.
  std::string name;          // As well; may be empty.
  bool server_known = true;  // A configuration names it.
  std::string open_first;    // The channel to begin in, joined if need be; empty: in Home.
  Clock& clock;
  // client::Network's Do and Take.
  std::function<bool(std::vector<client::Command>)> execute;
  std::function<std::vector<client::Message>()> take;
  // A client_msg_id.
  std::function<std::string()> new_key;
  // Writes the server into config.toml; answers what to tell the user about it.
  std::function<std::string(const std::string& server)> remember_server;
};

class App final : public Program {
 public:
  explicit App(AppOptions options);

  void Take(const Input& input) override;
  void Woken() override;
  void Resized(Size size) override { state_.size = size; }
  void Tick(MonoTime now) override;
  std::optional<MonoTime> NextTick(MonoTime now) const override;
  Frame Draw(MonoTime now) override;
  std::vector<Request> TakeRequests() override { return std::exchange(requests_, {}); }
  void Edited(std::string text) override;
  void Failed(std::string what) override;

  const State& state() const { return state_; }
  const client::Model& model() const { return model_; }
  // A line at the bottom of the first page.
  void Say(std::string text, bool error);

 private:
  // The model, then the pages; what both want done.
  void Apply(const client::Message& message);
  void Do(std::vector<Effect> effects);
  void Execute(std::vector<client::Command> commands);

  void Do(const Tell& effect) { Apply(effect.message); }
  void Do(const Send& effect);
  void Do(const SendAgain& effect);
  void Do(const RememberServer& effect);
  void Do(const CallUser& effect);
  void Do(const EditText& effect) { requests_.push_back(EditFile{effect.text}); }
  void Do(const UseMouse& effect) { requests_.push_back(SetMouse{effect.on}); }
  void Do(const Redraw&) { requests_.push_back(DrawAnew{}); }
  void Do(const Suspend&) { requests_.push_back(StopProcess{}); }
  void Do(const Quit&) { requests_.push_back(EndLoop{}); }

  const AppOptions options_;
  State state_;
  client::Model model_;
  std::vector<Request> requests_;
};

}  // namespace yap::tui
