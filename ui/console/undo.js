// What can be undone, counting down by itself; a click names the answer that is to be taken back.

function tick(state) {
  const now = performance.now();
  for (const [name, line] of state.lines) {
    const left = Math.ceil((line.until - now) / 1000);
    line.button.textContent = line.label.replace("{seconds}", left);
    if (left <= 0) line.row.remove();
  }
  state.bar.hidden = state.bar.childElementCount === 0;
}

function draw(state, data, tell) {
  const now = performance.now();
  const lines = data.given.map((given) => {
    const known = state.lines.get(given.name);
    const row = make("div", "undo-line");
    const button = make("button", "undo-button");
    button.type = "button";
    button.addEventListener("click", () => {
      row.remove();
      tick(state);
      tell(given.name);
    });
    row.append(make("span", "undo-text", given.text), button);
    return [given.name, { row, button, label: data.label, until: known?.until ?? now + given.seconds * 1000 }];
  });
  state.lines = new Map(lines);
  state.bar.replaceChildren(...lines.map(([, line]) => line.row));
  tick(state);
}

const living = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  let state = living.get(parentElement);
  if (!state) {
    state = { bar: make("div", "undo-bar"), lines: new Map(), turn: 0 };
    state.bar.setAttribute("role", "status");
    state.timer = setInterval(() => tick(state), 250);
    parentElement.append(state.bar);
    living.set(parentElement, state);
  }
  draw(state, data, (name) => setTriggerValue("undone", name));
  const turn = (state.turn += 1);
  return () => {
    if (turn !== state.turn) return; // a later look draws into the same bar
    clearInterval(state.timer);
    living.delete(parentElement);
    state.bar.remove();
  };
}
