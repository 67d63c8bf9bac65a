// tests/data/unpack/hostile_layers.json: each case's layers through the whole unpacker.

#include <set>

#include <gtest/gtest.h>

#include "pivotd/base/files.h"
#include "pivotd/base/json.h"
#include "pivotd/base/text.h"
#include "pivotd/unpack/layer_unpacker.h"

#include "fakes/layered_source.h"
#include "fakes/raw_tar.h"
#include "unit/unpack/recording_sink.h"

namespace pivotd::unpack {
namespace {

using fakes::RawEntry;

// "{a}" is the path of the object of 64 a's.
std::string expand(std::string text) {
  for (auto open = text.find('{'); open != std::string::npos; open = text.find('{', open + 1)) {
    const char digit = text[open + 1];
    text.replace(open, 3,
                 concat("srv/repo/objects/", std::string(2, digit), '/', std::string(62, digit)));
  }
  return text;
}

std::string text_of(const json::Value& value, std::string_view key) {
  const auto* found = value.find(key);
  return found == nullptr ? "" : *found->string();
}

std::size_t number_of(const json::Value& value, std::string_view key) {
  const auto* found = value.find(key);
  return found == nullptr ? 0 : json::Cursor(*found).unsigned_integer().value();
}

std::string repeat(const std::string& text, std::size_t times) {
  std::string repeated;
  for (std::size_t i = 0; i < times; ++i) repeated += text;
  return repeated;
}

RawEntry entry_of(const json::Value& value) {
  RawEntry entry{.name = repeat(text_of(value, "prefix"), number_of(value, "times")) +
                         expand(text_of(value, "name"))};
  if (value.find("type") != nullptr) entry.type = text_of(value, "type").at(0);
  entry.content = text_of(value, "content") +
                  repeat(text_of(value, "prefix_content"), number_of(value, "times_content"));
  entry.link = expand(text_of(value, "link"));
  if (value.find("size_field") != nullptr) entry.size_field = text_of(value, "size_field");
  if (value.find("magic") != nullptr) entry.magic = text_of(value, "magic");
  if (const auto* pax = value.find("pax")) {
    for (const auto& [key, text] : *pax->object()) entry.pax.emplace_back(key, *text.string());
  }
  return entry;
}

std::string entries_of(const json::Value* values) {
  std::string tar;
  if (values == nullptr) return tar;
  for (const auto& value : *values->array()) tar += raw_entry(entry_of(value));
  return tar;
}

std::string tar_of(const json::Value& layer) {
  if (layer.array() != nullptr) return entries_of(&layer) + std::string(1024, '\0');
  auto tar = text_of(layer, "raw") + entries_of(layer.find("raw_entries")) +
             std::string(512 * number_of(layer, "zero_blocks"), '\0') +
             entries_of(layer.find("more"));
  if (layer.find("cut") != nullptr) tar.resize(number_of(layer, "cut"));
  if (layer.find("poke") != nullptr) tar[number_of(layer, "poke")] ^= 1;
  return tar;
}

std::vector<std::string> names_of(const json::Value* values) {
  std::vector<std::string> names;
  if (values == nullptr) return names;
  for (const auto& value : *values->array()) names.push_back(*value.string());
  return names;
}

std::vector<std::string> short_names(const std::vector<ObjectName>& objects) {
  std::vector<std::string> names;
  for (const auto& object : objects) names.push_back(short_name(object));
  return names;
}

std::map<std::string, std::string> refs_of(const json::Value* values) {
  std::map<std::string, std::string> refs;
  if (values == nullptr) return refs;
  for (const auto& [name, value] : *values->object()) refs[name] = *value.string();
  return refs;
}

Errc code_of(const std::string& word) {
  return word == "invalid" ? Errc::kInvalid : Errc::kUnsupported;
}

void expect_case(const json::Value& one) {
  std::vector<fakes::LayerBlob> layers;
  for (const auto& layer : *one.find("layers")->array()) {
    auto tar = tar_of(layer);
    const auto diff_id = Digest::of(tar);
    layers.push_back({std::move(tar), diff_id});
  }
  fakes::LayeredSource source;
  const auto image = source.make(layers, std::nullopt);
  RecordingSink sink;
  fakes::ProgressObserver observer;
  LayerUnpacker unpacker;
  const auto unpacked = unpacker.unpack(image, source, sink, observer, Stop());
  if (one.find("error") != nullptr) {
    ASSERT_FALSE(unpacked.ok());
    EXPECT_EQ(unpacked.error().code(), code_of(text_of(one, "error")));
    EXPECT_NE(unpacked.error().message().find(text_of(one, "says")), std::string::npos)
        << unpacked.error().message();
    return;
  }
  ASSERT_TRUE(unpacked.ok()) << unpacked.error().message();
  EXPECT_EQ(sink.names(), names_of(one.find("objects")));
  EXPECT_EQ(short_names(unpacked->hidden), names_of(one.find("hidden")));
  std::map<std::string, std::string> refs;
  for (const auto& [name, checksum] : unpacked->refs) refs[name] = checksum.str();
  EXPECT_EQ(refs, refs_of(one.find("refs")));
}

TEST(LayerUnpacker, TakesEachLayerOfTheTableAsItSays) {
  const auto text = read_file(PIVOTD_TEST_DATA "/unpack/hostile_layers.json", 1 << 20);
  ASSERT_TRUE(text.ok()) << text.error().message();
  const auto document = json::parse(*text, "the table");
  ASSERT_TRUE(document.ok()) << document.error().message();
  const auto& cases = *document->find("cases")->array();
  EXPECT_GT(cases.size(), 70U);
  for (const auto& one : cases) {
    SCOPED_TRACE(*one.find("name")->string());
    expect_case(one);
  }
}

}  // namespace
}  // namespace pivotd::unpack
