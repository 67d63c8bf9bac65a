#include "pivotd/model/ignition.h"

#include <gtest/gtest.h>

#include "pivotd/base/text.h"

namespace pivotd {
namespace {

Result<IgnitionSummary> parse(const std::string& text) {
  const auto document = json::parse(text, "the config");
  EXPECT_TRUE(document.ok()) << text << ": " << document.error().message();
  return parse_ignition(json::Cursor(*document));
}

IgnitionSummary parsed(const std::string& text) {
  auto summary = parse(text);
  EXPECT_TRUE(summary.ok()) << text << ": " << summary.error().message();
  return std::move(summary).value();
}

std::string problem(const std::string& text) {
  const auto summary = parse(text);
  if (summary.ok()) return "accepted";
  EXPECT_EQ(summary.error().code(), Errc::kInvalid);
  return summary.error().message();
}

std::string v3(const std::string& sections) {
  return R"({"ignition": {"version": "3.2.0"}, )" + sections + "}";
}

std::string v2(const std::string& sections) {
  return R"({"ignition": {"version": "2.2.0"}, )" + sections + "}";
}

std::string file(const std::string& members) {
  return v3(R"("storage": {"files": [{"path": "/a", )" + members + "}]}");
}

TEST(Ignition, IsEmptyWithoutAnything) {
  for (const auto& text : std::vector<std::string>{"null", "{}"})
    EXPECT_EQ(parsed(text), IgnitionSummary{}) << text;
  const auto stub = parsed(R"({"ignition": {"version": "3.2.0"}, "storage": null, "passwd": {}})");
  EXPECT_TRUE(stub.empty());
  EXPECT_EQ(stub.describe(), "");
}

TEST(Ignition, KnowsTheVersionsItReads) {
  for (const auto& version :
       std::vector<std::string>{"2.2.0", "3.0.0", "3.1.0", "3.2.0", "3.3.0", "3.4.0", "3.5.0"})
    EXPECT_EQ(parsed(R"({"ignition": {"version": ")" + version + "\"}}").version, version);
  EXPECT_EQ(parsed(R"({"ignition": {"version": "2.2"}})").version, "2.2.0");
  for (const auto& version :
       std::vector<std::string>{"", "1", "2.0.0", "2.3.0", "3", "3.2", "3.2.0-experimental",
                                "3.6.0", "3.6.0-experimental", "4.0.0", "3.2.0 "})
    EXPECT_EQ(problem(R"({"ignition": {"version": ")" + version + "\"}}"),
              concat("ignition.version (line 1): Ignition version '", version,
                     "' is not supported; the supported ones are 2.2.0, 3.0.0, 3.1.0, 3.2.0, "
                     "3.3.0, 3.4.0 and 3.5.0"));
}

