#pragma once
// Owners for GLib's handles. Wrap on the line that receives: adopt() for (transfer full), share()
// for (transfer none), sink() for floating variants, out() for out-parameters, ErrorSlot for every
// GError**. Only .cpp files include this.

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <gio/gio.h>

#include "pivotd/base/result.h"
#include "pivotd/base/stop.h"

namespace pivotd::glib {

template <auto kFree>
struct Deleter {
  template <class T>
  void operator()(T* pointer) const noexcept {
    kFree(pointer);
  }
};

template <class T>
using Object = std::unique_ptr<T, Deleter<g_object_unref>>;
using Variant = std::unique_ptr<GVariant, Deleter<g_variant_unref>>;
using String = std::unique_ptr<char, Deleter<g_free>>;
using Strv = std::unique_ptr<char*, Deleter<g_strfreev>>;
using KeyFile = std::unique_ptr<GKeyFile, Deleter<g_key_file_unref>>;
using PtrArray = std::unique_ptr<GPtrArray, Deleter<g_ptr_array_unref>>;
using HashTable = std::unique_ptr<GHashTable, Deleter<g_hash_table_unref>>;
using Bytes = std::unique_ptr<GBytes, Deleter<g_bytes_unref>>;
using MainContext = std::unique_ptr<GMainContext, Deleter<g_main_context_unref>>;
using MainLoop = std::unique_ptr<GMainLoop, Deleter<g_main_loop_unref>>;

template <class T>
Object<T> adopt(T* object) {
  return Object<T>(object);
}
template <class T>
Object<T> share(T* object) {
  if (object != nullptr) g_object_ref(object);
  return Object<T>(object);
}
inline Variant sink(GVariant* variant) {
  return Variant(g_variant_ref_sink(variant));
}

// Lets C write into an owner: f(glib::out(owner)).
template <class Owner>
class Out {
 public:
  explicit Out(Owner& owner) : owner_(owner) {}
  Out(const Out&) = delete;
  Out& operator=(const Out&) = delete;
  ~Out() { owner_.reset(raw_); }
  operator typename Owner::pointer *() { return &raw_; }

 private:
  Owner& owner_;
  typename Owner::pointer raw_ = nullptr;
};
template <class Owner>
Out<Owner> out(Owner& owner) {
  return Out<Owner>(owner);
}

// Passed as GError**; turned into our Error. There is nothing to free and nothing to forget.
class ErrorSlot {
 public:
  ErrorSlot() = default;
  ErrorSlot(const ErrorSlot&) = delete;
  ErrorSlot& operator=(const ErrorSlot&) = delete;
  ~ErrorSlot() { g_clear_error(&error_); }

  operator GError**() { return &error_; }
  const GError* get() const { return error_; }
  bool matches(GQuark domain, int code) const {
    return error_ != nullptr && g_error_matches(error_, domain, code) != FALSE;
  }
  // The translation of what was reported, with what we were doing in front. The code is chosen by
  // domain and code, never by text: cancellation, no space, permission, not found, busy, timeouts;
  // else `otherwise`.
  Error take(std::string doing, Errc otherwise = Errc::kHost);

 private:
  GError* error_ = nullptr;
};

// A GCancellable that fires when stop is requested; live as long as the calls it is passed to.
class Cancellable {
 public:
  explicit Cancellable(const Stop& stop);
  Cancellable(const Cancellable&) = delete;
  Cancellable& operator=(const Cancellable&) = delete;
  GCancellable* get() const { return cancellable_.get(); }

 private:
  struct Cancel {
    GCancellable* cancellable;
    void operator()() const noexcept { g_cancellable_cancel(cancellable); }
  };
  Object<GCancellable> cancellable_;
  std::stop_callback<Cancel> callback_;
};

}  // namespace pivotd::glib
