#pragma once
// The CommitStore on a libostree repository: a bare one on a host, any mode in principle.
//
// What is imported and not yet deployed is held by refs of ours, "pivotd/<commit>". The repository
// is opened anew by each call, so another process's prune, another configuration or a remounted
// /sysroot is seen. libostree's own rules stand: its locks (a prune is waited for, then kBusy), its
// min-free-space, its fsync settings. Signatures are not looked at: the image's digest is what is
// trusted.

#include <filesystem>
#include <memory>

#include "pivotd/ports/commit_store.h"
#include "pivotd/ports/object_sink.h"

namespace pivotd::ostree {

// `unpacker` must outlive the store. kNotFound when there is no repository at `path`, kHost when it
// cannot be used.
Result<std::unique_ptr<CommitStore>> open_commit_store(const std::filesystem::path& path,
                                                       Unpacker& unpacker);

}  // namespace pivotd::ostree
