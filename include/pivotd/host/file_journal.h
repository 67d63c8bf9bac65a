#pragma once
// The journal as files: record.json and the generation before it, record.json.1, in the state
// directory (0700). Written beside, synced, renamed: a power cut leaves one of the two whole.

#include <filesystem>
#include <memory>

#include "pivotd/ports/journal.h"

namespace pivotd::host {

// Creates the directory when it is missing. kDenied, kHost, kNoSpace when that fails.
Result<std::unique_ptr<Journal>> open_file_journal(const std::filesystem::path& directory);

// For looking only: a missing directory is an empty journal, and save() is refused.
std::unique_ptr<Journal> look_at_file_journal(const std::filesystem::path& directory);

}  // namespace pivotd::host
