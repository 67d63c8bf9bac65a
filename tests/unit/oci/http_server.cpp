#include "http_server.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "pivotd/base/result.h"
#include "pivotd/base/text.h"

namespace pivotd::fakes {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds kTick{20};

bool is_readable(int socket, milliseconds within) {
  pollfd entry{.fd = socket, .events = POLLIN, .revents = 0};
  return ::poll(&entry, 1, static_cast<int>(within.count())) > 0;
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

HttpServerRequest parse_head(const std::string& head) {
  HttpServerRequest request;
  const auto lines = split(head, '\n');
  const auto words = split(lines.at(0), ' ');
  request.method = words.at(0);
  request.target = words.size() > 1 ? words[1] : "";
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto colon = lines[i].find(": ");
    if (colon == std::string::npos) continue;
    auto value = lines[i].substr(colon + 2);
    if (value.ends_with('\r')) value.pop_back();
    auto& all = request.headers[lower(lines[i].substr(0, colon))];
    all += all.empty() ? value : ", " + value;
  }
  return request;
}

}  // namespace

std::string HttpServerRequest::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

bool HttpServerConnection::send(std::string_view bytes) {
  while (open_ && !bytes.empty() && !stopping_) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) {
      open_ = false;
      break;
    }
    pollfd entry{.fd = socket_, .events = POLLOUT, .revents = 0};
    (void)::poll(&entry, 1, static_cast<int>(kTick.count()));
  }
  return open_ && bytes.empty();
}

void HttpServerConnection::respond(int status, const std::vector<std::string>& headers,
                                   std::string_view body) {
  std::string head = concat("HTTP/1.1 ", status, " Scripted\r\n");
  for (const auto& header : headers) head += header + "\r\n";
  head += concat("Content-Length: ", body.size(), "\r\n\r\n");
  send(head + std::string(body));
}

void HttpServerConnection::close() {
  (void)::shutdown(socket_, SHUT_RDWR);
  open_ = false;
}

void HttpServerConnection::reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  (void)::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  open_ = false;
}

bool HttpServerConnection::client_is_gone(milliseconds within) {
  std::array<char, 1> byte{};
  return is_readable(socket_, within) &&
         ::recv(socket_, byte.data(), byte.size(), MSG_PEEK | MSG_DONTWAIT) <= 0;
}

void HttpServerConnection::stall() {
  while (!stopping_ && !client_is_gone(kTick)) {
  }
  open_ = false;
}

void HttpServerConnection::pause(milliseconds duration) {
  if (!stopping_ && client_is_gone(duration)) open_ = false;
}

HttpServer::HttpServer(Handler handler)
    : handler_(std::move(handler)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  PIVOTD_ASSERT(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) ==
                0);
  PIVOTD_ASSERT(::listen(listener_.get(), 64) == 0);
  socklen_t size = sizeof address;
  PIVOTD_ASSERT(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_loop(); });
}

HttpServer::~HttpServer() {
  stopping_ = true;
  acceptor_.join();
  for (auto& connection : connections_) connection.join();
}

std::string HttpServer::host() const {
  return concat("127.0.0.1:", port_);
}

std::vector<HttpServerRequest> HttpServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::vector<HttpServerRequest> HttpServer::requests_for(std::string_view part) const {
  std::vector<HttpServerRequest> found;
  for (auto& request : requests())
    if (request.target.find(part) != std::string::npos) found.push_back(std::move(request));
  return found;
}

std::size_t HttpServer::count_of(std::string_view target) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(
      std::ranges::count(requests_, target, &HttpServerRequest::target));
}

void HttpServer::accept_loop() {
  while (!stopping_) {
    if (!is_readable(listener_.get(), kTick)) continue;
    const int socket = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    connections_.emplace_back([this, socket] { serve(socket); });
  }
}

void HttpServer::serve(int socket) {
  const Fd owner(socket);
  HttpServerConnection connection(socket, stopping_);
  std::string received;
  const auto receive_until = [&](const std::function<bool()>& enough) {
    std::array<char, 4096> block{};
    while (!enough()) {
      if (stopping_) return false;
      if (!is_readable(socket, kTick)) continue;
      const auto count = ::recv(socket, block.data(), block.size(), 0);
      if (count <= 0) return false;
      received.append(block.data(), static_cast<std::size_t>(count));
      // A TLS hello: this server speaks plain HTTP only, and says so by hanging up.
      if (received.front() == '\x16') return false;
    }
    return true;
  };
  while (connection.is_open()) {
    if (!receive_until([&] { return received.find("\r\n\r\n") != std::string::npos; })) return;
    const auto end = received.find("\r\n\r\n");
    auto request = parse_head(received.substr(0, end));
    received.erase(0, end + 4);
    const auto length = request.header("content-length");
    const auto size = length.empty() ? std::size_t{0} : std::stoul(length);
    if (!receive_until([&] { return received.size() >= size; })) return;
    request.body = received.substr(0, size);
    received.erase(0, size);
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    handler_(request, connection);
  }
}

}  // namespace pivotd::fakes
