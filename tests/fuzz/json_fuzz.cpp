// Any text: what is read is written, and read again as the same.

#include <cstdint>

#include "pivotd/base/bytes.h"
#include "pivotd/base/json.h"

using namespace pivotd;  // a fuzzer is one function

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text(std::as_bytes(std::span(data, size)));
  for (const auto duplicates :
       {json::DuplicateKeys::kRefuseEqual, json::DuplicateKeys::kRefuseSameFolded}) {
    const auto value = json::parse(text, "the text", {.depth = 32, .duplicates = duplicates});
    if (!value.ok()) {
      PIVOTD_ASSERT(value.error().code() == Errc::kInvalid);
      continue;
    }
    for (const int indent : {0, 2}) {
      const auto again = json::parse(json::dump(*value, indent), "what was written");
      PIVOTD_ASSERT(again.ok() && *again == *value);
    }
    const auto canonical = json::dump_canonical(*value);
    const auto again = json::parse(canonical, "the canonical form");
    PIVOTD_ASSERT(again.ok() && json::dump_canonical(*again) == canonical);
  }
  return 0;
}
