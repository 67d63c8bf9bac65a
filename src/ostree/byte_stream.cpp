#include "ostree/byte_stream.h"

namespace pivotd::ostree {

namespace {

struct ByteStream {
  GInputStream parent;
  ByteSource* source;
  const Stop* stop;
  StreamFailure* failure;
};

struct ByteStreamClass {
  GInputStreamClass parent;
};

gssize read_stream(GInputStream* stream, void* buffer, gsize size, GCancellable* /*cancellable*/,
                   GError** error) noexcept {
  auto* self = reinterpret_cast<ByteStream*>(stream);
  if (size == 0) return 0;
  auto count = self->source->read({static_cast<std::byte*>(buffer), size}, *self->stop);
  if (count.ok()) return static_cast<gssize>(count.value());
  self->failure->error = std::move(count).error();
  g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_FAILED, "the stream failed");
  return -1;
}

void init_class(gpointer type_class, gpointer /*data*/) noexcept {
  G_INPUT_STREAM_CLASS(type_class)->read_fn = read_stream;
}

GType stream_type() {
  static const GType type = g_type_register_static_simple(
      G_TYPE_INPUT_STREAM, "PivotdByteStream", sizeof(ByteStreamClass), init_class,
      sizeof(ByteStream), nullptr, GTypeFlags{});
  return type;
}

}  // namespace

glib::Object<GInputStream> make_stream(ByteSource& source, const Stop& stop,
                                       StreamFailure& failure) {
  auto stream = glib::adopt(G_INPUT_STREAM(g_object_new(stream_type(), nullptr)));
  auto* self = reinterpret_cast<ByteStream*>(stream.get());
  self->source = &source;
  self->stop = &stop;
  self->failure = &failure;
  return stream;
}

}  // namespace pivotd::ostree
