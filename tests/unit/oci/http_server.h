#pragma once
// A small HTTP server on loopback whose every answer is scripted byte by byte, so that it can lie,
// stall and break in every place a real one could.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "pivotd/base/fd.h"

namespace pivotd::fakes {

struct HttpServerRequest {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  std::string header(const std::string& name) const;
};

// The server's side of one connection.
class HttpServerConnection {
 public:
  HttpServerConnection(int socket, const std::atomic<bool>& stopping)
      : socket_(socket), stopping_(stopping) {}

  // As they are. False when the client is gone.
  bool send(std::string_view bytes);
  // A whole answer with Content-Length, after which the connection stays open.
  void respond(int status, const std::vector<std::string>& headers, std::string_view body);
  void respond_status(int status) { respond(status, {}, ""); }
  // Ends the connection: in order, or with a reset.
  void close();
  void reset();
  // Says nothing until the client goes away or the server stops.
  void stall();
  // Waits at most this long, less when the client goes away.
  void pause(std::chrono::milliseconds duration);

  bool is_open() const { return open_; }

 private:
  bool client_is_gone(std::chrono::milliseconds within);

  int socket_;
  const std::atomic<bool>& stopping_;
  bool open_ = true;
};

class HttpServer {
 public:
  using Handler = std::function<void(const HttpServerRequest&, HttpServerConnection&)>;

  explicit HttpServer(Handler handler);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  std::string host() const;  // "127.0.0.1:41234"
  std::vector<HttpServerRequest> requests() const;
  std::size_t count_of(std::string_view target) const;
  // Those for a target that holds this text.
  std::vector<HttpServerRequest> requests_for(std::string_view part) const;

 private:
  void accept_loop();
  void serve(int socket);

  Handler handler_;
  Fd listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::vector<HttpServerRequest> requests_;
  std::vector<std::thread> connections_;
  std::thread acceptor_;
};

}  // namespace pivotd::fakes
