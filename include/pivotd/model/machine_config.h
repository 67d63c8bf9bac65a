#pragma once
// The target: a MachineConfig of machineconfiguration.openshift.io/v1, as the Machine Config
// Operator renders it, as `oc get mc -o json` prints it, or as first boot leaves it in
// /etc/ignition-machine-config-encapsulated.json.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pivotd/base/result.h"
#include "pivotd/model/digest.h"
#include "pivotd/model/ignition.h"
#include "pivotd/model/image_ref.h"
#include "pivotd/model/kernel_args.h"

namespace pivotd {

enum class KernelType { kDefault, kRealtime, k64kPages };

std::string_view to_string(KernelType type);  // "default", "realtime", "64k-pages"

struct MachineConfig {
  static constexpr std::uint64_t kMaxBytes = 16U * 1024 * 1024;
  static constexpr int kMaxDepth = 64;

  std::string name;               // metadata.name; "" when it has none
  std::optional<ImageRef> image;  // spec.osImageURL; none: leave the OS alone ("" and "://dummy")
  KernelArgs kernel_arguments;    // spec.kernelArguments, tokenised, in order
  std::vector<std::string> extensions;  // spec.extensions: sorted, each once
  KernelType kernel_type = KernelType::kDefault;
  bool fips = false;
  IgnitionSummary ignition;
  // spec.baseOSExtensionsContainerImage (4.12 and later, layered images): told about, not used.
  std::string extensions_image;
  // Paths of keys outside the schema, tolerated: "spec.frobnicate". Sorted.
  std::vector<std::string> unknown_fields;
  // Of the canonical JSON of spec: two documents that ask for the same have the same, whatever
  // their names and metadata.
  Digest content;

  // Parses and validates everything at once. Errors are kInvalid and name path, line and what was
  // expected; all problems of the document are reported together, joined by "; ", as far as its
  // syntax allows.
  static Result<MachineConfig> parse(std::string_view text);

  bool operator==(const MachineConfig&) const = default;
};

}  // namespace pivotd
