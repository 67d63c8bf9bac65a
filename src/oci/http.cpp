#include "oci/http.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <curl/curl.h>

#include "pivotd/base/text.h"

#include "oci/system_roots.h"

namespace pivotd::oci {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kBufferedBytes = 256 * 1024;  // then the transfer is paused
constexpr std::size_t kReceiveBytes = 128 * 1024;
constexpr milliseconds kLongestPoll{200};

struct FreeEasy {
  void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};
struct FreeList {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, FreeEasy>;
using List = std::unique_ptr<curl_slist, FreeList>;

bool is_certificate_error(CURLcode code) {
  switch (static_cast<int>(code)) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT:
      return true;
    default:
      return false;
  }
}

Errc errc_of(CURLcode code) {
  if (is_certificate_error(code)) return Errc::kDenied;
  switch (static_cast<int>(code)) {
    case CURLE_OUT_OF_MEMORY:
      return Errc::kHost;
    case CURLE_FAILED_INIT:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_UNKNOWN_OPTION:
    case CURLE_NOT_BUILT_IN:
      return Errc::kInternal;
    default:
      return Errc::kTransient;
  }
}

void append(List& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  PIVOTD_ASSERT(longer != nullptr);  // out of memory
  (void)list.release();              // is `longer`'s head, or was empty
  list.reset(longer);
}

// The library copies the text.
curl_blob blob_of(const std::string& text) {
  return {.data = const_cast<char*>(text.data()), .len = text.size(), .flags = CURL_BLOB_COPY};
}

}  // namespace

// The connections, and the loop that moves every transfer on them.
class HttpClient::Pool {
 public:
  Pool(const Timeouts& timeouts, std::string user_agent)
      : timeouts_(timeouts), user_agent_(std::move(user_agent)) {
    static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    PIVOTD_ASSERT(initialised == CURLE_OK);
    multi_ = curl_multi_init();
    PIVOTD_ASSERT(multi_ != nullptr);
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool() { curl_multi_cleanup(multi_); }

  const Timeouts& timeouts() const { return timeouts_; }
  const std::string& user_agent() const { return user_agent_; }
  CURLM* multi() const { return multi_; }

  Result<void> perform();
  // Until something happens on a connection, the time is over, or wake() is called.
  void poll(milliseconds longest) {
    const auto bounded = std::clamp(longest, milliseconds(1), kLongestPoll);
    (void)curl_multi_poll(multi_, nullptr, 0, static_cast<int>(bounded.count()), nullptr);
  }
  void wake() noexcept { (void)curl_multi_wakeup(multi_); }  // from any thread

 private:
  Timeouts timeouts_;
  std::string user_agent_;
  CURLM* multi_ = nullptr;
};

class HttpClient::Exchange final : public HttpResponse {
 public:
  Exchange(Pool& pool, const HttpRequest& request);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange() override {
    (void)curl_multi_remove_handle(pool_.multi(), easy_.get());  // it was added, or is unknown
  }

  Result<void> start();
  Result<void> await_head(const Stop& stop);

  const HttpHead& head() const override { return head_.head(); }
  Result<std::size_t> read(std::span<std::byte> buffer, const Stop& stop) override;

  void finished(CURLcode code) noexcept { outcome_ = code; }

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    const auto code = curl_easy_setopt(easy_.get(), option, value);
    if (code != CURLE_OK && !failure_) {
      failure_ =
          Error(Errc::kInternal, concat("the HTTP library refused option ",
                                        static_cast<int>(option), ": ", curl_easy_strerror(code)));
    }
  }
  void set_request(const HttpRequest& request);
  void set_tls(const Tls& tls);
  void set_proxy(const std::optional<ProxyServer>& proxy);

