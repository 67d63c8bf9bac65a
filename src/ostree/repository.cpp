#include "ostree/repository.h"

#include <fcntl.h>

#include "pivotd/base/files.h"
#include "pivotd/base/text.h"

namespace pivotd::ostree {

OstreeObjectType object_type(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::kFile:
      return OSTREE_OBJECT_TYPE_FILE;
    case ObjectKind::kDirTree:
      return OSTREE_OBJECT_TYPE_DIR_TREE;
    case ObjectKind::kDirMeta:
      return OSTREE_OBJECT_TYPE_DIR_META;
    case ObjectKind::kCommit:
      return OSTREE_OBJECT_TYPE_COMMIT;
  }
  return OSTREE_OBJECT_TYPE_FILE;
}

std::string describe(const ObjectName& name) {
  return concat(std::string_view(ostree_object_type_to_string(object_type(name.kind))), " '",
                name.checksum.str(), "'");
}

std::string ref_of(const Checksum& commit) {
  return concat(kRefNamespace, '/', commit.str());
}

Result<Repository> Repository::open(const std::filesystem::path& path, const Stop& stop) {
  const glib::Cancellable cancellable(stop);
  glib::ErrorSlot error;
  auto repo = glib::adopt(ostree_repo_open_at(AT_FDCWD, path.c_str(), cancellable.get(), error));
  if (!repo) return error.take(concat("opening the repository '", path.string(), "'"));
  return Repository(std::move(repo), path);
}

Result<bool> Repository::has(const ObjectName& name, const Stop& stop) const {
  TRY(check(stop));
  glib::ErrorSlot error;
  gboolean found = FALSE;
  if (ostree_repo_has_object(get(), object_type(name.kind), name.checksum.str().c_str(), &found,
                             nullptr, error) == FALSE)
    return error.take(concat("looking for ", describe(name)));
  return found != FALSE;
}

Result<glib::Variant> Repository::load(const ObjectName& name) const {
  glib::ErrorSlot error;
  glib::Variant object;
  if (ostree_repo_load_variant(get(), object_type(name.kind), name.checksum.str().c_str(),
                               glib::out(object), error) == FALSE)
    return error.take(concat("loading ", describe(name)));
  return object;
}

Result<bool> Repository::is_partial(const Checksum& commit) const {
  glib::ErrorSlot error;
  OstreeRepoCommitState state = OSTREE_REPO_COMMIT_STATE_NORMAL;
  glib::Variant object;
  if (ostree_repo_load_commit(get(), commit.str().c_str(), glib::out(object), &state, error) ==
      FALSE)
    return error.take(concat("loading commit '", commit.str(), "'"));
  return (state & OSTREE_REPO_COMMIT_STATE_PARTIAL) != 0;
}

Result<std::vector<std::pair<std::string, std::string>>> Repository::refs(const std::string& prefix,
                                                                          const Stop& stop) const {
  TRY(check(stop));
  const glib::Cancellable cancellable(stop);
  glib::ErrorSlot error;
  glib::HashTable table;
  if (ostree_repo_list_refs_ext(get(), prefix.empty() ? nullptr : prefix.c_str(), glib::out(table),
                                OSTREE_REPO_LIST_REFS_EXT_NONE, cancellable.get(), error) == FALSE)
    return error.take("listing the repository's refs");
  std::vector<std::pair<std::string, std::string>> refs;
  GHashTableIter entry;
  gpointer name = nullptr;
  gpointer checksum = nullptr;
  g_hash_table_iter_init(&entry, table.get());
  while (g_hash_table_iter_next(&entry, &name, &checksum) != FALSE)
    refs.emplace_back(static_cast<const char*>(name), static_cast<const char*>(checksum));
  return refs;
}

Result<bool> Repository::is_held(const Checksum& commit, const Stop& stop) const {
  for (const auto& [name, checksum] : TRY(refs("", stop))) {
    if (checksum == commit.str()) return true;
  }
  return false;
}

Result<bool> Repository::has_ref(const std::string& name, const Checksum& commit,
                                 const Stop& stop) const {
  for (const auto& [found, checksum] : TRY(refs(std::string(kRefNamespace), stop))) {
    if (found == name && checksum == commit.str()) return true;
  }
  return false;
}

Result<void> Repository::set_ref(const std::string& name, const std::optional<Checksum>& commit,
                                 const Stop& stop) const {
  TRY(check(stop));
  glib::ErrorSlot error;
  const auto checksum = commit ? commit->str() : std::string();
  // Without our cancellable: half a ref is worse than a late answer.
  if (ostree_repo_set_ref_immediate(get(), nullptr, name.c_str(),
                                    commit ? checksum.c_str() : nullptr, nullptr, error) == FALSE)
    return error.take(concat("setting ref '", name, "'"));
  return {};
}

Result<void> Repository::remove_unfinished_refs(const Stop& stop) const {
  const auto unfinished = concat(kRefNamespace, "/tmp.");
  for (const auto& [name, checksum] : TRY(refs(std::string(kRefNamespace), stop))) {
    if (name.starts_with(unfinished)) TRY(set_ref(name, std::nullopt, stop));
  }
  return {};
}

Result<void> Repository::mark_partial(const Checksum& commit) const {
  glib::ErrorSlot error;
  if (ostree_repo_mark_commit_partial(get(), commit.str().c_str(), TRUE, error) == FALSE)
    return error.take(concat("marking commit '", commit.str(), "' as partial"));
  return {};
}

Result<void> Repository::mark_complete(const Checksum& commit) const {
  glib::ErrorSlot error;
  if (ostree_repo_mark_commit_partial(get(), commit.str().c_str(), FALSE, error) == FALSE)
    return error.take(concat("marking commit '", commit.str(), "' as complete"));
  return sync_directory(path_ / "state");
}

}  // namespace pivotd::ostree
