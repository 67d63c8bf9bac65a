// Any text as a record, and any document as the content of one whose checksum is right, which the
// checksum would keep a fuzzer from reaching.

#include <cstdint>

#include "pivotd/base/bytes.h"
#include "pivotd/base/json.h"
#include "pivotd/model/record.h"

using namespace pivotd;  // a fuzzer is one function

namespace {

void read(std::string_view text) {
  const auto record = parse_record(text);
  if (!record.ok()) {
    PIVOTD_ASSERT(record.error().code() == Errc::kInvalid);
    return;
  }
  const auto again = parse_record(serialize(*record));
  PIVOTD_ASSERT(again.ok() && *again == *record);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text(std::as_bytes(std::span(data, size)));
  read(text);
  const auto content = json::parse(text, "the content", {.depth = 32});
  if (!content.ok()) return 0;
  const auto checksum = Digest::of(json::dump_canonical(*content)).str();
  read(json::dump(json::Object{{"schema", 1}, {"checksum", checksum}, {"record", *content}}));
  return 0;
}