  static std::size_t on_header(char* data, std::size_t one, std::size_t size, void* self) noexcept;
  static std::size_t on_body(char* data, std::size_t one, std::size_t size, void* self) noexcept;
  std::size_t buffered() const { return buffer_.size() - taken_; }
  std::size_t take(std::span<std::byte> out);
  Result<std::size_t> read_or_wait(std::span<std::byte> buffer, const Stop& stop);
  Result<void> note_wait(milliseconds waited);
  bool is_connected() const;  // through proxy and TLS, too
  Error library_error(CURLcode code) const;
  Error fail(Error error);

  Pool& pool_;
  std::string shown_;  // of the URL
  Easy easy_;
  List headers_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};

  HeadReader head_;

  std::string buffer_;
  std::size_t taken_ = 0;
  bool paused_ = false;
  std::optional<CURLcode> outcome_;
  std::optional<Error> failure_;

  // The window of the stall rule: only time spent waiting for the server counts, never the
  // reader's.
  milliseconds window_waited_{0};
  std::uint64_t window_bytes_ = 0;
};

Result<void> HttpClient::Pool::perform() {
  int running = 0;
  const auto code = curl_multi_perform(multi_, &running);
  if (code != CURLM_OK)
    return Error(Errc::kHost, concat("running a transfer: ", curl_multi_strerror(code)));
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    char* exchange = nullptr;
    (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);  // always set
    reinterpret_cast<Exchange*>(exchange)->finished(message->data.result);
  }
  return {};
}

HttpClient::Exchange::Exchange(Pool& pool, const HttpRequest& request)
    : pool_(pool), shown_(request.url.shown()), easy_(curl_easy_init()) {
  PIVOTD_ASSERT(easy_ != nullptr);
  set(CURLOPT_PRIVATE, static_cast<void*>(this));
  set(CURLOPT_ERRORBUFFER, error_text_.data());
  set(CURLOPT_HEADERFUNCTION, &Exchange::on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(CURLOPT_WRITEFUNCTION, &Exchange::on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_BUFFERSIZE, static_cast<long>(kReceiveBytes));
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(pool.timeouts().connect.count()));
  set(CURLOPT_TCP_KEEPALIVE, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
  // Without it, giving up waits for a name server that does not answer.
  set(CURLOPT_QUICK_EXIT, 1L);
  // Roots that an administrator replaced count from the next connection on.
  set(CURLOPT_CA_CACHE_TIMEOUT, 0L);
#endif
  set_request(request);
  set_tls(request.tls);
  set_proxy(request.proxy);
}

void HttpClient::Exchange::set_request(const HttpRequest& request) {
  set(CURLOPT_URL, request.url.str().c_str());
  set(CURLOPT_PATH_AS_IS, 1L);
#if LIBCURL_VERSION_NUM >= 0x075500
  set(CURLOPT_PROTOCOLS_STR, "http,https");
#else
  set(CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_HTTP_CONTENT_DECODING, 0L);
  set(CURLOPT_USERAGENT, pool_.user_agent().c_str());
  set(CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));  // ours never reach a proxy
  for (const auto& header : request.headers) append(headers_, header);
  append(headers_, "Accept-Encoding: identity");
  if (request.authorization) append(headers_, "Authorization: " + request.authorization->reveal());
  if (request.form) {
    append(headers_, "Expect:");
    set(CURLOPT_POSTFIELDSIZE, static_cast<long>(request.form->reveal().size()));
    set(CURLOPT_COPYPOSTFIELDS, request.form->reveal().c_str());
  }
  set(CURLOPT_HTTPHEADER, headers_.get());
}

