#pragma once
// An ObjectSink that remembers what it was offered.

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "pivotd/ports/object_sink.h"

namespace pivotd::unpack {

// "a.filez" for the file of 64 a's, in full for any other.
inline std::string short_name(const ObjectName& name) {
  static const std::map<ObjectKind, std::string> kExtensions{{ObjectKind::kFile, ".filez"},
                                                             {ObjectKind::kDirTree, ".dirtree"},
                                                             {ObjectKind::kDirMeta, ".dirmeta"},
                                                             {ObjectKind::kCommit, ".commit"}};
  const auto hex = name.checksum.str();
  const bool is_one_digit = hex == std::string(hex.size(), hex.front());
  return (is_one_digit ? hex.substr(0, 1) : hex) + kExtensions.at(name.kind);
}

class RecordingSink final : public ObjectSink {
 public:
  Result<bool> has(const ObjectName& name, const Stop& /*stop*/) override {
    return objects_.contains(name) || had.contains(name);
  }
  Result<void> write(const ObjectName& name, std::uint64_t size, ByteSource& bytes,
                     const Stop& stop) override {
    auto content = TRY(read_all(bytes, 1 << 20, "the object", stop));
    if (content.size() != size) return Error(Errc::kInternal, "the size was wrong");
    objects_.emplace(name, std::move(content));
    order_.push_back(short_name(name));
    return {};
  }

  const std::vector<std::string>& names() const { return order_; }
  const std::map<ObjectName, std::string>& objects() const { return objects_; }

  std::map<ObjectName, bool> had;  // what it says it has from the beginning

 private:
  std::map<ObjectName, std::string> objects_;
  std::vector<std::string> order_;
};

}  // namespace pivotd::unpack
