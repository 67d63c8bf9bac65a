#pragma once
// What the layers together leave of the repository: which objects and refs the image has once each
// layer's whiteouts hid what was below.
//
// Objects are handed on while they stream by, before a later layer can say that they are not there.
// That is harmless, since they are named by their content, but an image that deletes an object
// must not pass for one that has it: such objects are listed as hidden, and whoever checks that a
// commit is complete does not count them.

#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "pivotd/ports/object_sink.h"

namespace pivotd::unpack {

class MergedTree {
 public:
  // What the current layer has. A path that lower layers have is replaced, with all below it.
  void add_object(const std::string& path, const ObjectName& name);
  void add_ref(const std::string& path, const std::string& ref, const Checksum& checksum);
  // A directory of the current layer: replaces what is no directory below, and hides nothing else.
  void add_directory(const std::string& path);

  // Whiteouts of the current layer: they hide what lower layers have and nothing of their own
  // layer, wherever in it they stand.
  void hide(const std::string& path);          // and all below
  void hide_content(const std::string& path);  // all below; "" is everything

  void begin_layer();  // what was added until now is lower from here on

  std::size_t size() const { return lower_.size() + current_.size(); }

  std::vector<std::pair<std::string, Checksum>> refs() const;  // sorted
  std::vector<ObjectName> hidden() const;                      // sorted

 private:
  struct Ref {
    std::string name;
    Checksum checksum;
  };
  using Content = std::map<std::string, std::variant<ObjectName, Ref>>;

  void erase(Content::iterator begin, Content::iterator end);

  // Kept apart so that hiding costs what it hides: a million whiteouts of one directory are cheap.
  Content lower_;
  Content current_;
  std::set<ObjectName> erased_;
};

}  // namespace pivotd::unpack
