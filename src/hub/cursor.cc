#include "hub/cursor.h"

#include <algorithm>
#include <utility>

namespace yap::hub {

void Cursor::Enter(const LogSlice& s) {
  slice = &s;
  at = s.Behind(at.seq);
  FindStop();
}

void Cursor::EnterPage(std::shared_ptr<const Page> p) {
  page = std::move(p);
  idle_ticks = 0;
  page_ticks = 0;
  Enter(page->slice);
}

std::shared_ptr<const Page> Cursor::Leave() {
  slice = nullptr;
  stop = kNever;
  return std::exchange(page, nullptr);
}

bool Cursor::Concerns(const Mark& mark) const {
  if (mark.seq <= grant.seq) return false;
  return mark.kind == Mark::Kind::kAdded ? follow : mark.user == user;
}

void Cursor::FindStop() {
  stop = kNever;
  if (!caught_up && grant.seq > at.seq && grant.seq <= slice->tail.seq) {
    stop = slice->Behind(grant.seq).pos;
  }
  // A mark can be there before its event is.
  const auto next = std::ranges::find_if(slice->marks, [this](const Mark& mark) {
    return mark.seq > at.seq && mark.seq <= slice->tail.seq && Concerns(mark);
  });
  if (next != slice->marks.end()) stop = std::min(stop, slice->Behind(next->seq).pos);
}

const Mark* Cursor::Reached() const {
  const auto here =
      std::ranges::find_if(slice->marks, [this](const Mark& m) { return m.seq == at.seq; });
  return here != slice->marks.end() && Concerns(*here) ? &*here : nullptr;
}

}  // namespace yap::hub
