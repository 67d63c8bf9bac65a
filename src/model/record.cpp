#include "pivotd/model/record.h"

#include <algorithm>
#include <limits>

#include "pivotd/base/json.h"
#include "pivotd/base/text.h"
#include "pivotd/model/errors.h"

namespace pivotd {

namespace {

// Raised whenever a field is added, dropped or changes its meaning.
constexpr std::int64_t kSchema = 1;

json::Value to_json(const KernelArgs& args) {
  json::Array array;
  for (const auto& arg : args.args()) array.emplace_back(arg.str());
  return array;
}

// What is not there is null: every key is always written.
template <class T>
json::Value text_or_null(const std::optional<T>& value) {
  return value ? json::Value(value->str()) : json::Value();
}

json::Value to_json(const Ledger& ledger) {
  json::Array array;
  for (const auto& entry : ledger)
    array.emplace_back(
        json::Object{{"line", to_json(entry.line)}, {"managed", to_json(entry.managed)}});
  return array;
}

json::Value to_json(const std::optional<RecordedError>& error) {
  if (!error) return nullptr;
  return json::Object{{"id", error_class(error->code).id}, {"message", error->message}};
}

json::Value to_json(const Record& record) {
  return json::Object{{"phase", to_string(record.phase)},
                      {"target_name", record.target_name},
                      {"target", text_or_null(record.target)},
                      {"image", text_or_null(record.image)},
                      {"commit", text_or_null(record.commit)},
                      {"kernel_arguments", to_json(record.kernel_args)},
                      {"boot_id", record.boot_id},
                      {"attempt", std::uint64_t{record.attempt}},
                      {"error", to_json(record.error)},
                      {"ledger", to_json(record.ledger)},
                      {"updated", record.updated}};
}

std::string checksum_of(const json::Value& content) {
  return Digest::of(json::dump_canonical(content)).str();
}

Result<std::string> read_text(const json::Cursor& parent, std::string_view key) {
  return TRY(parent.member(key)).string();
}

// A member that is null, or text that T::parse understands.
template <class T>
Result<std::optional<T>> read_parsed(const json::Cursor& parent, std::string_view key) {
  const auto cursor = TRY(parent.member(key));
  if (cursor.value().is_null()) return std::optional<T>();
  return std::optional<T>(TRY(T::parse(TRY(cursor.string())).context(cursor.path())));
}

Result<KernelArgs> read_kernel_args(const json::Cursor& parent, std::string_view key) {
  const auto array = TRY(parent.member(key));
  KernelArgs args;
  for (const auto& element : TRY(array.elements()))
    args.append(TRY(KernelArg::parse(TRY(element.string())).context(element.path())));
  return args;
}

Result<Ledger> read_ledger(const json::Cursor& parent) {
  const auto array = TRY(parent.member("ledger"));
  Ledger ledger;
  for (const auto& element : TRY(array.elements())) {
    auto line = TRY(read_kernel_args(element, "line"));
    auto managed = TRY(read_kernel_args(element, "managed"));
    ledger.push_back({.line = std::move(line), .managed = std::move(managed)});
  }
  return ledger;
}

Result<std::optional<RecordedError>> read_error(const json::Cursor& parent) {
  const auto cursor = TRY(parent.member("error"));
  if (cursor.value().is_null()) return std::optional<RecordedError>();
  const auto id = TRY(read_text(cursor, "id"));
  const auto& classes = error_classes();
  const auto row = std::find_if(classes.begin(), classes.end(),
                                [&id](const ErrorClass& known) { return known.id == id; });
  if (row == classes.end()) return cursor.error(concat("unknown id '", printable(id), "'"));
  auto message = TRY(read_text(cursor, "message"));
  return std::optional<RecordedError>({.code = row->code, .message = std::move(message)});
}

Result<std::uint32_t> read_attempt(const json::Cursor& parent) {
  const auto cursor = TRY(parent.member("attempt"));
  const auto number = TRY(cursor.unsigned_integer());
  if (number > std::numeric_limits<std::uint32_t>::max()) return cursor.error("is too large");
  return static_cast<std::uint32_t>(number);
}

Result<Record> read_record(const json::Cursor& content) {
  Record record;
  record.phase = TRY(parse_phase(TRY(read_text(content, "phase"))));
  record.target_name = TRY(read_text(content, "target_name"));
  record.target = TRY(read_parsed<Digest>(content, "target"));
  record.image = TRY(read_parsed<ImageRef>(content, "image"));
  record.commit = TRY(read_parsed<Checksum>(content, "commit"));
  record.kernel_args = TRY(read_kernel_args(content, "kernel_arguments"));
  record.boot_id = TRY(read_text(content, "boot_id"));
  record.attempt = TRY(read_attempt(content));
  record.error = TRY(read_error(content));
  record.ledger = TRY(read_ledger(content));
  record.updated = TRY(TRY(content.member("updated")).integer());
  return record;
}

Result<Record> read_document(const json::Value& document) {
  const json::Cursor root(document);
  const auto schema = TRY(root.member("schema"));
  if (const auto number = TRY(schema.integer()); number != kSchema)
    return schema.error(concat("schema ", number, " is not the one this pivotd writes, ", kSchema));
  const auto content = TRY(root.member("record"));
  const auto checksum = TRY(root.member("checksum"));
  if (TRY(checksum.string()) != checksum_of(content.value()))
    return checksum.error("does not match: the record was changed or is damaged");
  return read_record(content);
}

}  // namespace

std::string serialize(const Record& record) {
  const auto content = to_json(record);
  return json::dump(
             json::Object{
                 {"schema", kSchema}, {"checksum", checksum_of(content)}, {"record", content}},
             2) +
         "\n";
}

Result<Record> parse_record(std::string_view text) {
  return read_document(TRY(json::parse(text, "the record"))).context("reading the record");
}

}  // namespace pivotd
