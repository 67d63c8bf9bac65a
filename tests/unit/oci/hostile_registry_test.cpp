// Every way a registry can break or lie, one table: what the pull from it ends in.

#include <algorithm>
#include <array>

#include <gtest/gtest.h>

#include "pivotd/base/text.h"

#include "faulty_registry.h"

namespace pivotd::oci {
namespace {

using namespace fakes;
using std::chrono::milliseconds;

struct FaultCase {
  std::string_view name;
  Fault fault;
  std::optional<Errc> expected;  // none: the pull succeeds all the same
  std::string_view says;
};

void check_all(const std::vector<FaultCase>& cases) {
  for (const auto& [name, fault, expected, says] : cases) {
    SCOPED_TRACE(name);
    FaultyRegistry registry({}, fault);
    const auto pulled = registry.pull_it();
    if (!expected) {
      ASSERT_TRUE(pulled.ok()) << pulled.error().message();
      EXPECT_TRUE(*pulled == registry.layers());
    } else {
      ASSERT_FALSE(pulled.ok());
      EXPECT_EQ(pulled.error().code(), *expected) << pulled.error().message();
      EXPECT_NE(pulled.error().message().find(says), std::string::npos) << pulled.error().message();
    }
  }
}

TEST(HostileRegistry, AnswersWithStatuses) {
  check_all({
      {"404",
       status("manifests", 404,
              R"({"errors":[{"code":"MANIFEST_UNKNOWN","message":"gone\u0007"}]})"),
       Errc::kNotFound, "answered 404: MANIFEST_UNKNOWN: gone?"},
      {"404 blob", status("blobs", 404), Errc::kNotFound, "answered 404"},
      {"410", status("manifests", 410), Errc::kNotFound, ""},
      {"403", status("manifests", 403, "<html>no</html>"), Errc::kDenied,
       "answered 403: <html>no</html>; asked without credentials (none found in: no file)"},
      {"400", status("manifests", 400), Errc::kInvalid, "answered 400"},
      {"451", status("manifests", 451), Errc::kInvalid, "answered 451"},
      {"500", status("manifests", 500), Errc::kTransient, "answered 500"},
      {"503 twice", first(2, status("manifests", 503)), std::nullopt, ""},
      {"503 blob twice", first(2, status("blobs", 503)), std::nullopt, ""},
      {"503 for ever", status("blobs", 503), Errc::kTransient, "answered 503"},
      {"408", first(1, status("manifests", 408)), std::nullopt, ""},
      {"429 with a wait",
       first(1, on("manifests",
                   [](const auto&, auto& connection) {
                     connection.respond(429, {"Retry-After: 1000000000"}, "");
                   })),
       std::nullopt, ""},
      {"204", status("manifests", 204), Errc::kTransient, "answered 204"},
      {"304", status("manifests", 304), Errc::kTransient, ""},
      {"206 unasked",
       on("manifests",
          [](const auto&, auto& connection) {
            connection.respond(206, {"Content-Range: bytes 0-9/10"}, "0123456789");
          }),
       Errc::kTransient, "answered 206"},
      {"an error body of 10 MB", status("manifests", 404, std::string(10'000'000, 'x')),
       Errc::kNotFound, "answered 404: xxx"},
      {"not HTTP", raw("manifests", "SSH-2.0-OpenSSH\r\n"), Errc::kTransient, ""},
      {"nothing", raw("manifests", ""), Errc::kTransient, ""},
      {"status 99999", raw("manifests", "HTTP/1.1 99999 x\r\n\r\n"), Errc::kTransient, ""},
      {"HTTP/2 line", raw("manifests", "HTTP/7.1 200 x\r\n\r\n"), Errc::kTransient, ""},
  });
}

TEST(HostileRegistry, SendsBadHeaders) {
  std::string many = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 10'000; ++i) many += concat("X-", i, ": y\r\n");
  check_all({
      {"1 MB header",
       raw("manifests", "HTTP/1.1 200 OK\r\nX: " + std::string(1'000'000, 'y') + "\r\n\r\n"),
       Errc::kTransient, ""},
      {"10000 headers", raw("manifests", many + "\r\n"), Errc::kTransient, ""},
      {"300 headers",
       on("manifests",
          [](const auto&, auto& connection) {
            connection.respond(200, std::vector<std::string>(300, "X: y"), "");
          }),
       Errc::kTransient, "more than the limit of 256 headers"},
      {"endless 100 Continue",
       on("manifests",
          [](const auto&, auto& connection) {
            while (connection.send("HTTP/1.1 100 Continue\r\n\r\n")) {
            }
          }),
       Errc::kTransient, ""},
      {"control character",
       raw("manifests",
           "HTTP/1.1 200 OK\r\nX: a\x01"
           "b\r\nContent-Length: 0\r\n\r\n"),
       Errc::kTransient, "control characters"},
      {"header without colon", raw("manifests", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n"),
       Errc::kTransient, "colon"},
      {"folded header",
       raw("manifests", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n"),
       Errc::kTransient, ""},
      {"gzip",
       on("blobs",
          [](const auto&, auto& connection) {
            connection.respond(200, {"Content-Encoding: gzip"}, "x");
          }),
       Errc::kTransient, "the content encoding 'gzip'"},
      {"gzip manifest",
       on("manifests",
          [](const auto&, auto& connection) {
            connection.respond(200, {"Content-Encoding: gzip"}, "x");
          }),
       Errc::kTransient, "the content encoding 'gzip'"},
      {"transfer gzip",
       raw("manifests", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
       Errc::kTransient, ""},
      {"two lengths",
       raw("manifests", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx"),
       Errc::kTransient, "two different lengths"},
      {"other manifest type",
       on("manifests",
          [](const auto&, auto& connection) {
            connection.respond(200, {concat("Content-Type: ", kIndexType)}, Content().manifest());
          }),
       Errc::kInvalid, "was sent as"},
  });
}

TEST(HostileRegistry, StallsAndBreaks) {
  const auto layer = Content().layers[0];
  const auto head = [&](std::size_t length) {
    return concat("HTTP/1.1 200 OK\r\nContent-Length: ", length, "\r\n\r\n");
  };
  const auto blob = Digest::of(layer).str();
  check_all({
      {"no answer", on("manifests", [](const auto&, auto& c) { c.stall(); }), Errc::kTransient,
       "no answer within"},
      {"no answer once", first(1, on("manifests", [](const auto&, auto& c) { c.stall(); })),
       std::nullopt, ""},
      {"stall after the head",
       on(blob,
          [&](const auto&, auto& c) {
            c.send(head(layer.size()));
            c.stall();
          }),
       Errc::kTransient, "stalled"},
      {"drip",
       on(blob,
          [&](const auto&, auto& c) {
            c.send(head(layer.size()));
            for (std::size_t i = 0; c.send(layer.substr(i, 1)) && c.is_open(); ++i)
              c.pause(milliseconds(20));
          }),
       Errc::kTransient, "stalled"},
      {"stall in the middle once",
       first(1, on(blob,
                   [&](const auto&, auto& c) {
                     c.send(head(layer.size()) + layer.substr(0, 100'000));
                     c.stall();
                   })),
       std::nullopt, ""},
      {"reset in the middle once",
       first(1, on(blob,
                   [&](const auto&, auto& c) {
                     c.send(head(layer.size()) + layer.substr(0, 100'000));
                     c.reset();
                   })),
       std::nullopt, ""},
      {"one byte short, always",
       on(blob,
          [&](const auto& request, auto& c) {
            if (!request.header("range").empty()) return c.reset();
            c.send(head(layer.size()) + layer.substr(0, layer.size() - 1));
            c.close();
          }),
       Errc::kTransient, ""},
      {"one byte short, then the rest",
       first(1, on(blob,
                   [&](const auto&, auto& c) {
                     c.send(head(layer.size()) + layer.substr(0, layer.size() - 1));
                     c.close();
                   })),
       std::nullopt, ""},
      {"manifest broken once",
       first(1, raw("manifests", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"schema")),
       std::nullopt, ""},
      {"cut every 8 KB",
       on(blob,
          [&](const auto& request, auto& c) {
            const auto range = request.header("range");
            const auto from = range.empty() ? 0 : std::stoul(range.substr(6));
            const auto part = layer.substr(from, 8'192);
            c.send(from == 0 ? head(layer.size())
                             : concat("HTTP/1.1 206 OK\r\nContent-Range: bytes ", from, "-",
                                      layer.size() - 1, "/", layer.size(),
                                      "\r\nContent-Length: ", layer.size() - from, "\r\n\r\n"));
            c.send(part);
            c.close();
          }),
       std::nullopt, ""},
      {"chunked, never ended",
       on(blob,
          [&](const auto&, auto& c) {
            c.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n493e0\r\n" + layer +
                   "\r\n");
            c.close();
          }),
       std::nullopt, ""},
      {"chunked with trailers",
       on(blob,
          [&](const auto&, auto& c) {
            c.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n493e0\r\n" + layer +
                   "\r\n0\r\nContent-Encoding: gzip\r\n\r\n");
          }),
       std::nullopt, ""},
      {"chunk size nonsense",
       on(blob,
          [&](const auto&, auto& c) {
            c.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + layer);
            c.close();
          }),
       Errc::kTransient, ""},
  });
}

TEST(HostileRegistry, LiesAboutSizes) {
  const auto layer = Content().layers[0];
  const auto blob = Digest::of(layer).str();
  const auto config = Content().config();
  const auto chunked = [](std::string_view body) {
    std::string out = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (; !body.empty(); body.remove_prefix(std::min<std::size_t>(body.size(), 4096))) {
      const auto part = body.substr(0, 4096);
      std::array<char, 32> size{};
      (void)std::snprintf(size.data(), size.size(), "%zx\r\n", part.size());
      out += concat(std::string_view(size.data()), part, "\r\n");
    }
    return out + "0\r\n\r\n";
  };
  const auto sends = [](std::string_view part, const std::string& bytes) {
    return on(part, [bytes](const auto&, auto& c) { c.send(bytes); });
  };
  check_all({
      {"length one more", on(blob, [&](const auto&, auto& c) { c.respond(200, {}, layer + "x"); }),
       Errc::kIntegrity, "is sent with 300001 bytes, but 300000 were declared"},
      {"length one less",
       on(blob, [&](const auto&, auto& c) { c.respond(200, {}, layer.substr(1)); }),
       Errc::kIntegrity, "is sent with 299999 bytes"},
      {"one more, chunked", sends(blob, chunked(layer + "x")), Errc::kIntegrity, "longer than"},
      {"endless",
       on(blob,
          [&](const auto&, auto& c) {
            c.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            while (c.send("493e0\r\n" + layer + "\r\n")) {
            }
          }),
       Errc::kIntegrity, "longer than"},
      {"one less, chunked, always",
       on(blob,
          [&](const auto& request, auto& c) {
            if (request.header("range").empty())
              return void(c.send(chunked(layer.substr(0, 299'999))));
            c.respond(200, {}, layer.substr(0, 299'999));
          }),
       Errc::kIntegrity, ""},
      {"one less, chunked, once", first(1, sends(blob, chunked(layer.substr(0, 299'999)))),
       std::nullopt, ""},
      {"config one more",
       on(Digest::of(config).str(),
          [&](const auto&, auto& c) { c.respond(200, {}, config + " "); }),
       Errc::kIntegrity, "were declared"},
      {"config one more, chunked", sends(Digest::of(config).str(), chunked(config + " ")),
       Errc::kIntegrity, "longer than"},
      {"config one less, chunked",
       sends(Digest::of(config).str(), chunked(config.substr(0, config.size() - 1))),
       Errc::kIntegrity, "were declared"},
      {"manifest of 5 MB",
       on("manifests",
          [](const auto&, auto& c) { c.respond(200, {}, std::string(5'000'000, ' ')); }),
       Errc::kInvalid, "larger than the limit of 4194304 bytes"},
      {"manifest endless",
       on("manifests",
          [&](const auto&, auto& c) {
            c.send("HTTP/1.1 200 OK\r\n\r\n");
            while (c.send(layer)) {
            }
          }),
       Errc::kInvalid, "larger than the limit of 4194304 bytes"},
      {"negative length", raw(blob, "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
       Errc::kTransient, ""},
  });
}

// The first answer breaks at byte 100000; then `f` answers what asks for the rest.
Fault resumed(std::function<void(const HttpServerRequest&, HttpServerConnection&)> f) {
  const auto layer = Content().layers[0];
  return on(Digest::of(layer).str(), [layer, f = std::move(f)](const auto& request, auto& c) {
    if (!request.header("range").empty()) return f(request, c);
    c.send(concat("HTTP/1.1 200 OK\r\nContent-Length: ", layer.size(), "\r\n\r\n"));
    c.send(layer.substr(0, 100'000));
    c.close();
  });
}

TEST(HostileRegistry, ResumesWithRangesOfAllKinds) {
  const auto layer = Content().layers[0];
  const auto part = [&](std::string range, std::size_t from, std::size_t count) {
    return resumed([=](const auto&, auto& c) {
      c.respond(206, {"Content-Range: " + range}, layer.substr(from, count));
    });
  };
  check_all({
      {"exact", part("bytes 100000-299999/300000", 100'000, 200'000), std::nullopt, ""},
      {"unknown total", part("bytes 100000-299999/*", 100'000, 200'000), std::nullopt, ""},
      {"shorter each time", resumed([&](const auto& request, auto& c) {
         const auto from = std::stoul(request.header("range").substr(6));
         const auto last = std::min<std::size_t>(from + 49'999, 299'999);
         c.respond(206, {concat("Content-Range: bytes ", from, "-", last, "/300000")},
                   layer.substr(from, last - from + 1));
       }),
       std::nullopt, ""},
      {"the whole again", resumed([&](const auto&, auto& c) { c.respond(200, {}, layer); }),
       std::nullopt, ""},
      {"the whole again, with other bytes",
       resumed([&](const auto&, auto& c) { c.respond(200, {}, with_wrong_byte(layer, 100'000)); }),
       Errc::kIntegrity, "wrong sha256"},
      {"another whole", resumed([&](const auto&, auto& c) { c.respond(200, {}, layer + "x"); }),
       Errc::kIntegrity, "were declared"},
      {"from the start", part("bytes 0-299999/300000", 0, 300'000), Errc::kTransient,
       "answered from byte 0"},
      {"from one further", part("bytes 100001-299999/300000", 100'001, 199'999), Errc::kTransient,
       "answered from byte 100001"},
      {"of another total", part("bytes 100000-299999/300001", 100'000, 200'000), Errc::kIntegrity,
       "300000 bytes were declared"},
      {"beyond the end", part("bytes 100000-300000/300001", 100'000, 200'000), Errc::kIntegrity,
       "300000 bytes were declared"},
      {"beyond the end, unknown total", part("bytes 100000-300000/*", 100'000, 200'000),
       Errc::kIntegrity, "300000 bytes were declared"},
      {"backwards", part("bytes 299999-100000/300000", 100'000, 200'000), Errc::kTransient,
       "not which"},
      {"without a range",
       resumed([&](const auto&, auto& c) { c.respond(206, {}, layer.substr(100'000)); }),
       Errc::kTransient, "not which"},
      {"less than it says", part("bytes 100000-299999/300000", 100'000, 100), Errc::kTransient,
       "with 100 bytes"},
      {"other bytes", part("bytes 100000-299999/300000", 99'999, 200'000), Errc::kIntegrity,
       "wrong sha256"},
      {"in several parts", resumed([&](const auto&, auto& c) {
         c.respond(206, {"Content-Type: multipart/byteranges; boundary=x"}, "--x--");
       }),
       Errc::kTransient, "in several parts"},
      {"416", resumed([&](const auto& request, auto& c) {
         (void)request;
         c.respond(416, {"Content-Range: bytes */300000"}, "");
       }),
       Errc::kTransient, ""},
      {"no more credentials", resumed([](const auto&, auto& c) { c.respond_status(403); }),
       Errc::kDenied, ""},
      {"gone", resumed([](const auto&, auto& c) { c.respond_status(404); }), Errc::kNotFound, ""},
  });
}

TEST(HostileRegistry, IsAskedForTheWholeWhereRangesAreRefused) {
  const auto layer = Content().layers[0];
  FaultyRegistry registry({}, [&](const auto& request, auto& c, int nth) {
    if (!wants(request, Digest::of(layer).str())) return false;
    if (!request.header("range").empty()) {
      c.respond_status(416);
    } else if (nth == 0) {
      c.send(concat("HTTP/1.1 200 OK\r\nContent-Length: ", layer.size(), "\r\n\r\n"));
      c.send(layer.substr(0, 100'000));
      c.close();
    } else {
      c.respond(200, {}, layer);
    }
    return true;
  });
  const auto pulled = registry.pull_it();
  ASSERT_TRUE(pulled.ok()) << pulled.error().message();
  EXPECT_TRUE(*pulled == registry.layers());
}

TEST(HostileRegistry, Redirects) {
  check_all({
      {"to a file", redirect("blobs", "file:///etc/passwd"), Errc::kDenied, "refused to follow"},
      {"to gopher", redirect("manifests", "gopher://127.0.0.1/"), Errc::kDenied,
       "refused to follow"},
      {"with user", redirect("blobs", "http://u:hunter2@127.0.0.1/"), Errc::kDenied, "user name"},
      {"to the metadata service", redirect("blobs", "http://169.254.169.254/latest"), Errc::kDenied,
       "link-local"},
      {"to itself", redirect("blobs", "/v2/ns/os/blobs/loop"), Errc::kTransient,
       "more than 5 redirects"},
      {"nowhere", status("blobs", 307), Errc::kTransient, "a redirect without a target"},
      {"to two places",
       on("blobs",
          [](const auto&, auto& c) {
            c.respond(302, {"Location: /a", "Location: /b"}, "");
          }),
       Errc::kTransient, "a redirect without a target"},
      {"to a closed port", redirect("blobs", "http://127.0.0.1:1/x?sig=canary"), Errc::kTransient,
       "127.0.0.1:1"},
  });
}

}  // namespace
}  // namespace pivotd::oci
