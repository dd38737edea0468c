// A scene of box2d-wasm: a pyramid of boxes that falls in on itself, for so many steps. The package's own glue
// instantiates the module; its first argument is the path of that glue.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const ROWS = 14;

export async function run(module, [glue, steps], seconds) {
  const box2d = await require(glue)({
    instantiateWasm(imports, done) {
      const instance = new WebAssembly.Instance(module, imports);
      done(instance, module);
      return instance.exports;
    },
  });
  const { b2BodyDef, b2EdgeShape, b2PolygonShape, b2Vec2, b2World, b2_dynamicBody } = box2d;
  const world = new b2World(new b2Vec2(0, -10));
  const ground = world.CreateBody(new b2BodyDef());
  const edge = new b2EdgeShape();
  edge.SetTwoSided(new b2Vec2(-40, 0), new b2Vec2(40, 0));
  ground.CreateFixture(edge, 0);
  const box = new b2PolygonShape();
  box.SetAsBox(0.5, 0.5);
  let last;
  for (let row = 0; row < ROWS; row++) {
    for (let column = row; column < ROWS; column++) {
      const definition = new b2BodyDef();
      definition.set_type(b2_dynamicBody);
      definition.set_position(new b2Vec2(1.125 * (column - row / 2) - 8, 1.5 + 1.25 * row));
      last = world.CreateBody(definition);
      last.CreateFixture(box, 5);
    }
  }
  const start = process.hrtime.bigint();
  for (let step = 0; step < Number(steps); step++) world.Step(1 / 60, 8, 3);
  const time = seconds(start);
  return [time, last.GetPosition().get_y()];
}
