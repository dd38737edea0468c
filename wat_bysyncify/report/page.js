// All in its place. The address can say how far to go, for a lecture: report.html#steps=3, or #steps=end.

const MOST_STEPS = 200; // of #steps=end

async function main() {
  const data = JSON.parse(document.getElementById("data").textContent);
  const functions = data.explanation.functions;
  const can = functions.filter((each) => each.instrumented).length;
  document.getElementById("name").textContent = data.name;
  document.getElementById("summary").textContent =
    `${can} of ${functions.length === 1 ? "1 function" : `${functions.length} functions`} can pause, and ${can === 1 ? "is" : "are"} instrumented. ` +
    "Each line of the source stands beside what became of it; below, the module runs, and pauses where you say.";
  const text = new TextView(data);
  new FunctionView(data, text);
  showSizes(data);
  const run = new RunView(data, text);
  await run.start();
  const steps = new URLSearchParams(location.hash.slice(1)).get("steps");
  if (steps !== null && run.plan) {
    const count = steps === "end" ? MOST_STEPS : Math.min(MOST_STEPS, Number(steps) || 0);
    run.advance(count);
    document.getElementById("run").scrollIntoView();
  }
  document.documentElement.dataset.ready = "yes";
}

main();