TEST(Ignition, CountsWhatVersionThreeAsksFor) {
  const auto summary = parsed(v3(R"(
    "passwd": {"users": [{"name": "core"}, {"name": "x", "sshAuthorizedKeys": null}],
               "groups": [{"name": "g"}]},
    "storage": {"files": [{"path": "/a"}, {"path": "/b", "append": []}, {"path": "/c"}],
                "directories": [{"path": "/d", "mode": 1023}], "links": [{"path": "/l"}],
                "disks": [], "filesystems": null},
    "systemd": {"units": [{"name": "a.service", "dropins": [{"name": "10.conf"}], "mask": false},
                          {"name": "b.service", "contents": null}]},
    "networkd": {"units": [{"name": "ignored in version 3"}]})"));
  EXPECT_EQ(summary, (IgnitionSummary{.version = "3.2.0",
                                      .files = 3,
                                      .directories = 1,
                                      .links = 1,
                                      .units = 2,
                                      .users = 2,
                                      .groups = 1}));
  EXPECT_EQ(summary.describe(), "3 files, 1 directory, 1 link, 2 units, 2 users and 1 group");
}

TEST(Ignition, CountsWhatVersionTwoAsksFor) {
  const auto summary = parsed(v2(R"(
    "storage": {"files": [{"filesystem": "root", "path": "/a", "append": false}]},
    "networkd": {"units": [{"name": "00-eth.network"}, {"name": "01-eth.network"}]})"));
  EXPECT_EQ(summary, (IgnitionSummary{.version = "2.2.0", .files = 1, .networkd_units = 2}));
  EXPECT_EQ(summary.describe(), "1 file and 2 networkd units");
}

TEST(Ignition, TellsDiskLayoutsApartByContent) {
  const auto one = parsed(v3(R"("storage": {"disks": [{"device": "/dev/a", "wipeTable": true}],
    "filesystems": [{"device": "/dev/b"}], "raid": [{"name": "m"}], "luks": [{"name": "l"}]})"));
  std::vector<std::string> sections;
  for (const auto& [section, digest] : one.disk_layout) sections.push_back(section);
  EXPECT_EQ(sections, (std::vector<std::string>{"storage.disks", "storage.filesystems",
                                                "storage.luks", "storage.raid"}));
  EXPECT_EQ(one.describe(), "a disk layout");
  EXPECT_FALSE(one.empty());
  const auto reordered =
      parsed(v3(R"("storage": {"disks": [{"wipeTable": true, "device": "/dev/a"}]})"));
  EXPECT_EQ(reordered.disk_layout.at("storage.disks"), one.disk_layout.at("storage.disks"));
  const auto other =
      parsed(v3(R"("storage": {"disks": [{"wipeTable": false, "device": "/dev/a"}]})"));
  EXPECT_NE(other.disk_layout.at("storage.disks"), one.disk_layout.at("storage.disks"));
}

TEST(Ignition, TakesDataUrlsAndNothingElse) {
  for (const auto& source :
       std::vector<std::string>{R"("data:,x")", R"("DATA:text/plain;base64,eA==")", "\"\"", "null"})
    EXPECT_EQ(problem(file(R"("contents": {"source": )" + source + "}")), "accepted") << source;
  for (const auto& source : std::vector<std::string>{R"("https://x/y")", R"("s3://x/y")",
                                                     R"("dat:,x")", R"("x")", R"("/etc/passwd")"})
    EXPECT_EQ(problem(file(R"("contents": {"source": )" + source + "}")),
              "storage.files[0].contents (line 1): its source is not a 'data:' URL, and no other "
              "kind is taken")
        << source;
}

struct Refused {
  std::string text;
  std::string message;
};

TEST(Ignition, NamesPathLineAndExpectationOfWhatItRefuses) {
  const std::vector<Refused> table{
      {"[]", "the document (line 1): expected an object, found an array"},
      {R"({"storage": {}})", "the document (line 1): has no 'ignition'"},
      {R"({"ignition": {}})", "ignition (line 1): has no 'version'"},
      {R"({"ignition": {"version": 3}})",
       "ignition.version (line 1): expected a string, found a number"},
      {R"({"ignition": null})", "ignition (line 1): expected an object, found null"},
      {file(R"("mode": 512)"),
       "storage.files[0].mode (line 1): mode 512 is 01000 in octal, more than 0777: JSON has modes "
       "in decimal, 0644 is 420"},
      {file(R"("mode": 644)"),
       "storage.files[0].mode (line 1): mode 644 is 01204 in octal, more than 0777: JSON has modes "
       "in decimal, 0644 is 420"},
      {file(R"("mode": -1)"),
       "storage.files[0].mode (line 1): expected a whole number that is not negative, found a "
       "number"},
      {file(R"("mode": "0644")"),
       "storage.files[0].mode (line 1): expected a whole number that is not negative, found a "
       "string"},
      {file(R"("append": [{"source": "data:,x"}])"),
       "storage.files[0] (line 1): 'append' is not supported: give the whole file in 'contents'"},
      {file(R"("append": true)"),
       "storage.files[0].append (line 1): expected an array, found true"},
      {v2(R"("storage": {"files": [{"path": "/a", "append": true}]})"),
       "storage.files[0] (line 1): 'append' is not supported: give the whole file in 'contents'"},
      {v3(R"("storage": {"files": [{}, {"path": "etc/x"}, 5]})"),
       "storage.files[2] (line 1): expected an object, found a number; storage.files[0] (line 1): "
       "has no 'path'; storage.files[1] (line 1): path 'etc/x' is not absolute: start it with '/'"},
      {v3(R"("storage": {"directories": [{"path": ""}], "links": [null]})"),
       "storage.directories[0].path (line 1): must not be empty; storage.links[0] (line 1): "
       "expected an object, found null"},
      {v3(R"("storage": {"files": {}, "disks": "x"})"),
       "storage.files (line 1): expected an array, found an object; storage.disks (line 1): "
       "expected an array, found a string"},
      {v3(R"("storage": 1, "systemd": 2, "passwd": 3)"),
       "storage (line 1): expected an object, found a number; systemd (line 1): expected an "
       "object, "
       "found a number; passwd (line 1): expected an object, found a number"},
      {v3("\"systemd\": {\"units\": [{\"name\": \"a\",\n\"enabled\": \"yes\"}, {\"contents\": "
          "1}]}"),
       "systemd.units[0].enabled (line 2): expected true or false, found a string; "
       "systemd.units[1] "
       "(line 2): has no 'name'; systemd.units[1].contents (line 2): expected a string, found a "
       "number"},
      {v3(R"("passwd": {"users": [{"name": "core", "sshAuthorizedKeys": [1]}], "groups": [7]})"),
       "passwd.users[0].sshAuthorizedKeys[0] (line 1): expected a string, found a number; "
       "passwd.groups[0] (line 1): expected an object, found a number"},
      {v2(R"("networkd": {"units": [{}]})"), "networkd.units[0] (line 1): has no 'name'"},
  };
  for (const auto& row : table) EXPECT_EQ(problem(row.text), row.message) << row.text;
}

}  // namespace
}  // namespace pivotd
