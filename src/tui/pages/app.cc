#include "tui/pages/app.h"

#include <utility>

#include "tui/pages/handle.h"
#include "tui/pages/observe.h"
#include "tui/pages/view.h"
#include "tui/terminal/notify.h"

namespace yap::tui {
namespace {

State StateAtStart(const AppOptions& options) {
  State state;
  state.keymap = options.keymap;
  state.name_colors = options.config.name_colors;
  state.mouse = options.config.mouse;
  state.server_known = options.server_known;
  state.open_first = options.open_first;
  state.login.server.Insert(options.server);
  state.login.name.Insert(options.name);
  if (!options.name.empty()) state.login.focus = LoginField::kPassword;
  return state;
}

}  // namespace

App::App(AppOptions options) : options_(std::move(options)), state_(StateAtStart(options_)) {}

void App::Take(const Input& input) { Do(Handle(state_, model_, input, options_.clock.Mono())); }

void App::Woken() {
  for (const client::Message& message : options_.take()) Apply(message);
}

void App::Tick(MonoTime now) { Do(tui::Tick(state_, now)); }

std::optional<MonoTime> App::NextTick(MonoTime now) const {
  return NextChange(state_, model_, now);
}

// What a frame shows counts as seen, and the frame says so already.
Frame App::Draw(MonoTime now) {
  Frame frame = tui::Draw(state_, model_, options_.theme, now);
  auto effects = Drawn(state_, model_);
  if (effects.empty()) return frame;
  Do(std::move(effects));
  return tui::Draw(state_, model_, options_.theme, now);
}

void App::Edited(std::string text) {
  Do(tui::Edited(state_, model_, std::move(text), options_.clock.Mono()));
}

void App::Failed(std::string what) { Say(std::move(what), true); }

void App::Say(std::string text, bool error) {
  state_.notice = Notice{std::move(text), error, options_.clock.Mono() + kNoticeTime};
}

void App::Apply(const client::Message& message) {
  Execute(client::Update(model_, message));
  Do(Observe(state_, model_, message, options_.clock.Mono()));
}

void App::Do(std::vector<Effect> effects) {
  for (const Effect& effect : effects) {
    std::visit([this](const auto& e) { Do(e); }, effect);
  }
}

void App::Execute(std::vector<client::Command> commands) {
  if (commands.empty() || options_.execute(std::move(commands))) return;
  Say("The network does not keep up; that was not done. Try again", true);
}

void App::Do(const Send& effect) {
  Apply(client::Typed{effect.ref, options_.new_key(), effect.text});
}

void App::Do(const SendAgain& effect) { Apply(client::RetryAsked{effect.key, options_.new_key()}); }

void App::Do(const RememberServer& effect) { Say(options_.remember_server(effect.server), false); }

void App::Do(const CallUser& effect) {
  auto call = Notify(options_.config, {.title = effect.title, .body = effect.body});
  if (auto* bytes = std::get_if<NotifyBytes>(&call)) {
    if (!bytes->empty()) requests_.push_back(WriteBytes{std::move(*bytes)});
  } else if (auto& argv = std::get<NotifyProgram>(call); !argv.empty()) {
    requests_.push_back(RunProgram{std::move(argv)});
  }
}

}  // namespace yap::tui
