#pragma once
// The log. Hides spdlog and the journal. Started by systemd, lines go to the journal with their
// priority and fields; on a terminal or in a pipe they go to standard error. Only engine, service
// and cli log above debug.
//
// One line, lower case, no full stop, names in single quotes; never a secret.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pivotd::log {

enum class Level { kDebug, kInfo, kWarning, kError };

// Fields of the journal beside the message: {"PIVOTD_PHASE", "staged"}.
using Fields = std::vector<std::pair<std::string, std::string>>;

// Once, before the first line; the default writes info and above to standard error. Threads may log
// at any time.
void set_level(Level level);

// Whether lines go to the journal, because systemd connected our standard error with it.
bool is_to_journal();

void write(Level level, std::string_view line, const Fields& fields = {});

inline void debug(std::string_view line) {
  write(Level::kDebug, line);
}
inline void info(std::string_view line, const Fields& fields = {}) {
  write(Level::kInfo, line, fields);
}
inline void warning(std::string_view line, const Fields& fields = {}) {
  write(Level::kWarning, line, fields);
}
inline void error(std::string_view line, const Fields& fields = {}) {
  write(Level::kError, line, fields);
}

}  // namespace pivotd::log
