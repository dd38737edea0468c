// What else of Emscripten waits: a promise, a function of JavaScript that uses handleSleep, and emscripten_wget.
#include <emscripten.h>
#include <stdio.h>
#include <stdlib.h>

EM_ASYNC_JS(int, next_day, (int day), {
  await new Promise((resolve) => setTimeout(resolve, 10));
  return day + 1;
});

EM_JS(double, half_later, (double value), {
  return Asyncify.handleSleep((wakeUp) => setTimeout(() => wakeUp(value / 2), 10));
});

EM_JS(void, count_events, (), {
  Module.events = 0;
  Module.timer = setInterval(() => Module.events++, 1);
});

EM_JS(int, events_happened, (), {
  clearInterval(Module.timer);
  return Module.events > 0;
});

int main(void) {
  count_events();
  int day = 0;
  for (int i = 0; i < 3; i++) day += next_day(day);
  printf("days: %d, half: %.2f\n", day, half_later(5) + half_later(0.5));

  emscripten_wget("waits.txt", "/local.txt");
  char line[80] = "nothing\n";
  FILE *file = fopen("/local.txt", "r");
  if (file) fgets(line, sizeof line, file);
  printf("fetched: %s", line);
  printf("events meanwhile: %s\n", events_happened() ? "some" : "none");
  return 0;
}
