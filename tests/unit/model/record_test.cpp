#include "pivotd/model/record.h"

#include <cstdlib>
#include <functional>
#include <limits>

#include <gtest/gtest.h>

#include "pivotd/base/files.h"
#include "pivotd/base/json.h"
#include "pivotd/base/text.h"
#include "pivotd/model/errors.h"

namespace pivotd {
namespace {

KernelArgs args(const std::string& line) {
  return *KernelArgs::parse(line);
}

Record full() {
  return {.phase = Phase::kStaged,
          .target_name = "rendered-worker-1",
          .target = Digest::of("spec"),
          .image = *ImageRef::parse("quay.io/a:v1@" + Digest::of("image").str()),
          .commit = Checksum(Sha256::of("commit")),
          .kernel_args = args("root=/dev/x a=\"b c\" a=\"b c\" console=ttyS0"),
          .boot_id = "8e5fd9b6-7f5c-4a2b-9f0e-000000000000",
          .attempt = std::numeric_limits<std::uint32_t>::max(),
          .error = RecordedError{.code = Errc::kTransient, .message = "line\nbreak \"quoted\" ü"},
          .ledger = {{.line = args("root=/dev/x nosmt"), .managed = args("nosmt")},
                     {.line = args("root=/dev/x"), .managed = {}}},
          .updated = -1};
}

// The record's own text with one change, its checksum made right again: what only the reader of
// fields can refuse.
std::string rewritten(const std::string& key, const json::Value& value) {
  auto document = *json::parse(serialize(full()), "the record");
  json::Value* content = nullptr;
  for (auto& [name, member] : std::get<json::Object>(document.content()))
    if (name == "record") content = &member;
  for (auto& [name, member] : std::get<json::Object>(content->content()))
    if (name == key) member = value;
  const auto checksum = Digest::of(json::dump_canonical(*content)).str();
  return json::dump(json::Object{{"schema", 1}, {"checksum", checksum}, {"record", *content}});
}

TEST(Record, ComesBackAsItWasWritten) {
  for (const auto& record : {full(), Record{}}) {
    const auto parsed = parse_record(serialize(record));
    ASSERT_TRUE(parsed.ok()) << parsed.error().message();
    EXPECT_EQ(*parsed, record);
    EXPECT_EQ(serialize(*parsed), serialize(record));
  }
}

TEST(Record, ComesBackWithEveryPhaseAndErrorCode) {
  for (const auto phase : all_phases())
    EXPECT_EQ(parse_record(serialize(Record{.phase = phase}))->phase, phase);
  for (const auto& row : error_classes()) {
    const Record record{.error = RecordedError{.code = row.code, .message = "x"}};
    EXPECT_EQ(parse_record(serialize(record))->error, record.error);
  }
}

TEST(Record, KeepsTheLettersOfQuotedArguments) {
  const Record record{.kernel_args = args("\"a=b c\"")};
  EXPECT_EQ(parse_record(serialize(record))->kernel_args.str(), "\"a=b c\"");
}

TEST(Record, DetectsThatItWasTorn) {
  const auto text = serialize(full());
  // The last byte is the line break; without it nothing is missing.
  for (std::size_t length = 0; length + 1 < text.size(); ++length)
    EXPECT_FALSE(parse_record(text.substr(0, length)).ok()) << length;
}

TEST(Record, DetectsEveryChangedByte) {
  const auto text = serialize(full());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ' ' || text[i] == '\n') continue;
    auto changed = text;
    changed[i] = changed[i] == 'x' ? 'y' : 'x';
    EXPECT_FALSE(parse_record(changed).ok()) << changed;
  }
}

struct Refused {
  std::string text;
  std::string message;
};

TEST(Record, RefusesWhatItDidNotWrite) {
  const auto wrong = [](const std::string& key, const json::Value& value) {
    return rewritten(key, value);
  };
  const std::vector<Refused> table{
      {"{}", "the document (line 1): has no 'schema'"},
      {"[]", "the document (line 1): expected an object, found an array"},
      {R"({"schema": 2})", "schema (line 1): schema 2 is not the one this pivotd writes, 1"},
      {R"({"schema": "1"})", "schema (line 1): expected a whole number, found a string"},
      {R"({"schema": 1, "record": {}, "checksum": "sha256:00"})",
       "checksum (line 1): does not match: the record was changed or is damaged"},
      {wrong("phase", "half-done"), "'half-done' is not a phase"},
      {wrong("phase", 5), "record.phase (line 1): expected a string, found a number"},
      {wrong("attempt", -1),
       "record.attempt (line 1): expected a whole number that is not negative, found a number"},
      {wrong("attempt", std::int64_t{1} << 32), "record.attempt (line 1): is too large"},
      {wrong("commit", "x"),
       "record.commit: 'x' is not an OSTree checksum: expected 64 lower-case hexadecimal digits"},
      {wrong("target", true), "record.target (line 1): expected a string, found true"},
      {wrong("image", "quay.io/a:v1"),
       "record.image: 'quay.io/a:v1' is not pinned by a digest: write 'host/path@sha256:...', a "
       "tag "
       "may change under it"},
      {wrong("kernel_arguments", json::Array{"a b"}),
       "record.kernel_arguments[0]: 'a b' is not one kernel argument: a blank separates unless it "
       "is in double quotes"},
      {wrong("kernel_arguments", nullptr),
       "record.kernel_arguments (line 1): expected an array, found null"},
      {wrong("error", json::Object{{"id", "odd"}, {"message", "x"}}),
       "record.error (line 1): unknown id 'odd'"},
      {wrong("error", json::Object{{"id", "busy"}}), "record.error (line 1): has no 'message'"},
      {wrong("ledger", json::Array{json::Object{{"line", json::Array{}}}}),
       "record.ledger[0] (line 1): has no 'managed'"},
      {wrong("updated", 1.5),
       "record.updated (line 1): expected a whole number, found a fractional number"},
  };
  for (const auto& row : table) {
    const auto parsed = parse_record(row.text);
    ASSERT_FALSE(parsed.ok()) << row.text;
    EXPECT_EQ(parsed.error().code(), Errc::kInvalid);
    EXPECT_EQ(parsed.error().message(), "reading the record: " + row.message);
  }
}

