// The same with C++: handles that close themselves, and a stream in memory of the program's own.
#include <sluice.h>

#include <cstdio>
#include <memory>
#include <new>
#include <stdexcept>
#include <string_view>

struct Close {
  void operator()(sluice_model_t *model) const { sluice_close(model); }
  void operator()(sluice_stream_t *stream) const { sluice_stream_destroy(stream); }
};
using Model = std::unique_ptr<sluice_model_t, Close>;
using Stream = std::unique_ptr<sluice_stream_t, Close>;

static void check(sluice_status status, const sluice_error &error) {
  if (status != SLUICE_OK) throw std::runtime_error(error.message);
}

int main(int count, char **arguments) try {
  if (count != 3) return std::fprintf(stderr, "usage: sentiment MODEL.sluice TEXT\n"), 2;
  sluice_error error;
  sluice_model_t *opened;
  check(sluice_open_file(arguments[1], nullptr, &opened, &error), error);
  Model model(opened);
  if (!sluice_reads_tokens(opened) || sluice_output_size(opened) != 1)
    throw std::runtime_error("expected a model that reads words and has one output");

  auto size = sluice_stream_size(model.get(), 1);
  std::align_val_t alignment{sluice_stream_alignment()};
  auto release = [&](void *memory) { operator delete(memory, alignment); };
  std::unique_ptr<void, decltype(release)> memory(operator new(size, alignment), release);
  sluice_stream_t *made;
  check(sluice_stream_init(model.get(), 1, memory.get(), size, &made, &error), error);
  Stream stream(made);

  std::string_view text = arguments[2];
  float answer = 0;
  int32_t token;
  auto status = SLUICE_WRONG_INPUT;  // until there is a word
  for (std::size_t at = 0; sluice_next_token(model.get(), text.data(), text.size(), &at, &token);)
    if ((status = sluice_step_token(stream.get(), token, &answer))) break;
  if (status) throw std::runtime_error(sluice_status_text(status));
  std::printf("%s %.3f\n", answer >= 0.5f ? "positive" : "negative", double(answer));
} catch (const std::exception &error) {
  return std::fprintf(stderr, "%s\n", error.what()), 1;
}