void HttpClient::Exchange::set_tls(const Tls& tls) {
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  const bool verified = tls.verification == Tls::Verification::kVerified;
  set(CURLOPT_SSL_VERIFYPEER, verified ? 1L : 0L);
  set(CURLOPT_SSL_VERIFYHOST, verified ? 2L : 0L);
  if (!tls.extra_roots.empty()) {
    // A list of ours replaces the library's, so the system's roots have to be in it.
    const auto roots = system_roots();
    if (!roots.ok()) {
      failure_ = roots.error();
      return;
    }
    const std::string all = concat(*roots, "\n", tls.extra_roots);
    const auto blob = blob_of(all);
    set(CURLOPT_CAINFO_BLOB, &blob);
  }
  if (!tls.certificate || !tls.key) return;
  const auto certificate = blob_of(*tls.certificate);
  const auto key = blob_of(tls.key->reveal());
  set(CURLOPT_SSLCERT_BLOB, &certificate);
  set(CURLOPT_SSLKEY_BLOB, &key);
}

void HttpClient::Exchange::set_proxy(const std::optional<ProxyServer>& proxy) {
  // Both set always: the library would else look into the environment by its own rules.
  set(CURLOPT_PROXY, proxy ? proxy->url.c_str() : "");
  set(CURLOPT_NOPROXY, "");
  if (!proxy) return;
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_PROXYAUTH, static_cast<long>(CURLAUTH_BASIC));
  if (proxy->username.empty() && proxy->password.empty()) return;
  set(CURLOPT_PROXYUSERNAME, proxy->username.c_str());
  set(CURLOPT_PROXYPASSWORD, proxy->password.reveal().c_str());
}

Result<void> HttpClient::Exchange::start() {
  if (failure_) return *failure_;
  const auto code = curl_multi_add_handle(pool_.multi(), easy_.get());
  if (code != CURLM_OK)
    return Error(Errc::kHost, concat("starting a transfer: ", curl_multi_strerror(code)));
  return {};
}

Result<void> HttpClient::Exchange::await_head(const Stop& stop) {
  const std::stop_callback wake(stop, [this]() noexcept { pool_.wake(); });
  const auto& timeouts = pool_.timeouts();
  auto deadline = steady_clock::now() + timeouts.connect + timeouts.headers;
  bool is_sent = false;
  for (;;) {
    TRY(check(stop));
    TRY(pool_.perform());
    if (failure_) return *failure_;
    if (head_.is_complete()) return {};
    if (outcome_) return fail(library_error(*outcome_));
    if (!is_sent && is_connected()) {
      is_sent = true;
      deadline = steady_clock::now() + timeouts.headers;
    }
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    if (left <= milliseconds(0)) {
      return fail(Error(Errc::kTransient, concat("'", shown_, "': no answer within ",
                                                 timeouts.headers.count(), " ms")));
    }
    pool_.poll(left);
  }
}

bool HttpClient::Exchange::is_connected() const {
  curl_off_t microseconds = 0;
  const auto code = curl_easy_getinfo(easy_.get(), CURLINFO_PRETRANSFER_TIME_T, &microseconds);
  return code == CURLE_OK && microseconds > 0;
}

Result<std::size_t> HttpClient::Exchange::read(std::span<std::byte> buffer, const Stop& stop) {
  if (failure_) return *failure_;
  auto count = read_or_wait(buffer, stop);
  if (!count.ok()) failure_ = count.error();
  return count;
}

Result<std::size_t> HttpClient::Exchange::read_or_wait(std::span<std::byte> buffer,
                                                       const Stop& stop) {
  TRY(check(stop));
  if (buffered() > 0) return take(buffer);
  const std::stop_callback wake(stop, [this]() noexcept { pool_.wake(); });
  for (;;) {
    TRY(check(stop));
    if (!outcome_) TRY(pool_.perform());
    if (buffered() > 0) return take(buffer);
    if (failure_) return *failure_;
    if (outcome_ == CURLE_OK) return std::size_t{0};
    if (outcome_) return library_error(*outcome_);
    const auto before = steady_clock::now();
    pool_.poll(pool_.timeouts().stall - window_waited_);
    TRY(note_wait(std::chrono::duration_cast<milliseconds>(steady_clock::now() - before)));
  }
}

