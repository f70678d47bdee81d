// app/yapd/files.h: the files that a configuration names: certificates, keys, passwords.
#pragma once

#include <string>
#include <vector>

#include "app/yapd/config.h"
#include "base/result.h"
#include "base/secret.h"

namespace yap::app {

// The first line of a file that nobody else may read. Errors: InvalidArgument
// PASSWORD_FILE_UNREADABLE, FailedPrecondition PASSWORD_FILE_EXPOSED.
Result<Secret> ReadStorePassword(const std::string& path);

// One finding, an error, for each file that does not do: missing, readable for others, not what it
// should be, not the key of its certificate, a certificate whose time is over. Each names the keys
// and the file. A file that is made at first start may be missing. Changes nothing.
std::vector<Finding> CheckFiles(const Config& config);

}  // namespace yap::app
