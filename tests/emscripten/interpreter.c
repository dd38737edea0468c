// An interpreter whose operations are functions in a table. It sleeps in the middle of them: under indirect calls, under
// recursion, in a comparison that qsort makes, between the arguments of printf. With -DNO_SLEEP the same without pauses.
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef NO_SLEEP
static void pause_here(void) {}
static void tell_pauses(void) {}
#else
#include <emscripten.h>
static unsigned seen;
static void pause_here(void) {
  if (++seen % 3 == 0) emscripten_sleep(0);
}
static void tell_pauses(void) { fprintf(stderr, "%u pauses\n", seen / 3); }
#endif

typedef struct Machine Machine;
typedef void (*Operation)(Machine *, int32_t);

struct Machine {
  int64_t stack[256];
  int top;
  int next;
  uint64_t hash;
  double total;
  const struct Instruction *code;
};

struct Instruction {
  uint8_t operation;
  int32_t argument;
};

static void run(Machine *machine, int from);

static void push(Machine *machine, int64_t value) { machine->stack[machine->top++] = value; }
static int64_t pop(Machine *machine) { return machine->stack[--machine->top]; }

static void note(Machine *machine, int64_t value) {
  machine->hash = (machine->hash ^ (uint64_t)value) * 1099511628211u;
  machine->total += (double)value / 3;
}

static void do_number(Machine *machine, int32_t argument) { push(machine, argument); }

static void do_copy(Machine *machine, int32_t depth) { push(machine, machine->stack[machine->top - 1 - depth]); }

static int64_t add(int64_t a, int64_t b) { return a + b; }
static int64_t subtract(int64_t a, int64_t b) { return a - b; }
static int64_t multiply(int64_t a, int64_t b) { pause_here(); return a * b; }
static int64_t less(int64_t a, int64_t b) { return a < b; }
static int64_t remainder_of(int64_t a, int64_t b) { pause_here(); return b ? a % b : -1; }

static int64_t (*const binary[])(int64_t, int64_t) = {add, subtract, multiply, less, remainder_of};

static void do_binary(Machine *machine, int32_t which) {
  int64_t b = pop(machine), a = pop(machine);
  push(machine, binary[which](a, b));
}

static void do_jump_if_zero(Machine *machine, int32_t target) {
  if (!pop(machine)) machine->next = target;
}

static void do_call(Machine *machine, int32_t target) {
  int back = machine->next;
  run(machine, target);
  machine->next = back;
}

static void do_swap(Machine *machine, int32_t depth) {
  int64_t value = machine->stack[machine->top - 1];
  machine->stack[machine->top - 1] = machine->stack[machine->top - 1 - depth];
  machine->stack[machine->top - 1 - depth] = value;
}

static void do_drop(Machine *machine, int32_t count) { machine->top -= count; }

static int64_t stop_and_tell(int64_t value) {
  pause_here();
  return value;
}

static void do_print(Machine *machine, int32_t argument) {
  int64_t value = pop(machine);
  note(machine, value);
  printf("%c %lld %lld %.3f\n", (char)argument, (long long)stop_and_tell(value), (long long)stop_and_tell(value * 2),
         (double)stop_and_tell(value) / 7);
}

enum { NUMBER, COPY, BINARY, JUMP_IF_ZERO, CALL, SWAP, DROP, PRINT, RETURN };
static const Operation operations[] = {do_number, do_copy, do_binary, do_jump_if_zero, do_call, do_swap, do_drop, do_print};

static void run(Machine *machine, int from) {
  machine->next = from;
  for (;;) {
    const struct Instruction *instruction = &machine->code[machine->next++];
    if (instruction->operation == RETURN) return;
    operations[instruction->operation](machine, instruction->argument);
  }
}

enum { ADD, SUBTRACT, MULTIPLY, LESS, REMAINDER };

// 0: fibonacci of the top; 16: its factorial; 32: both, and a remainder
static const struct Instruction program[] = {
    [0] = {COPY, 0}, {NUMBER, 2}, {BINARY, LESS}, {JUMP_IF_ZERO, 5}, {RETURN, 0},
    [5] = {COPY, 0}, {NUMBER, 1}, {BINARY, SUBTRACT}, {CALL, 0}, {SWAP, 1},
    {NUMBER, 2}, {BINARY, SUBTRACT}, {CALL, 0}, {BINARY, ADD}, {RETURN, 0},
    [16] = {COPY, 0}, {JUMP_IF_ZERO, 24}, {COPY, 0}, {NUMBER, 1}, {BINARY, SUBTRACT}, {CALL, 16}, {BINARY, MULTIPLY},
    {RETURN, 0}, [24] = {DROP, 1}, {NUMBER, 1}, {RETURN, 0},
    [32] = {NUMBER, 11}, {CALL, 0}, {PRINT, 'f'}, {NUMBER, 15}, {CALL, 16}, {PRINT, '!'},
    {NUMBER, 1000007}, {NUMBER, 997}, {BINARY, REMAINDER}, {PRINT, '%'}, {RETURN, 0},
};

static int compare(const void *a, const void *b) {
  pause_here();
  return strcmp(*(char *const *)a, *(char *const *)b);
}

// a sum over a list of arguments, with a pause between one and the next
static double sum(int count, ...) {
  va_list arguments;
  double total = 0;
  va_start(arguments, count);
  while (count--) {
    total += va_arg(arguments, double);
    pause_here();
  }
  va_end(arguments);
  return total;
}

static int paths(int x, int y) {
  pause_here();
  return !x || !y ? 1 : paths(x - 1, y) + paths(x, y - 1);
}

int main(void) {
  Machine *machine = calloc(1, sizeof *machine);
  machine->code = program;
  machine->hash = 14695981039346656037u;
  run(machine, 32);

  char *words[] = {"wake", "rest", "nap", "doze", "sleep", "snooze", "dream", "slumber", "drowse"};
  qsort(words, sizeof words / sizeof *words, sizeof *words, compare);
  for (unsigned i = 0; i < sizeof words / sizeof *words; i++) printf("%s ", words[i]);

  printf("\n%.4f %d\n", sum(4, 0.5, 0.25, 1e3, -2.0), paths(5, 6));
  printf("%016llx %.5f %d\n", (unsigned long long)machine->hash, machine->total, machine->top);
  free(machine);
  tell_pauses();
  return 0;
}