Result<void> HttpClient::Exchange::note_wait(milliseconds waited) {
  window_waited_ += waited;
  const auto stall = pool_.timeouts().stall;
  if (window_waited_ < stall) return {};
  const auto wanted =
      pool_.timeouts().stall_rate * static_cast<std::uint64_t>(stall.count()) / 1000;
  if (window_bytes_ < std::max<std::uint64_t>(wanted, 1)) {
    return Error(Errc::kTransient, concat("'", shown_, "': stalled: ", window_bytes_,
                                          " bytes within ", stall.count(), " ms"));
  }
  window_waited_ = milliseconds(0);
  window_bytes_ = 0;
  return {};
}

std::size_t HttpClient::Exchange::take(std::span<std::byte> out) {
  const auto count = std::min(out.size(), buffered());
  std::memcpy(out.data(), buffer_.data() + taken_, count);
  taken_ += count;
  if (buffered() == 0) {
    buffer_.clear();
    taken_ = 0;
  }
  if (paused_ && buffered() == 0) {
    paused_ = false;
    // May call on_body() at once; an error of it shows as the outcome of the transfer.
    (void)curl_easy_pause(easy_.get(), CURLPAUSE_CONT);
  }
  return count;
}

std::size_t HttpClient::Exchange::on_body(char* data, std::size_t one, std::size_t size,
                                          void* self) noexcept {
  auto& exchange = *static_cast<Exchange*>(self);
  const auto count = one * size;
  if (exchange.buffered() > 0 && exchange.buffered() + count > kBufferedBytes) {
    exchange.paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  exchange.buffer_.append(data, count);
  exchange.window_bytes_ += count;
  return count;
}

std::size_t HttpClient::Exchange::on_header(char* data, std::size_t one, std::size_t size,
                                            void* self) noexcept {
  auto& exchange = *static_cast<Exchange*>(self);
  const auto problem = exchange.head_.take({data, one * size});
  if (!problem) return one * size;
  exchange.failure_ = Error(Errc::kTransient,
                            concat("'", exchange.shown_, "': the server's answer has ", *problem));
  return 0;
}

Error HttpClient::Exchange::fail(Error error) {
  failure_ = std::move(error);
  return *failure_;
}

Error HttpClient::Exchange::library_error(CURLcode code) const {
  long proxy_status = 0;
  (void)curl_easy_getinfo(easy_.get(), CURLINFO_HTTP_CONNECTCODE, &proxy_status);  // else 0
  if (proxy_status == 407) {
    return {Errc::kDenied,
            concat("'", shown_, "': the proxy refused our credentials, or wants some (407)")};
  }
  if (code == CURLE_OUT_OF_MEMORY && !head_.is_complete()) {
    // What the library calls a header that is longer than its own limit.
    return {Errc::kTransient,
            concat("'", shown_, "': the server's answer has headers over the limit")};
  }
  const std::string_view text =
      error_text_[0] != '\0' ? error_text_.data() : curl_easy_strerror(code);
  // What a server that speaks plain HTTP looks like from here.
  const std::string_view hint =
      code == CURLE_SSL_CONNECT_ERROR
          ? " (a registry without TLS has to be marked insecure in registries.conf)"
          : "";
  return {errc_of(code), concat("'", shown_, "': ", printable(text), hint)};
}

HttpClient::HttpClient(const Timeouts& timeouts, std::string user_agent)
    : pool_(std::make_unique<Pool>(timeouts, std::move(user_agent))) {}

HttpClient::~HttpClient() = default;

Result<std::unique_ptr<HttpResponse>> HttpClient::send(const HttpRequest& request,
                                                       const Stop& stop) {
  TRY(check(stop));
  auto exchange = std::make_unique<Exchange>(*pool_, request);
  TRY(exchange->start());
  TRY(exchange->await_head(stop));
  return std::unique_ptr<HttpResponse>(std::move(exchange));
}

}  // namespace pivotd::oci
