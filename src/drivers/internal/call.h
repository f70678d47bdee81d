// drivers/internal/call.h: a function of the ABI with a callback, as a coroutine.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/task.h"
#include "drivers/internal/tsan.h"
#include "yapdrivers/yapdrivers.h"

namespace yap::drivers {

// The error of an outcome that is not YD_OK.
Error ErrorOf(const yd_outcome& outcome);

// What is left until `deadline`, rounded up to milliseconds, or kNotSent when nothing is.
Result<std::uint32_t> LimitMs(Deadline deadline);

inline yd_text TextOf(std::string_view text) { return {text.data(), text.size()}; }

template <auto free>
struct FreeBy {
  template <class T>
  void operator()(T* handle) const {
    free(handle);
  }
};
// An object that a callback gives, until a wrapper takes it over.
using OwnedCql = std::unique_ptr<yd_cql, FreeBy<yd_cql_free>>;
using OwnedStatement = std::unique_ptr<yd_statement, FreeBy<yd_statement_free>>;
using OwnedRows = std::unique_ptr<yd_rows, FreeBy<yd_rows_free>>;
using OwnedPulsar = std::unique_ptr<yd_pulsar, FreeBy<yd_pulsar_free>>;
using OwnedProducer = std::unique_ptr<yd_producer, FreeBy<yd_producer_free>>;
// Of calls that give none.
struct NoObject {
  using pointer = void*;
  void operator()(void* /*nothing*/) const {}
};
using Nothing = std::unique_ptr<void, NoObject>;

// The callback, on a driver's thread: hands the outcome on and does nothing else.
template <class Owned>
void Complete(void* ctx, const yd_outcome* outcome) noexcept {
  TsanAcquire(ctx);
  const std::unique_ptr<Callback<Owned>> done(static_cast<Callback<Owned>*>(ctx));
  if (outcome->status != YD_OK) return (*done)(Fail(ErrorOf(*outcome)));
  (*done)(Owned(static_cast<typename Owned::pointer>(outcome->object)));
}

// `submit(callback, ctx)` calls the function, at once.
template <class Owned, class Submit>
Task<Owned> Call(Submit submit) {
  return FromCallback<Owned>([submit = std::move(submit)](Callback<Owned> done) mutable {
    auto* ctx = new Callback<Owned>(std::move(done));
    TsanRelease(ctx);
    submit(&Complete<Owned>, ctx);
  });
}

}  // namespace yap::drivers
