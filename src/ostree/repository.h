#pragma once
// What the importer asks of libostree, with our types and our errors.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <ostree.h>

#include "pivotd/glib/gptr.h"
#include "pivotd/model/digest.h"
#include "pivotd/ports/object_sink.h"

namespace pivotd::ostree {

OstreeObjectType object_type(ObjectKind kind);
std::string describe(const ObjectName& name);  // "file '<64 hex>'"

class Repository {
 public:
  static Result<Repository> open(const std::filesystem::path& path, const Stop& stop);

  OstreeRepo* get() const { return repo_.get(); }
  const std::filesystem::path& path() const { return path_; }

  Result<bool> has(const ObjectName& name, const Stop& stop) const;
  // A dirtree or commit of the repository, or of its transaction; kNotFound when it has none.
  Result<glib::Variant> load(const ObjectName& name) const;
  Result<bool> is_partial(const Checksum& commit) const;

  // Names of refs under refs/heads, and what they hold; with a prefix "pivotd", those below it, in
  // full.
  Result<std::vector<std::pair<std::string, std::string>>> refs(const std::string& prefix,
                                                                const Stop& stop) const;
  // Whether any ref, one of a deployment for instance, holds the commit.
  Result<bool> is_held(const Checksum& commit, const Stop& stop) const;
  Result<bool> has_ref(const std::string& name, const Checksum& commit, const Stop& stop) const;
  // Durable when it returns. nullopt deletes.
  Result<void> set_ref(const std::string& name, const std::optional<Checksum>& commit,
                       const Stop& stop) const;

  // Removes what libostree leaves beside our refs when it is killed while it sets one: a file that
  // passes for a ref and that nobody would ever remove.
  Result<void> remove_unfinished_refs(const Stop& stop) const;

  // Marks that a commit's objects may be missing: all of OSTree then takes it for incomplete.
  Result<void> mark_partial(const Checksum& commit) const;
  // Takes the mark away, durably.
  Result<void> mark_complete(const Checksum& commit) const;

 private:
  Repository(glib::Object<OstreeRepo> repo, std::filesystem::path path)
      : repo_(std::move(repo)), path_(std::move(path)) {}

  glib::Object<OstreeRepo> repo_;
  std::filesystem::path path_;
};

inline constexpr std::string_view kRefNamespace = "pivotd";
std::string ref_of(const Checksum& commit);  // "pivotd/<64 hex>"

}  // namespace pivotd::ostree
