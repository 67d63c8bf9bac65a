#pragma once
// What the host is: its deployments in boot order, and what is running now.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pivotd/base/result.h"
#include "pivotd/model/digest.h"
#include "pivotd/model/image_ref.h"
#include "pivotd/model/kernel_args.h"

namespace pivotd {

// One OSTree deployment as its backend lists it.
struct Deployment {
  std::string id;         // "rhcos-<checksum>.0"
  std::string stateroot;  // "rhcos"
  Checksum commit;        // what is deployed: with packages layered, a commit made on this host
  std::optional<Checksum> base;       // the image's own commit where packages are layered on it
  std::string version;                // of the commit, may be empty
  std::string origin;                 // refspec or checksum, may be empty
  std::string custom_origin;          // "pivot://<osImageURL>", empty when there is none
  KernelArgs kernel_args;             // of its boot loader entry, without ostree=
  std::vector<std::string> packages;  // requested by name, sorted
  bool booted = false;
  bool staged = false;
  bool pinned = false;

  const Checksum& base_commit() const { return base ? *base : commit; }
  // The image this was made from, when its custom origin says so in a form we understand.
  std::optional<ImageRef> image() const;

  bool operator==(const Deployment&) const = default;
};

// In boot order: the first is what the next boot takes.
struct Deployments {
  std::vector<Deployment> all;

  const Deployment* booted() const;
  // What the next boot takes, unless that is the booted one: staged, or written and ahead of it.
  const Deployment* pending() const;
  // What a new deployment would be based on: the booted one, else the first.
  const Deployment* base() const;

  bool operator==(const Deployments&) const = default;
};

// The running kernel and machine.
struct Boot {
  std::string id;              // /proc/sys/kernel/random/boot_id
  KernelArgs command_line;     // /proc/cmdline
  std::string kernel_release;  // uname -r
  std::string architecture;    // in Go's names, as images use: "amd64", "arm64", "ppc64le", "s390x"
  std::optional<bool> fips;    // none where the kernel does not say

  bool operator==(const Boot&) const = default;
};

// Everything the planner looks at.
struct Host {
  Deployments deployments;
  Boot boot;
  bool can_layer_packages = false;  // the backend's doing: rpm-ostree can, libostree alone cannot
  // Disk layouts (IgnitionSummary::disk_layout) this host was provisioned with, where a file on it
  // says so.
  std::optional<std::map<std::string, Digest>> provisioned_disk_layout;

  bool operator==(const Host&) const = default;
};

inline constexpr std::string_view kOriginScheme = "pivot://";

}  // namespace pivotd
