// api/policy.h: who may call what: the (yap.v1.policy) option of every method, read from the
// descriptors that are linked in. A method without one is refused (deny by default), and a test
// fails on it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "yap/v1/options.pb.h"

namespace yap::api {

// The policy of "/package.Service/Method"; POLICY_UNSPECIFIED for a method that has none.
yap::v1::Policy PolicyOf(std::string_view path);

// Paths of all unary and streaming methods of package yap.v1, in the order of the files.
std::vector<std::string> AllYapMethods();

// Whether the method streams in either direction.
bool IsStreaming(std::string_view path);

}  // namespace yap::api
