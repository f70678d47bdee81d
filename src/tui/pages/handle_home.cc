#include <algorithm>

#include "tui/pages/handle_internal.h"
#include "tui/pages/lists.h"

namespace yap::tui {
namespace {

void Select(Turn& turn, int steps) {
  const auto targets = HomeTargets(turn.state, turn.model);
  if (targets.empty()) return;
  const auto at = static_cast<int>(HomeSelected(turn.state, targets)) + steps;
  const auto last = static_cast<int>(targets.size()) - 1;
  turn.state.home.selected = targets[static_cast<std::size_t>(std::clamp(at, 0, last))];
}

bool Enter(Turn& turn) {
  HomeState& home = turn.state.home;
  if (home.filter.text().starts_with('/')) {
    if (RunSlash(turn, home.filter.text())) home.filter.Take();
    return true;
  }
  const auto targets = HomeTargets(turn.state, turn.model);
  if (targets.empty()) return true;
  const Target chosen = targets[HomeSelected(turn.state, targets)];
  Choose(turn, chosen);
  if (turn.state.page != Page::kHome) home.filter.Take();
  return true;
}

void CompleteCommand(Turn& turn) {
  Editor& filter = turn.state.home.filter;
  if (!filter.text().starts_with('/')) return Select(turn, 1);
  const auto completion =
      Complete(filter.text(), filter.cursor(), CandidatesOf(turn.state, turn.model));
  if (!completion || completion->choices.empty()) return;
  filter.Replace(completion->from, completion->to, completion->choices.front());
}

}  // namespace

bool HomeCommand(Turn& turn, const Bound& bound) {
  const int page = std::max(1, turn.state.size.rows - 6);
  switch (bound.command) {
    case CommandId::kHistoryOlder:
    case CommandId::kPreviousChannel:
      Select(turn, -1);
      return true;
    case CommandId::kHistoryNewer:
    case CommandId::kNextChannel:
      Select(turn, 1);
      return true;
    case CommandId::kPageUp:
      Select(turn, -page);
      return true;
    case CommandId::kPageDown:
      Select(turn, page);
      return true;
    case CommandId::kComplete:
      CompleteCommand(turn);
      return true;
    case CommandId::kSwitcher:
      turn.state.overlay = SwitcherOverlay();
      return true;
    case CommandId::kNextActivity:
      if (const auto next = NextActivity(turn.state, turn.model)) ShowChannel(turn, *next);
      return true;
    case CommandId::kChannel: {
      const auto order = ChannelsInOrder(turn.model);
      const auto at = static_cast<std::size_t>(bound.number - 1);
      if (at < order.size()) ShowChannel(turn, order[at]->id);
      return true;
    }
    case CommandId::kBack:
      turn.state.home.filter.Take();
      return true;
    case CommandId::kCreate:
      turn.state.overlay = CreateOverlay();
      return true;
    case CommandId::kMessage:
      turn.state.overlay = DirectOverlay();
      return true;
    default:
      return false;
  }
}

bool HomeKey(Turn& turn, const Key& key) {
  if (key.code == KeyCode::kEnter) return Enter(turn);
  if (key.code == KeyCode::kBacktab) Select(turn, -1);
  const std::string before = turn.state.home.filter.text();
  if (!EditKey(turn, turn.state.home.filter, key)) return false;
  if (before != turn.state.home.filter.text()) turn.state.home.selected = {};
  return true;
}

}  // namespace yap::tui
