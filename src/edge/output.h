// edge/output.h: what one connection writes in one pass, as ranges for writev. A thread
// has kPassFlushesMax of them, reused by every connection.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "edge/byte_source.h"
#include "edge/limits.h"

namespace yap::edge {

// Not thread-safe. Ranges point into its own scratch and into what was shared; both are good until
// Reset or the end of the pass.
class Output final : public Gather {
 public:
  Output();

  void Reset();
  // Bytes that may still be added in this pass; 0 when it is full. A control frame may exceed it
  // once.
  std::size_t Room() const;
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::span<const iovec> ranges() const { return ranges_; }
  // Appends the bytes behind the first `skip` to `out`.
  void CopyRest(std::size_t skip, std::vector<char>& out) const;

  void Share(std::span<const char> bytes) override;
  void Copy(std::span<const char> bytes) override;

 private:
  void AddRange(const char* data, std::size_t n);

  std::unique_ptr<char[]> scratch_;
  std::size_t scratch_used_ = 0;
  std::size_t size_ = 0;
  std::vector<iovec> ranges_;
};

}  // namespace yap::edge
