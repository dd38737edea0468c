// Emscripten's fibers, which switch stacks with the same control functions; one of them sleeps too.
#include <emscripten.h>
#include <emscripten/fiber.h>
#include <stdio.h>

static emscripten_fiber_t main_fiber, other_fiber;
static char main_frames[8192], other_frames[8192];
static _Alignas(16) char other_stack[16384];

static void count(void *name) {
  for (int i = 0;; i++) {
    printf("%s %d\n", (const char *)name, i);
    emscripten_sleep(1);
    emscripten_fiber_swap(&other_fiber, &main_fiber);
  }
}

int main(void) {
  emscripten_fiber_init_from_current_context(&main_fiber, main_frames, sizeof main_frames);
  emscripten_fiber_init(&other_fiber, count, "other", other_stack, sizeof other_stack, other_frames,
                        sizeof other_frames);
  for (int i = 0; i < 3; i++) {
    printf("main %d\n", i);
    emscripten_fiber_swap(&main_fiber, &other_fiber);
  }
  puts("done");
  return 0;
}
