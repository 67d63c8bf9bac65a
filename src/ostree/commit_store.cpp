#include "pivotd/ostree/commit_store.h"

#include "pivotd/base/text.h"

#include "ostree/closure.h"
#include "ostree/import_sink.h"
#include "ostree/repository.h"
#include "ostree/transaction.h"

namespace pivotd::ostree {

namespace {

constexpr std::string_view kBootableLabel = "ostree.bootable";
constexpr std::size_t kNamedRefs = 8;

// The objects of a commit that the repository has completely, the commit among them; none when it
// misses any. Whether the commit is marked as partial does not matter: a mark can outlive what it
// said.
Result<std::optional<std::set<ObjectName>>> complete_objects(const Repository& repository,
                                                             const Checksum& commit,
                                                             const Stop& stop) {
  using Objects = std::optional<std::set<ObjectName>>;
  const ObjectName name{commit, ObjectKind::kCommit};
  if (!TRY(repository.has(name, stop))) return Objects();
  const auto object = TRY(repository.load(name));
  Closure closure(repository, {});
  if (TRY(closure.first_missing(object.get(), stop))) return Objects();
  auto objects = closure.objects();
  objects.insert(name);
  return Objects(std::move(objects));
}

// Errors that say that the image's content is wrong, and so is what was staged of it.
bool is_a_verdict(Errc code) {
  return code == Errc::kIntegrity || code == Errc::kInvalid || code == Errc::kUnsupported;
}

Error ambiguous(const std::vector<std::pair<std::string, Checksum>>& refs) {
  if (refs.empty())
    return {Errc::kInvalid,
            "the image names no commit: it has no label 'com.coreos.ostree-commit', and its "
            "repository at '/srv/repo' has no ref"};
  std::vector<std::string> names;
  for (const auto& [name, checksum] : refs) {
    if (names.size() == kNamedRefs) {
      names.emplace_back("...");
      break;
    }
    names.push_back(concat("'", printable(name), "'"));
  }
  return {Errc::kInvalid, concat("the image does not say which commit is meant: it has no label "
                                 "'com.coreos.ostree-commit', and its repository has ",
                                 refs.size(), " refs: ", join(names, ", "))};
}

struct Target {
  Checksum commit;
  std::string named_by;  // "the image's label 'com.coreos.ostree-commit'"
};

Result<Target> target_of(const Image& image, const UnpackedImage& unpacked) {
  if (image->commit) return Target{*image->commit, "the image's label 'com.coreos.ostree-commit'"};
  if (unpacked.refs.size() != 1) return ambiguous(unpacked.refs);
  const auto& [ref, commit] = unpacked.refs.front();
  return Target{commit, concat("the ref '", printable(ref), "' of the image's repository")};
}

// One import: everything between the transaction's begin and its end.
class Import {
 public:
  Import(const Repository& repository, const std::filesystem::path& path)
      : repository_(repository), path_(path) {}

  Result<std::pair<Checksum, ImportStatistics>> run(const Image& image, ImageSource& source,
                                                    Unpacker& unpacker, Observer& observer,
                                                    const Stop& stop) {
    auto transaction = TRY(Transaction::begin(repository_, stop));
    auto result = fill(image, source, unpacker, observer, transaction, stop);
    // Where discarding fails too, it is the first error that tells more.
    if (!result.ok() && is_a_verdict(result.error().code())) (void)transaction.discard();
    return result;
  }

 private:
  Result<std::pair<Checksum, ImportStatistics>> fill(const Image& image, ImageSource& source,
                                                     Unpacker& unpacker, Observer& observer,
                                                     Transaction& transaction, const Stop& stop) {
    ImportSink sink(repository_, image->commit, TRY(SpaceBudget::measure(repository_)));
    const auto unpacked = TRY(unpacker.unpack(image, source, sink, observer, stop));
    const auto target = TRY(target_of(image, unpacked));
    const auto objects = TRY(check_target(target, unpacked, sink, stop));
    TRY(publish(target.commit, objects, sink, transaction, stop));
    auto statistics = sink.statistics();
    statistics.blob_bytes = unpacked.blob_bytes;
    return std::pair(target.commit, statistics);
  }

  // What a later layer deleted is not the image's; only what was in the repository before counts.
  // The transaction cannot tell, but another handle on the repository does not see into it.
  Result<std::set<ObjectName>> absent(const UnpackedImage& unpacked, const Stop& stop) {
    std::set<ObjectName> absent;
    if (unpacked.hidden.empty()) return absent;
    const auto before = TRY(Repository::open(path_, stop));
    for (const auto& name : unpacked.hidden) {
      if (!TRY(before.has(name, stop))) absent.insert(name);
    }
    return absent;
  }

