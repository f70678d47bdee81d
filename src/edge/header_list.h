// edge/header_list.h: response headers in the shape nghttp2 takes them.
#pragma once

#include <nghttp2/nghttp2.h>

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "edge/call.h"
#include "edge/status.h"

namespace yap::edge {

// Keeps what it points to alive; nghttp2 copies at submit.
class HeaderList {
 public:
  void Add(std::string_view name, std::string value);
  // Encodes -bin values; leaves out what HTTP/2 does not allow in a field.
  void Add(const Metadata& metadata);
  void Add(const Status& status);

  const nghttp2_nv* data() const { return fields_.data(); }
  std::size_t size() const { return fields_.size(); }

 private:
  std::deque<std::string> values_;  // Stable addresses.
  std::vector<nghttp2_nv> fields_;
};

}  // namespace yap::edge
