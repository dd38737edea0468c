// C++: virtual functions that sleep, under exceptions, in functions with long names.
#include <emscripten.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <vector>

struct Shape {
  virtual double area(int scale) const = 0;
  virtual ~Shape() = default;
};

struct Square : Shape {
  explicit Square(double side) : side(side) {}
  double area(int scale) const override {
    emscripten_sleep(1);
    if (scale == 2) throw std::runtime_error("two");
    return side * side * scale;
  }
  double side;
};

namespace shapes {
__attribute__((noinline)) double sum(const std::vector<std::unique_ptr<Shape>> &shapes, int scale) {
  double total = 0;
  for (auto &shape : shapes) {
    total += shape->area(scale);
    emscripten_sleep(0);
  }
  return total;
}
}  // namespace shapes

int main() {
  std::vector<std::unique_ptr<Shape>> all;
  for (int i = 0; i < 4; i++) all.emplace_back(new Square(i));
  for (int scale = 1; scale < 4; scale++) {
    try {
      printf("%d %.1f\n", scale, shapes::sum(all, scale));
    } catch (const std::exception &error) {
      printf("%d %s\n", scale, error.what());
    }
  }
}
