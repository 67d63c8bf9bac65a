#include "ostree/import_sink.h"

#include "pivotd/base/text.h"

#include "ostree/byte_stream.h"
#include "ostree/file_object.h"

namespace pivotd::ostree {

namespace {

// Of all commits an image without a label may make us remember; one is a few hundred kilobytes at
// most.
constexpr std::uint64_t kKeptBytes = 64U * 1024 * 1024;

Result<void> check_structure(const ObjectName& name, GVariant* object) {
  glib::ErrorSlot error;
  gboolean valid = FALSE;
  switch (name.kind) {
    case ObjectKind::kDirTree:
      valid = ostree_validate_structureof_dirtree(object, error);
      break;
    case ObjectKind::kDirMeta:
      valid = ostree_validate_structureof_dirmeta(object, error);
      break;
    case ObjectKind::kCommit:
      valid = ostree_validate_structureof_commit(object, error);
      break;
    case ObjectKind::kFile:
      return Error(Errc::kInternal, "a file is no metadata");
  }
  if (valid == FALSE) return error.take("its structure is wrong", Errc::kIntegrity);
  return {};
}

// Whole, of the right hash and structure.
Result<glib::Variant> read_metadata(const ObjectName& name, std::uint64_t size, ByteSource& bytes,
                                    const Stop& stop) {
  if (size > OSTREE_MAX_METADATA_SIZE)
    return Error(Errc::kInvalid, concat("it has ", size, " bytes, more than OSTree's limit of ",
                                        std::uint64_t{OSTREE_MAX_METADATA_SIZE}));
  const auto text = TRY(read_all(bytes, size, "it", stop));
  const auto found = Sha256::of(text);
  if (text.size() != size || Checksum(found) != name.checksum)
    return Error(Errc::kIntegrity, concat("its content has the sha256 '", to_hex(found), "'"));
  const auto* type = ostree_metadata_variant_type(object_type(name.kind));
  const glib::Bytes owned(g_bytes_new(text.data(), text.size()));
  auto object = glib::sink(g_variant_new_from_bytes(type, owned.get(), FALSE));
  TRY(check_structure(name, object.get()));
  return object;
}

}  // namespace

Result<bool> ImportSink::has(const ObjectName& name, const Stop& stop) {
  if (name.kind == ObjectKind::kCommit) {
    if (wanted_ && name.checksum != *wanted_) return true;  // not wanted is as good as here
    if (commits_.contains(name.checksum)) return true;
  }
  const bool found = TRY(repository_.has(name, stop));
  if (found) ++statistics_.objects_skipped;
  return found;
}

Result<void> ImportSink::write(const ObjectName& name, std::uint64_t size, ByteSource& bytes,
                               const Stop& stop) {
  auto written = name.kind == ObjectKind::kFile ? write_file(name, size, bytes, stop)
                                                : write_metadata(name, size, bytes, stop);
  TRY(std::move(written).context(concat("importing ", describe(name))));
  if (name.kind != ObjectKind::kCommit) ++statistics_.objects_written;
  statistics_.object_bytes += size;
  return {};
}

Result<void> ImportSink::write_file(const ObjectName& name, std::uint64_t size, ByteSource& bytes,
                                    const Stop& stop) {
  const auto object = TRY(FileObject::open(name, size, bytes, stop));
  budget_.spend(object->content_size());
  const glib::Cancellable cancellable(stop);
  StreamFailure failure;
  const auto stream = make_stream(*object, stop, failure);
  glib::ErrorSlot error;
  // Without asking for the checksum, so libostree does not hash again: the stream has done it, and
  // gives no last byte of an object that is not what it is named.
  if (ostree_repo_write_content(repository_.get(), name.checksum.str().c_str(), stream.get(),
                                object->length(), nullptr, cancellable.get(), error) != FALSE)
    return {};
  if (failure.error) return *failure.error;
  return budget_.explain(error.take("storing it"), repository_);
}

Result<void> ImportSink::write_metadata(const ObjectName& name, std::uint64_t size,
                                        ByteSource& bytes, const Stop& stop) {
  auto object = TRY(read_metadata(name, size, bytes, stop));
  if (name.kind == ObjectKind::kCommit) return keep(name.checksum, std::move(object));
  return store(name, object.get(), stop);
}

Result<void> ImportSink::store(const ObjectName& name, GVariant* object, const Stop& stop) {
  const glib::Cancellable cancellable(stop);
  glib::ErrorSlot error;
  if (ostree_repo_write_metadata(repository_.get(), object_type(name.kind),
                                 name.checksum.str().c_str(), object, nullptr, cancellable.get(),
                                 error) == FALSE)
    return budget_.explain(error.take("storing it"), repository_);
  return {};
}

Result<void> ImportSink::keep(const Checksum& commit, glib::Variant object) {
  kept_bytes_ += g_variant_get_size(object.get());
  if (kept_bytes_ > kKeptBytes)
    return Error(Errc::kInvalid,
                 "the image names no commit and has more commits than can be kept in memory");
  commits_.emplace(commit, std::move(object));
  return {};
}

glib::Variant ImportSink::kept_commit(const Checksum& commit) const {
  const auto found = commits_.find(commit);
  return glib::Variant(found == commits_.end() ? nullptr : g_variant_ref(found->second.get()));
}

Result<void> ImportSink::write_commit(const Checksum& commit, const Stop& stop) {
  const auto object = kept_commit(commit);
  if (!object) return {};  // the repository has it
  const ObjectName name{commit, ObjectKind::kCommit};
  TRY(store(name, object.get(), stop).context(concat("importing ", describe(name))));
  ++statistics_.objects_written;
  return {};
}

}  // namespace pivotd::ostree