  // All that the target needs, and everything of it is there.
  Result<std::set<ObjectName>> check_target(const Target& target, const UnpackedImage& unpacked,
                                            const ImportSink& sink, const Stop& stop) {
    const ObjectName name{target.commit, ObjectKind::kCommit};
    const auto missing = TRY(absent(unpacked, stop));
    auto commit = sink.kept_commit(target.commit);
    if (!commit && TRY(repository_.has(name, stop))) commit = TRY(repository_.load(name));
    if (!commit || missing.contains(name))
      return Error(Errc::kIntegrity,
                   concat(target.named_by, " names the commit '", target.commit.str(),
                          "', which neither the image nor the host has"));
    Closure closure(repository_, missing);
    if (const auto object = TRY(closure.first_missing(commit.get(), stop)))
      return Error(
          Errc::kIntegrity,
          concat("the image's commit '", target.commit.str(),
                 "' is not complete: neither the image nor the host has ", describe(*object)));
    auto objects = closure.objects();
    objects.insert(name);
    return objects;
  }

  // The mark comes first and goes last, so at no moment is there a commit that OSTree takes for
  // complete before all of it is in place and on disk: not when we are killed between two renames,
  // and not when another process's transaction takes over what we staged. A commit that is here
  // already may be somebody's deployment, which we do not call incomplete.
  Result<void> publish(const Checksum& commit, const std::set<ObjectName>& objects,
                       ImportSink& sink, Transaction& transaction, const Stop& stop) {
    TRY(check(stop));
    if (!TRY(repository_.has({commit, ObjectKind::kCommit}, stop)))
      TRY(repository_.mark_partial(commit));
    TRY(sink.write_commit(commit, Stop()));
    transaction.set_ref(ref_of(commit), commit);
    TRY(transaction.commit(objects));
    return repository_.mark_complete(commit);
  }

  const Repository& repository_;
  const std::filesystem::path& path_;
};

class OstreeCommitStore final : public CommitStore {
 public:
  OstreeCommitStore(std::filesystem::path path, Unpacker& unpacker)
      : path_(std::move(path)), unpacker_(unpacker) {}

  Result<Imported> import(const Image& image, ImageSource& source, Observer& observer,
                          const Stop& stop) override {
    if (const auto label = image->labels.find(std::string(kBootableLabel));
        label != image->labels.end() && (label->second == "true" || label->second == "1"))
      return Error(Errc::kUnsupported,
                   "the image is a bootable container (label 'ostree.bootable'), not one with an "
                   "OSTree repository at '/srv/repo'");
    const auto repository = TRY(Repository::open(path_, stop));
    const auto lock = TRY(SharedLock::acquire(repository, stop));
    TRY(repository.remove_unfinished_refs(stop));
    if (image->commit) {
      if (const auto objects = TRY(complete_objects(repository, *image->commit, stop))) {
        TRY(hold(repository, *image->commit, *objects, stop));
        return prove(*image->commit, {});
      }
    }
    const auto [commit, statistics] =
        TRY(Import(repository, path_)
                .run(image, source, unpacker_, observer, stop)
                .context(concat("importing into the repository '", path_.string(), "'")));
    return prove(commit, statistics);
  }

  Result<std::optional<Imported>> find(const Checksum& commit, const Stop& stop) override {
    const auto repository = TRY(Repository::open(path_, stop));
    const auto lock = TRY(SharedLock::acquire(repository, stop));
    if (!TRY(complete_objects(repository, commit, stop)) || TRY(repository.is_partial(commit)))
      return std::optional<Imported>();
    // The proof says that something holds the commit.
    if (!TRY(repository.is_held(commit, stop)))
      TRY(repository.set_ref(ref_of(commit), commit, stop));
    return std::optional(prove(commit, {}));
  }

  Result<void> release_all_but(const std::optional<Checksum>& kept, const Stop& stop) override {
    const auto repository = TRY(Repository::open(path_, stop));
    for (const auto& [name, checksum] : TRY(repository.refs(std::string(kRefNamespace), stop))) {
      if (kept && name == ref_of(*kept)) continue;
      TRY(repository.set_ref(name, std::nullopt, stop));
    }
    return {};
  }

 private:
  // Does what is left to do when an import ended between the last rename and the last step. The
  // transaction is for what libostree left staged, which it removes.
  Result<void> hold(const Repository& repository, const Checksum& commit,
                    const std::set<ObjectName>& objects, const Stop& stop) {
    const bool is_partial = TRY(repository.is_partial(commit));
    if (!is_partial && TRY(repository.has_ref(ref_of(commit), commit, stop))) return {};
    auto transaction = TRY(Transaction::begin(repository, stop));
    transaction.set_ref(ref_of(commit), commit);
    TRY(transaction.commit(objects));
    return is_partial ? repository.mark_complete(commit) : Result<void>();
  }

  std::filesystem::path path_;
  Unpacker& unpacker_;
};

}  // namespace

Result<std::unique_ptr<CommitStore>> open_commit_store(const std::filesystem::path& path,
                                                       Unpacker& unpacker) {
  TRY(Repository::open(path, Stop()));
  return std::unique_ptr<CommitStore>(std::make_unique<OstreeCommitStore>(path, unpacker));
}

}  // namespace pivotd::ostree