TEST(Record, IsWrittenWhateverBytesAnErrorHolds) {
  const Record record{.error = RecordedError{.message = "\xff\x00 bytes"}};
  const auto parsed = parse_record(serialize(record));
  ASSERT_TRUE(parsed.ok()) << parsed.error().message();
  EXPECT_EQ(parsed->error->message, "\xEF\xBF\xBD");
}

TEST(Phase, HasANameThatIsReadBack) {
  const std::vector<std::pair<Phase, std::string>> table{{Phase::kIdle, "idle"},
                                                         {Phase::kImporting, "importing"},
                                                         {Phase::kStaging, "staging"},
                                                         {Phase::kStaged, "staged"},
                                                         {Phase::kRebooting, "rebooting"},
                                                         {Phase::kVerified, "verified"},
                                                         {Phase::kRolledBack, "rolled-back"},
                                                         {Phase::kFailed, "failed"}};
  ASSERT_EQ(table.size(), all_phases().size());
  for (std::size_t i = 0; i < table.size(); ++i) {
    EXPECT_EQ(all_phases()[i], table[i].first);
    EXPECT_EQ(to_string(table[i].first), table[i].second);
    EXPECT_EQ(*parse_phase(table[i].second), table[i].first);
  }
  for (const auto& text : std::vector<std::string>{"", "Idle", "idle ", "rolled_back"})
    EXPECT_FALSE(parse_phase(text).ok()) << text;
}

// Written a second time, by hand: what may follow what.
TEST(Phase, MayBeFollowedByTheseAndNoOthers) {
  const std::vector<std::pair<Phase, std::string>> table{
      {Phase::kIdle, "idle importing staging staged verified failed"},
      {Phase::kImporting, "idle importing staging verified failed"},
      {Phase::kStaging, "idle importing staging staged verified failed"},
      {Phase::kStaged, "idle importing staging staged rebooting verified rolled-back failed"},
      {Phase::kRebooting, "idle importing staging staged rebooting verified rolled-back failed"},
      {Phase::kVerified, "idle importing staging staged verified failed"},
      {Phase::kRolledBack, "idle importing staging staged verified rolled-back failed"},
      {Phase::kFailed, "idle importing staging staged verified failed"}};
  for (const auto& [from, expected] : table) {
    std::vector<std::string> legal;
    for (const auto to : all_phases())
      if (is_legal_transition(from, to)) legal.emplace_back(to_string(to));
    EXPECT_EQ(join(legal, " "), expected) << to_string(from);
  }
}

std::string drawing() {
  std::string text =
      "// Generated from the table in src/model/phase.cpp by the test "
      "Phase.IsDrawnInTheDocuments.\n"
      "digraph phases {\n  rankdir=LR;\n  node [shape=box];\n";
  for (const auto phase : all_phases()) text += concat("  \"", to_string(phase), "\";\n");
  for (const auto from : all_phases())
    for (const auto to : all_phases())
      if (from != to && is_legal_transition(from, to))
        text += concat("  \"", to_string(from), "\" -> \"", to_string(to), "\";\n");
  return text + "}\n";
}

TEST(Phase, IsDrawnInTheDocuments) {
  const std::string path = PIVOTD_SOURCE "/docs/phases.dot";
  if (std::getenv("PIVOTD_UPDATE") != nullptr) {
    ASSERT_TRUE(replace_file(path, drawing(), 0644, Durability::kProcessOnly).ok());
  }
  const auto drawn = read_file(path, 1 << 20);
  ASSERT_TRUE(drawn.ok()) << drawn.error().message();
  EXPECT_EQ(*drawn, drawing()) << "run this test with PIVOTD_UPDATE=1 to draw it anew";
}

}  // namespace
}  // namespace pivotd
