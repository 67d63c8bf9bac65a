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

// Whether the repository has the commit and all it refers to. Whether it is marked as partial does
// not matter: a mark can outlive what it said.
Result<bool> is_complete(const Repository& repository, const Checksum& commit, const Stop& stop) {
  const ObjectName name{commit, ObjectKind::kCommit};
  if (!TRY(repository.has(name, stop))) return false;
  const auto object = TRY(repository.load(name));
  return !TRY(Closure(repository, {}).first_missing(object.get(), stop)).has_value();
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
    ImportSink sink(repository_, image->commit, TRY(SpaceBudget::measure(repository_)));
    const auto unpacked = TRY(unpacker.unpack(image, source, sink, observer, stop));
    const auto target = TRY(target_of(image, unpacked));
    TRY(check_target(target, unpacked, sink, stop));
    TRY(publish(target.commit, sink, transaction, stop));
    auto statistics = sink.statistics();
    statistics.blob_bytes = unpacked.blob_bytes;
    return std::pair(target.commit, statistics);
  }

 private:
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

  Result<void> check_target(const Target& target, const UnpackedImage& unpacked,
                            const ImportSink& sink, const Stop& stop) {
    const ObjectName name{target.commit, ObjectKind::kCommit};
    const auto missing = TRY(absent(unpacked, stop));
    auto commit = sink.kept_commit(target.commit);
    if (!commit && TRY(repository_.has(name, stop))) commit = TRY(repository_.load(name));
    if (!commit || missing.contains(name))
      return Error(Errc::kIntegrity,
                   concat(target.named_by, " names the commit '", target.commit.str(),
                          "', which neither the image nor the host has"));
    if (const auto object = TRY(Closure(repository_, missing).first_missing(commit.get(), stop)))
      return Error(
          Errc::kIntegrity,
          concat("the image's commit '", target.commit.str(),
                 "' is not complete: neither the image nor the host has ", describe(*object)));
    return {};
  }

  // The mark comes first and goes last, so at no moment is there a commit that OSTree takes for
  // complete before all of it is in place and on disk: not when we are killed between two renames,
  // and not when another process's transaction takes over what we staged.
  Result<void> publish(const Checksum& commit, ImportSink& sink, Transaction& transaction,
                       const Stop& stop) {
    TRY(check(stop));
    TRY(repository_.mark_partial(commit));
    TRY(sink.write_commit(commit, Stop()));
    transaction.set_ref(ref_of(commit), commit);
    TRY(transaction.commit());
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
    if (image->commit && TRY(is_complete(repository, *image->commit, stop))) {
      TRY(hold(repository, *image->commit, stop));
      return prove(*image->commit, {});
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
    if (!TRY(is_complete(repository, commit, stop)) || TRY(repository.is_partial(commit)))
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
  Result<void> hold(const Repository& repository, const Checksum& commit, const Stop& stop) {
    TRY(repository.set_ref(ref_of(commit), commit, stop));
    if (TRY(repository.is_partial(commit))) TRY(repository.mark_complete(commit));
    return {};
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
