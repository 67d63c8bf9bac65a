#include "cli/settings_option.h"

#include <cstdio>

#include "pivotd/base/log.h"
#include "pivotd/base/text.h"
#include "pivotd/model/errors.h"

namespace pivotd::cli {

Result<service::LoadedSettings> take_settings(const std::string& file) {
  auto loaded = TRY(file.empty() ? service::load_settings() : service::load_settings_file(file));
  const auto& level = loaded.settings.log_level;
  log::set_level(level == "debug"     ? log::Level::kDebug
                 : level == "warning" ? log::Level::kWarning
                 : level == "error"   ? log::Level::kError
                                      : log::Level::kInfo);
  return loaded;
}

int complain(const Error& error) {
  const auto& meaning = error_class(error.code());
  (void)std::fprintf(stderr, "error: %s\n%s\n", printable(error.message(), 4000).c_str(),
                     std::string(meaning.remedy).c_str());
  return static_cast<int>(meaning.exit_code);
}

}  // namespace pivotd::cli
