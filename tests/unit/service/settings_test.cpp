#include "pivotd/service/settings.h"

#include <gtest/gtest.h>

#include "pivotd/base/text.h"

#include "fakes/temporary_directory.h"

namespace pivotd::service {
namespace {

using fakes::TemporaryDirectory;

std::string source_of(const LoadedSettings& loaded, std::string_view key) {
  for (const auto& value : loaded.values)
    if (value.key == key) return value.source;
  return "";
}

TEST(Settings, AreTheDefaultsWithoutAFile) {
  const TemporaryDirectory root;
  const auto loaded = load_settings(root.path());
  ASSERT_TRUE(loaded.ok()) << loaded.error().message();
  EXPECT_EQ("/etc/pivotd/machineconfig.json", loaded->settings.target_file);
  EXPECT_EQ(settings_table().size(), loaded->values.size());
  for (const auto& value : loaded->values) EXPECT_EQ("default", value.source);
}

TEST(Settings, TakeTheFirstMainFileAndAllDropInsInOrder) {
  const TemporaryDirectory root;
  root.write("usr/lib/pivotd/pivotd.conf", "log.level = \"debug\"\n");
  root.write("etc/pivotd/pivotd.conf", "[retry]\nfirst = 7\n[deploy]\nstateroot = \"main\"\n");
  root.write("usr/lib/pivotd/conf.d/50-a.conf", "deploy.stateroot = \"vendor\"\nretry.last = 50\n");
  root.write("run/pivotd/conf.d/50-a.conf", "deploy.stateroot = \"runtime\"\n");
  root.write("etc/pivotd/conf.d/40-b.conf", "deploy.stateroot = \"early\"\nretry.host = 9\n");
  root.write("etc/pivotd/conf.d/ignored.txt", "nonsense");
  const auto loaded = load_settings(root.path());
  ASSERT_TRUE(loaded.ok()) << loaded.error().message();
  EXPECT_EQ("info", loaded->settings.log_level) << "only one main file counts";
  EXPECT_EQ(7, loaded->settings.retry_first);
  EXPECT_EQ(300, loaded->settings.retry_last) << "/run replaces the file of that name in /usr/lib";
  EXPECT_EQ("runtime", loaded->settings.deploy_stateroot) << "50 comes after 40";
  EXPECT_EQ((root / "run/pivotd/conf.d/50-a.conf").string() + ":1",
            source_of(*loaded, "deploy.stateroot"));
}

TEST(Settings, AreMaskedByALinkToDevNull) {
  const TemporaryDirectory root;
  root.write("usr/lib/pivotd/conf.d/50-a.conf", "retry.last = 50\n");
  root.write("etc/pivotd/conf.d/other.conf", "");
  std::filesystem::create_symlink("/dev/null", root / "etc/pivotd/conf.d/50-a.conf");
  const auto loaded = load_settings(root.path());
  ASSERT_TRUE(loaded.ok()) << loaded.error().message();
  EXPECT_EQ(300, loaded->settings.retry_last);
}

struct Refused {
  std::string name;
  std::string text;
  std::string message;  // after "reading the settings: FILE"
};

class SettingsRefusal : public testing::TestWithParam<Refused> {};

TEST_P(SettingsRefusal, NamesFileLineAndKey) {
  const TemporaryDirectory directory;
  const auto file = directory.write("pivotd.conf", GetParam().text);
  const auto loaded = load_settings_file(file);
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(Errc::kInvalid, loaded.error().code());
  const auto prefix = concat("reading the settings: ", file.string());
  EXPECT_EQ(prefix + GetParam().message,
            loaded.error().message().substr(0, prefix.size() + GetParam().message.size()));
}

INSTANTIATE_TEST_SUITE_P(
    Tables, SettingsRefusal,
    testing::Values(
        Refused{"UnknownKey", "\n[target]\nfiles = \"/x\"\n",
                ":3: there is no setting 'target.files'"},
        Refused{"UnknownSection", "[traget]\nfile = \"/x\"\n", ":1: there is no setting 'traget'"},
        Refused{"WrongType", "[target]\nfile = 3\n",
                ":2: 'target.file' is not of its type: expected absolute path"},
        Refused{"RelativePath", "target.file = \"x\"\n",
                ":1: 'target.file' is not of its type: expected absolute path"},
        Refused{"EmptyPath", "state.directory = \"\"\n",
                ":1: 'state.directory' is not of its type: expected absolute path"},
        Refused{"MixedList", "[image]\ninsecure = [\"a\", 1]\n",
                ":2: 'image.insecure' is not of its type: expected list of strings"},
        Refused{"ZeroSeconds", "retry.first = 0\n",
                ":1: 'retry.first' is not of its type: expected seconds, 1 to 86400"},
        Refused{"FractionalSeconds", "retry.first = 1.5\n",
                ":1: 'retry.first' is not of its type: expected seconds, 1 to 86400"},
        Refused{"UnknownBackend", "deploy.backend = \"magic\"\n",
                ":1: 'deploy.backend' is not of its type: expected \"auto\" or \"ostree\""},
        Refused{"BadSyntax", "a = \n", ":1: "},
        Refused{"KeyTwice", "retry.first = 1\nretry.first = 2\n", ":2: "}),
    [](const auto& each) { return each.param.name; });

TEST(Settings, TableNamesEveryKeyOnceWithHelp) {
  std::set<std::string> keys;
  for (const auto& row : settings_table()) {
    EXPECT_TRUE(keys.insert(std::string(row.key)).second) << row.key;
    EXPECT_FALSE(row.help.empty()) << row.key;
    EXPECT_FALSE(row.default_value.empty()) << row.key;
  }
  EXPECT_GT(keys.size(), 10U);
}

std::string settings_page() {
  std::string page =
      "# Settings\n\n"
      "TOML. The main file is the first that exists of `/etc/pivotd/pivotd.conf`, "
      "`/run/pivotd/pivotd.conf` and\n"
      "`/usr/lib/pivotd/pivotd.conf`. The drop-ins are `conf.d/*.conf` beside each of them, in the "
      "order of their names:\n"
      "one in `/etc` replaces one of the same name in `/run`, and that one in `/usr/lib`; a "
      "symbolic link to `/dev/null`\n"
      "masks. Later ones win. An unknown key or a wrong type is an error that names file, line and "
      "key.\n"
      "`pivotctl config show` prints each value and where it is from.\n\n"
      "| key | type | default | meaning |\n|---|---|---|---|\n";
  for (const auto& row : settings_table())
    page += concat("| `", row.key, "` | ", row.type, " | `", row.default_value, "` | ", row.help,
                   " |\n");
  return page;
}

TEST(Settings, PageIsWhatTheTableSays) {
  const std::filesystem::path file = PIVOTD_SOURCE "/docs/settings.md";
  if (std::getenv("PIVOTD_UPDATE") != nullptr) std::ofstream(file) << settings_page();
  EXPECT_EQ(settings_page(), fakes::content_of(file)) << "run this test with PIVOTD_UPDATE=1";
}

}  // namespace
}  // namespace pivotd::service
