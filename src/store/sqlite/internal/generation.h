// store/sqlite/internal/generation.h: finds out that a database was replaced by an older copy of
// itself. Private to the adapter.
//
// The file counts how often it was opened and closed, and the minutes in which it was written to
// (meta.generation), and a sidecar beside it, <database>.generation, has the same number. Copies
// that people make go back in the file alone, so a file behind its sidecar is an older one: seqs
// that clients know will be given out again, and only another epoch tells them. `yapd backup` marks
// its copies (meta.copy) besides. Not found: a file and its sidecar restored together, as a
// snapshot of the whole disk does, and, where the store did not end cleanly, a copy made less than
// a minute of writing before; use `yapd restore`.
#pragma once

#include "base/clock.h"
#include "base/random.h"
#include "core/ids.h"
#include "store/sqlite/internal/connection.h"
#include "store/sqlite/internal/files.h"

namespace yap::store::sqlite {

// Before the file is made: a sidecar without a database, or with an empty file, means that there
// was one, and an empty server in its place would look as if it lost everything. Errors:
// FailedPrecondition STORE_MISSING.
Result<> CheckNotLost(const Path& database);
// At open, after migrating: answers the epoch that holds, a new one for a new or an older file, and
// raises the generation in the file and then in the sidecar. Throws SqliteError.
Result<core::Epoch> EnterGeneration(Connection& sql, const Path& database, Random& random);
// At a clean close, and now and then while the store is written to: raises it again, so that a copy
// made before is an older one. Throws SqliteError.
Result<> RaiseGeneration(Connection& sql, const Path& database);
// For Restore: a new epoch for the copy in `sql`, which will take the place of `database`.
Result<core::Epoch> AdoptCopy(Connection& sql, const Path& database, Random& random);

}  // namespace yap::store::sqlite
