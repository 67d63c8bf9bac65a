#include "pivotd/host/power.h"

#include <cerrno>

#include <unistd.h>

#include "pivotd/base/files.h"
#include "pivotd/base/text.h"
#include "pivotd/glib/gptr.h"

namespace pivotd::host {

namespace {

constexpr int kCallTimeoutMs = 30'000;

// Whatever keeps the bus or logind from answering (they restart, start late, an inhibitor is held)
// may pass, and what is staged must not wait for a person.
Error transient(glib::ErrorSlot& slot, std::string_view doing) {
  auto error = slot.take(std::string(doing), Errc::kTransient);
  if (error.code() == Errc::kCancelled) return error;
  return {Errc::kTransient, error.message()};
}

class LogindPower final : public Power {
 public:
  // login1(5), Reboot(b interactive): interactive false, since nobody is there to answer.
  Result<RebootOutcome> reboot(const Staged&, const Stop& stop) override {
    const glib::Cancellable cancellable(stop);
    glib::ErrorSlot error;
    const auto bus = glib::adopt(g_bus_get_sync(G_BUS_TYPE_SYSTEM, cancellable.get(), error));
    if (!bus) return transient(error, "connecting to the system bus");
    const glib::Variant reply(g_dbus_connection_call_sync(
        bus.get(), "org.freedesktop.login1", "/org/freedesktop/login1",
        "org.freedesktop.login1.Manager", "Reboot", g_variant_new("(b)", FALSE), nullptr,
        G_DBUS_CALL_FLAGS_NONE, kCallTimeoutMs, cancellable.get(), error));
    if (!reply) return transient(error, "asking logind for a reboot");
    return RebootOutcome::kUnderWay;
  }

  Result<void> withdraw() override { return {}; }
};

class MarkingPower final : public Power {
 public:
  explicit MarkingPower(std::filesystem::path mark) : mark_(std::move(mark)) {}

  Result<RebootOutcome> reboot(const Staged& staged, const Stop&) override {
    const auto text = concat("pivotd: a reboot takes deployment '", staged.deployment().id, "'\n");
    TRY(replace_file(mark_, text, 0644, Durability::kProcessOnly)
            .context("leaving the mark that a reboot is needed"));
    return RebootOutcome::kLeftToSomeoneElse;
  }

  Result<void> withdraw() override {
    if (::unlink(mark_.c_str()) != 0 && errno != ENOENT)
      return errno_error(errno, concat("removing '", mark_.string(), "'"));
    return {};
  }

 private:
  std::filesystem::path mark_;
};

}  // namespace

std::unique_ptr<Power> open_logind_power() {
  return std::make_unique<LogindPower>();
}

std::unique_ptr<Power> open_marking_power(std::filesystem::path mark) {
  return std::make_unique<MarkingPower>(std::move(mark));
}

}  // namespace pivotd::host
