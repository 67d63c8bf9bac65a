#include "unpack/merged_tree.h"

#include <algorithm>

namespace pivotd::unpack {

void MergedTree::add_object(const std::string& path, const ObjectName& name) {
  current_.insert_or_assign(path, name);
}

void MergedTree::add_ref(const std::string& path, const std::string& ref,
                         const Checksum& checksum) {
  hide(path);
  current_.insert_or_assign(path, Ref{ref, checksum});
}

void MergedTree::add_directory(const std::string& path) {
  if (const auto found = lower_.find(path); found != lower_.end()) erase(found, std::next(found));
}

void MergedTree::hide(const std::string& path) {
  add_directory(path);
  hide_content(path);
}

void MergedTree::hide_content(const std::string& path) {
  if (path.empty()) return erase(lower_.begin(), lower_.end());
  // '0' follows '/': the range of all that begins with "path/".
  erase(lower_.lower_bound(path + '/'), lower_.lower_bound(path + '0'));
}

void MergedTree::erase(Content::iterator begin, Content::iterator end) {
  for (auto entry = begin; entry != end; ++entry) {
    if (const auto* name = std::get_if<ObjectName>(&entry->second)) erased_.insert(*name);
  }
  lower_.erase(begin, end);
}

void MergedTree::begin_layer() {
  for (auto& [path, entry] : current_) lower_.insert_or_assign(path, std::move(entry));
  current_.clear();
}

std::vector<std::pair<std::string, Checksum>> MergedTree::refs() const {
  std::map<std::string, Checksum> found;
  for (const auto* content : {&current_, &lower_}) {
    for (const auto& [path, entry] : *content) {
      if (const auto* ref = std::get_if<Ref>(&entry)) found.try_emplace(ref->name, ref->checksum);
    }
  }
  return {found.begin(), found.end()};
}

std::vector<ObjectName> MergedTree::hidden() const {
  auto hidden = erased_;
  for (const auto* content : {&current_, &lower_}) {
    for (const auto& [path, entry] : *content) {
      if (const auto* name = std::get_if<ObjectName>(&entry)) hidden.erase(*name);
    }
  }
  return {hidden.begin(), hidden.end()};
}

}  // namespace pivotd::unpack
