// core/after_write.h: contract line C6 in calls of several steps: once something is written, what
// goes wrong later may not be told as if nothing was.
#pragma once

#include <utility>

#include "base/result.h"

namespace yap::core {

// What a call that has written answers when a later step fails so: Unavailable in the place of any
// code that promises that nothing was stored.
Error AfterWrite(Error error);

template <class T>
Result<T> AfterWrite(Result<T> step) {
  if (step) return step;
  return Fail(AfterWrite(std::move(step).error()));
}

}  // namespace yap::core
