#include "hub/page.h"

#include <algorithm>

namespace yap::hub {

Page::Page(std::shared_ptr<Env> its_env, const PageRead& read, core::Seq after)
    : env(std::move(its_env)),
      found(read.found),
      head(read.head),
      first_available(read.first_available) {
  if (found != PageRead::Found::kEvents) return;
  std::string framed;
  std::vector<std::size_t> ends;
  for (const auto& event : read.events) {
    env->ports.encoder.Event(*event, framed);
    ends.push_back(framed.size());
    if (auto mark = MarkOf(*event)) slice.marks.push_back(*mark);
  }
  slice.base = {after, 0};
  slice.base_head = HeadOf(after, head.epoch);
  auto segment = std::make_shared<Segment>(slice.base, std::max<std::size_t>(1, framed.size()),
                                           std::max<std::size_t>(1, ends.size()));
  std::size_t begin = 0;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    segment->Append(std::string_view(framed).substr(begin, ends[i] - begin), *read.events[i]);
    begin = ends[i];
  }
  slice.tail = segment->end();
  bytes_ = segment->memory();
  slice.segments.push_back(std::move(segment));
  env->page_bytes += bytes_;
}

Page::~Page() { env->page_bytes -= bytes_; }

}  // namespace yap::hub
