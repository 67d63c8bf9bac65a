#include "ostree/closure.h"

#include <cstring>

#include "pivotd/base/text.h"

namespace pivotd::ostree {

namespace {

// Positions in OSTREE_COMMIT_GVARIANT_STRING and OSTREE_TREE_GVARIANT_STRING.
constexpr gsize kCommitTree = 6;
constexpr gsize kCommitMeta = 7;
constexpr gsize kTreeFiles = 0;
constexpr gsize kTreeDirectories = 1;

glib::Variant child(GVariant* parent, gsize index) {
  return glib::Variant(g_variant_get_child_value(parent, index));
}

Result<Checksum> checksum_of(GVariant* bytes) {
  glib::ErrorSlot error;
  const auto* raw = ostree_checksum_bytes_peek_validate(bytes, error);
  if (raw == nullptr) return error.take("reading a reference", Errc::kIntegrity);
  Sha256::Value value{};
  std::memcpy(value.data(), raw, value.size());
  return Checksum(value);
}

}  // namespace

Result<std::optional<ObjectName>> Closure::first_missing(GVariant* commit, const Stop& stop) {
  if (const auto missing = TRY(visit_directory(child(commit, kCommitTree).get(),
                                               child(commit, kCommitMeta).get(), stop)))
    return std::optional(*missing);
  // A list of what is left to do, because the depth of a tree is the image's choice.
  while (!dirtrees_.empty()) {
    const auto dirtree = dirtrees_.back();
    dirtrees_.pop_back();
    if (const auto missing = TRY(visit(dirtree, stop).context(concat("in ", describe(dirtree)))))
      return std::optional(*missing);
  }
  return std::optional<ObjectName>();
}

Result<bool> Closure::is_new_and_missing(const ObjectName& name, const Stop& stop) {
  if (!seen_.insert(name).second) return false;
  if (absent_.contains(name)) return true;
  return !TRY(repository_.has(name, stop));
}

Result<std::optional<ObjectName>> Closure::visit(const ObjectName& dirtree, const Stop& stop) {
  const auto tree = TRY(repository_.load(dirtree));
  if (const auto missing = TRY(visit_files(child(tree.get(), kTreeFiles).get(), stop)))
    return std::optional(*missing);
  const auto directories = child(tree.get(), kTreeDirectories);
  for (gsize i = 0; i < g_variant_n_children(directories.get()); ++i) {
    const auto entry = child(directories.get(), i);  // name, dirtree, dirmeta
    if (const auto missing =
            TRY(visit_directory(child(entry.get(), 1).get(), child(entry.get(), 2).get(), stop)))
      return std::optional(*missing);
  }
  return std::optional<ObjectName>();
}

Result<std::optional<ObjectName>> Closure::visit_files(GVariant* files, const Stop& stop) {
  for (gsize i = 0; i < g_variant_n_children(files); ++i) {
    const auto entry = child(files, i);  // name, file
    const ObjectName file{TRY(checksum_of(child(entry.get(), 1).get())), ObjectKind::kFile};
    if (TRY(is_new_and_missing(file, stop))) return std::optional(file);
  }
  return std::optional<ObjectName>();
}

Result<std::optional<ObjectName>> Closure::visit_directory(GVariant* tree, GVariant* meta,
                                                           const Stop& stop) {
  const ObjectName dirmeta{TRY(checksum_of(meta)), ObjectKind::kDirMeta};
  if (TRY(is_new_and_missing(dirmeta, stop))) return std::optional(dirmeta);
  const ObjectName dirtree{TRY(checksum_of(tree)), ObjectKind::kDirTree};
  if (seen_.contains(dirtree)) return std::optional<ObjectName>();
  if (TRY(is_new_and_missing(dirtree, stop))) return std::optional(dirtree);
  dirtrees_.push_back(dirtree);
  return std::optional<ObjectName>();
}

}  // namespace pivotd::ostree
