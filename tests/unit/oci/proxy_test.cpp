#include "oci/proxy.h"

#include <gtest/gtest.h>

#include "scratch_directory.h"

namespace pivotd::oci {
namespace {

std::string choose(const ProxyVariables& variables, std::string_view url) {
  const auto choice = choose_proxy(variables, *Url::parse(url));
  if (!choice.ok()) return choice.error().message();
  return choice->server ? choice->server->url : "direct";
}

struct NoProxyCase {
  std::string_view no_proxy;
  std::string_view url;
  bool is_direct;
};

TEST(Proxy, HonoursNoProxyAsGoDoes) {
  const std::vector<NoProxyCase> cases{
      {"", "https://quay.io/v2/", false},
      {"*", "https://quay.io/v2/", true},
      {"quay.io", "https://quay.io/", true},
      {"quay.io", "https://cdn01.quay.io/x", true},
      {"quay.io", "https://notquay.io/", false},
      {"quay.io", "https://quay.io:8443/", true},
      {".quay.io", "https://quay.io/v2/", false},
      {".quay.io", "https://cdn01.quay.io/x", true},
      {"*.quay.io", "https://cdn01.quay.io/x", true},
      {"*.quay.io", "https://quay.io:8443/v2/", false},
      {"QUAY.IO", "https://quay.io/", true},
      {"QUAY.IO", "https://notquay.io/", false},
      {"quay.io:443", "https://quay.io/v2/", true},
      {"quay.io:443", "https://quay.io:8443/v2/", false},
      {"quay.io:8443", "https://quay.io:8443/v2/", true},
      {"quay.io:8443", "https://cdn01.quay.io/x", false},
      {"quay.io,", "https://notquay.io/", false},
      {"  quay.io  , other", "https://cdn01.quay.io/x", true},
      {"10.0.0.0/16", "https://10.0.0.5:5000/v2/", true},
      {"10.0.0.0/16", "https://10.1.0.5/v2/", false},
      {"10.0.0.0/16", "https://[fd00::1]:5000/", false},
      {"10.0.0.0/16", "https://registry.local/", false},
      {"10.0.0.5", "https://10.0.0.5:5000/v2/", true},
      {"10.0.0.5", "https://10.1.0.5/v2/", false},
      {"10.0.0.5:5000", "https://10.0.0.5:5000/", true},
      {"10.0.0.5:5000", "https://10.0.0.5:5001/", false},
      {"fd00::/8", "https://[fd00::1]:5000/", true},
      {"fd00::/8", "https://registry.local/", false},
      {"[fd00::1]:5000", "https://[fd00::1]:5000/", true},
      {"[fd00::1]:5000", "https://[fd00::1]:5001/", false},
      {"fd00::1", "https://[fd00::1]:5000/", true},
      {"fd00::1", "https://10.1.0.5/v2/", false},
      {"10.0.0.0/33", "https://10.0.0.1/", false},
      {"1.2.3.4/0", "https://registry.local/", false},
      {"1.2.3.4/0", "https://10.0.0.1/", true},
      {"", "https://127.0.0.1:5000/", true},
      {"", "https://127.9.9.9/", true},
      {"", "https://[::1]:5000/", true},
      {"", "https://localhost/", true},
      {"", "https://localhost.localdomain/", false},
  };
  for (const auto& [no_proxy, url, is_direct] : cases) {
    SCOPED_TRACE(std::string(no_proxy) + " for " + std::string(url));
    const ProxyVariables variables{
        .http = "", .https = "http://proxy.corp:3128", .no_proxy = std::string(no_proxy)};
    EXPECT_EQ(choose(variables, url), is_direct ? "direct" : "http://proxy.corp:3128");
  }
}

TEST(Proxy, TakesEverySchemeOfGo) {
  const auto with = [](std::string proxy) {
    return choose({.http = "", .https = std::move(proxy), .no_proxy = ""}, "https://quay.io/");
  };
  EXPECT_EQ(with("proxy.corp:3128"), "http://proxy.corp:3128");
  EXPECT_EQ(with("http://proxy.corp"), "http://proxy.corp:80");
  EXPECT_EQ(with("https://proxy.corp/"), "https://proxy.corp:443");
  EXPECT_EQ(with("socks5://proxy.corp"), "socks5h://proxy.corp:1080");
  EXPECT_EQ(with("http://[fd00::1]:3128"), "http://[fd00::1]:3128");
  EXPECT_EQ(with("ftp://proxy.corp"), "the proxy in HTTPS_PROXY is neither http, https nor socks5");
  EXPECT_EQ(with("http://user:secret@bad host:1"),
            "the proxy in HTTPS_PROXY has no valid host and port");
}

TEST(Proxy, IsChosenByTheSchemeOfTheUrl) {
  const ProxyVariables variables{.http = "http://a:1", .https = "http://b:2", .no_proxy = ""};
  EXPECT_EQ(choose(variables, "http://quay.io/"), "http://a:1");
  EXPECT_EQ(choose(variables, "https://quay.io/"), "http://b:2");
  EXPECT_EQ(choose({}, "https://quay.io/"), "direct");
}

TEST(Proxy, DecodesItsCredentials) {
  const ProxyVariables variables{
      .http = "", .https = "http://us%40er:p@ss:w%20rd@proxy.corp:3128", .no_proxy = ""};
  const auto choice = choose_proxy(variables, *Url::parse("https://quay.io/"));
  ASSERT_TRUE(choice.ok());
  EXPECT_EQ(choice->server, (ProxyServer{.url = "http://proxy.corp:3128",
                                         .username = "us@er",
                                         .password = Secret("p@ss:w rd")}));
  EXPECT_EQ(choice->reason, "HTTPS_PROXY");
}

TEST(Proxy, PrefersUpperCaseVariables) {
  EXPECT_EQ(proxy_variables({"https_proxy=lower", "HTTPS_PROXY=upper", "no_proxy=n", "OTHER=x"}),
            (ProxyVariables{.http = "", .https = "upper", .no_proxy = "n"}));
}

TEST(Proxy, ReadsTheFileOnlyWhereTheEnvironmentHasNothing) {
  const fakes::ScratchDirectory scratch;
  const auto file =
      scratch.write("proxy.env",
                    "# comment\nHTTP_PROXY=http://p:1\n HTTPS_PROXY=\"http://u:%41@p:2\"\r\n"
                    "NO_PROXY='.a,b'\nbroken line\n");
  EXPECT_EQ(
      *read_proxy_variables({}, file),
      (ProxyVariables{.http = "http://p:1", .https = "http://u:%41@p:2", .no_proxy = ".a,b"}));
  EXPECT_EQ(*read_proxy_variables({"HTTPS_PROXY=x"}, file),
            (ProxyVariables{.http = "", .https = "x", .no_proxy = ""}));
  EXPECT_EQ(*read_proxy_variables({}, scratch.path() / "absent"), ProxyVariables());
}

}  // namespace
}  // namespace pivotd::oci
