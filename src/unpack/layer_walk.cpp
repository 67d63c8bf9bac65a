#include "unpack/layer_walk.h"

#include "pivotd/base/text.h"

#include "unpack/entry_name.h"

namespace pivotd::unpack {

namespace {

constexpr std::uint64_t kRefSize = 256;  // 64 digits and a newline, and some for odd writers
constexpr std::uint64_t kConfigSize = 64 * 1024;

Error refuse(Errc code, std::string_view path, std::string_view problem) {
  return {code, concat("the image's '/", printable(path), "' ", problem)};
}

// Directories that lead to the repository. A link there is legal in a container image, but what it
// would mean depends on other layers and on who follows it.
Result<void> check_on_the_way(const std::string& path, EntryType type) {
  if (type == EntryType::kDirectory) return {};
  if (type == EntryType::kSymbolicLink && !path.empty())
    return refuse(Errc::kUnsupported, path,
                  "is a symbolic link; pivotd reads the repository at '/srv/repo' only and follows "
                  "no links in an image");
  return refuse(Errc::kInvalid, path, concat("is ", describe(type), ", not a directory"));
}

}  // namespace

struct LayerWalk::Found {
  const TarEntry& entry;
  const std::string& path;
  const WhiteoutName& whiteout;
};

Result<void> LayerWalk::walk(ByteSource& tar, const Stop& stop) {
  tree_.begin_layer();
  TarReader reader(tar, stop);
  for (;;) {
    TRY(check(stop));
    const auto entry = TRY(reader.next());
    if (!entry) return {};
    TRY(take_entry(reader, *entry, stop));
  }
}

UnpackedImage LayerWalk::finish() {
  unpacked_.refs = tree_.refs();
  unpacked_.hidden = tree_.hidden();
  return std::move(unpacked_);
}

Result<void> LayerWalk::take_entry(TarReader& tar, const TarEntry& entry, const Stop& stop) {
  if (++entries_ > limits_.entries)
    return Error(Errc::kInvalid,
                 concat("the layers have more than the limit of ", limits_.entries, " entries"));
  if (entry.size > limits_.entry_size)
    return refuse(Errc::kInvalid, entry.name,
                  concat("is larger than the limit of ", human_bytes(limits_.entry_size)));
  const auto path = TRY(normalise_name(entry.name, limits_));
  const auto whiteout = TRY(parse_whiteout(path));
  const Found found{entry, path, whiteout};
  if (whiteout.kind == Whiteout::kNone) return take_named(tar, found, stop);
  return take_whiteout(found);
}

Result<void> LayerWalk::take_whiteout(const Found& found) {
  if (found.whiteout.kind == Whiteout::kIgnored) return {};
  if (found.entry.type != EntryType::kFile)
    return refuse(Errc::kInvalid, found.path,
                  concat("is a whiteout, but ", describe(found.entry.type), ", not a file"));
  if (found.whiteout.kind == Whiteout::kEntry)
    tree_.hide(found.whiteout.path);
  else
    tree_.hide_content(found.whiteout.path);
  return {};
}

Result<void> LayerWalk::take_named(TarReader& tar, const Found& found, const Stop& stop) {
  const auto& [entry, path, whiteout] = found;
  const auto located = TRY(locate(path));
  switch (located.place) {
    case Place::kElsewhere:
      return {};
    case Place::kOnTheWay:
      return check_on_the_way(path, entry.type);
    case Place::kObject:
      return take_object(tar, found, *located.object, stop);
    case Place::kRef:
      return take_ref(tar, found, located.ref, stop);
    case Place::kConfig:
      if (entry.type != EntryType::kFile) return {};
      return check_config(TRY(read_all(tar.content(), kConfigSize,
                                       "the configuration of the image's repository", stop)));
  }
  return {};
}

Result<void> LayerWalk::take_object(TarReader& tar, const Found& found, const ObjectName& name,
                                    const Stop& stop) {
  const auto& [entry, path, whiteout] = found;
  if (entry.type == EntryType::kHardLink)
    return refuse(Errc::kInvalid, path,
                  "is a hard link; an object of an archive repository is a file of its own, and "
                  "what the link leads to may have streamed by already");
  if (entry.type != EntryType::kFile)
    return refuse(Errc::kInvalid, path,
                  concat("is named as an object, but is ", describe(entry.type)));
  tree_.add_object(path, name);
  TRY(check_size());
  if (TRY(sink_.has(name, stop))) {
    ++unpacked_.objects_skipped;
    return {};
  }
  TRY(sink_.write(name, entry.size, tar.content(), stop));
  ++unpacked_.objects_written;
  unpacked_.object_bytes += entry.size;
  return {};
}

Result<void> LayerWalk::take_ref(TarReader& tar, const Found& found, const std::string& ref,
                                 const Stop& stop) {
  const auto& [entry, path, whiteout] = found;
  if (entry.type == EntryType::kDirectory) {
    tree_.add_directory(path);
    return {};
  }
  if (entry.type == EntryType::kSymbolicLink)
    return refuse(Errc::kUnsupported, path, "is a symbolic link; pivotd follows no links");
  if (entry.type != EntryType::kFile)
    return refuse(Errc::kInvalid, path, concat("is named as a ref, but is ", describe(entry.type)));
  auto text = TRY(read_all(tar.content(), kRefSize, concat("ref '", printable(ref), "'"), stop));
  if (text.ends_with('\n')) text.pop_back();
  tree_.add_ref(path, ref,
                TRY(Checksum::parse(text).context(concat("reading ref '", printable(ref), "'"))));
  return check_size();
}

Result<void> LayerWalk::check_size() {
  if (tree_.size() <= limits_.repository_entries) return {};
  return Error(Errc::kInvalid, concat("the image's repository has more than the limit of ",
                                      limits_.repository_entries, " objects"));
}

}  // namespace pivotd::unpack
