#include "pivotd/base/log.h"

#include <array>
#include <cstdlib>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "pivotd/base/text.h"

namespace pivotd::log {

namespace {

// systemd says in $JOURNAL_STREAM which device and inode its stream has, systemd.exec(5); standard
// error may have been redirected since.
bool stderr_is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &status) != 0) return false;
  return concat(status.st_dev, ":", status.st_ino) == stream;
}

int priority_of(Level level) {
  switch (level) {
    case Level::kDebug:
      return LOG_DEBUG;
    case Level::kInfo:
      return LOG_INFO;
    case Level::kWarning:
      return LOG_WARNING;
    case Level::kError:
      return LOG_ERR;
  }
  return LOG_ERR;
}

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarning:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// spdlog's logger is the one global we allow ourselves (docs/style.md).
spdlog::logger& logger() {
  static const auto instance = [] {
    auto made = std::make_shared<spdlog::logger>("pivotd",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%^%l%$: %v");
    return made;
  }();
  return *instance;
}

void write_to_journal(Level level, std::string_view line, const Fields& fields) {
  std::vector<std::string> texts{concat("MESSAGE=", line), concat("PRIORITY=", priority_of(level)),
                                 "SYSLOG_IDENTIFIER=pivotd"};
  for (const auto& [name, value] : fields) texts.push_back(concat(name, "=", value));
  std::vector<iovec> parts;
  for (auto& text : texts) parts.push_back({text.data(), text.size()});
  (void)sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));  // nowhere else to say it
}

}  // namespace

void set_level(Level level) {
  logger().set_level(spdlog_level(level));
}

bool is_to_journal() {
  static const bool journal = stderr_is_journal();
  return journal;
}

void write(Level level, std::string_view line, const Fields& fields) {
  if (!logger().should_log(spdlog_level(level))) return;
  const auto safe = printable(line, 8192);
  if (is_to_journal()) {
    write_to_journal(level, safe, fields);
  } else {
    logger().log(spdlog_level(level), safe);
  }
}

}  // namespace pivotd::log
