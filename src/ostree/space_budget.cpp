#include "ostree/space_budget.h"

#include <cerrno>

#include <sys/statvfs.h>
#include <unistd.h>

#include "pivotd/base/text.h"

namespace pivotd::ostree {

namespace {

struct Room {
  std::uint64_t block;
  std::uint64_t free_bytes;
  std::uint64_t free_inodes;
  std::uint64_t reserved;
};

Result<Room> look(const Repository& repository) {
  struct statvfs disk {};
  if (fstatvfs(ostree_repo_get_dfd(repository.get()), &disk) != 0)
    return errno_error(errno, concat("asking for the free space of the repository '",
                                     repository.path().string(), "'"));
  glib::ErrorSlot error;
  guint64 reserved = 0;
  if (ostree_repo_get_min_free_space_bytes(repository.get(), &reserved, error) == FALSE)
    return error.take("asking for the repository's min-free-space");
  const auto blocks = geteuid() == 0 ? disk.f_bfree : disk.f_bavail;
  // File systems that make inodes as they go say that there are none at all.
  const auto inodes = disk.f_files == 0 ? 1 : disk.f_ffree;
  return Room{.block = disk.f_bsize,
              .free_bytes = blocks * disk.f_frsize,
              .free_inodes = inodes,
              .reserved = reserved};
}

}  // namespace

Result<SpaceBudget> SpaceBudget::measure(const Repository& repository) {
  const auto room = TRY(look(repository));
  // Without a reserve libostree counts nothing, and the disk's own errors tell.
  if (room.reserved == 0) return SpaceBudget(room.block, UINT64_MAX);
  const auto usable = room.free_bytes > room.reserved ? room.free_bytes - room.reserved : 0;
  return SpaceBudget(room.block, usable / room.block);
}

void SpaceBudget::spend(std::uint64_t size) {
  const auto blocks = size / block_ + 1;
  overdrawn_ = blocks > left_;
  if (!overdrawn_) left_ -= blocks;
}

Error SpaceBudget::explain(Error error, const Repository& repository) const {
  if (error.code() != Errc::kHost) return error;
  const auto room = look(repository);
  if (!room.ok()) return error;
  const bool is_full = room->free_bytes <= room->reserved || room->free_inodes == 0;
  if (!overdrawn_ && !is_full) return error;
  return Error(Errc::kNoSpace, error.message())
      .context(concat("no space in the repository '", repository.path().string(), "' (",
                      human_bytes(room->free_bytes), " free, of which ",
                      human_bytes(room->reserved), " are reserved by its configuration)"));
}

}  // namespace pivotd::ostree
