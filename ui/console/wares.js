// Listings one below the other, one opened, several chosen. Everything that people wrote is set as text, never as markup.

// A text from outside: in its own direction, whatever stands around it.
const said = (tag, name, text, language) => {
  const made = make(tag, name, text);
  made.dir = "auto";
  if (language) made.lang = language;
  return made;
};

function drawFrame(row) {
  const frame = make("span", "frame");
  if (row.ground) frame.style.background = row.ground;
  if (!row.picture) return frame;
  const picture = make("img");
  Object.assign(picture, { src: row.picture, alt: "", decoding: "async" });
  frame.append(picture);
  return frame;
}

function drawRow(row, state) {
  const item = make("li", `row ${row.state}`);
  item.dataset.id = row.id;
  if (state.data.choosing) {
    const label = make("label", "choose");
    const box = make("input");
    Object.assign(box, { type: "checkbox", disabled: !row.open });
    box.setAttribute("aria-label", `${state.data.words.choose} ${row.title}`);
    box.addEventListener("change", () => state.choose([row.id], box.checked));
    label.append(box);
    item.append(label);
  }
  const open = make("button", "open");
  open.type = "button";
  const words = make("span", "words");
  const top = make("span", "top");
  top.append(said("span", "title", row.title, row.language), make("span", "price", row.price));
  const line = make("span", "line");
  line.append(make("span", `badge ${row.colour}`, row.status), make("span", "where", row.where), make("span", "age", row.age));
  words.append(top, line, said("span", "next", row.next));
  open.append(drawFrame(row), words);
  open.title = row.title;
  open.addEventListener("click", () => state.open(row.id));
  item.append(open);
  return item;
}

const choosable = (state) => state.data.rows.filter((row) => row.open).map((row) => row.id);

function drawHead(state) {
  const { words, pages, choosing } = state.data;
  const head = make("div", "head");
  state.all = null;
  if (choosing) {
    const label = make("label", "all");
    state.all = make("input");
    Object.assign(state.all, { type: "checkbox", disabled: choosable(state).length === 0 });
    label.hidden = state.all.disabled;
    state.all.addEventListener("change", () => state.choose(choosable(state), state.all.checked));
    label.append(state.all, make("span", "", words.all));
    head.append(label);
  }
  const turn = make("span", "pages");
  turn.append(make("span", "range", pages.range));
  for (const [way, sign, can] of [["back", "‹", pages.back], ["on", "›", pages.on]]) {
    const button = make("button", way, sign);
    Object.assign(button, { type: "button", disabled: !can });
    button.setAttribute("aria-label", words[way]);
    button.addEventListener("click", () => state.turn(way));
    turn.append(button);
  }
  head.append(turn);
  return head;
}

function mark(state) {
  for (const item of state.root.querySelectorAll(".row")) {
    const box = item.querySelector("input");
    if (box) box.checked = state.chosen.has(item.dataset.id);
    item.classList.toggle("chosen", state.chosen.has(item.dataset.id));
  }
  if (!state.all) return;
  const ids = choosable(state);
  const some = ids.filter((id) => state.chosen.has(id)).length;
  state.all.checked = ids.length > 0 && some === ids.length;
  state.all.indeterminate = some > 0 && some < ids.length;
}

// Arrows go from one to the next.
function walk(state, event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
  const all = [...state.root.querySelectorAll(".open")];
  const at = all.indexOf(event.target);
  if (at < 0 || !all[at + step]) return;
  all[at + step].focus();
  event.preventDefault();
}

function begin(parent, tell) {
  const state = { root: make("div", "wares"), drawn: new Map(), chosen: new Set(), asked: 0, data: null, all: null };
  state.list = make("ul", "list");
  state.open = (id) => {
    state.asked += 1;
    tell("opened", [id, state.asked]);
    toTop();
  };
  state.choose = (ids, wanted) => {
    for (const id of ids) wanted ? state.chosen.add(id) : state.chosen.delete(id);
    mark(state);
    state.asked += 1;
    tell("chosen", [state.data.rows.map((row) => row.id).filter((id) => state.chosen.has(id)), state.asked]);
  };
  state.turn = (way) => state.data.pages[way] && tell("turned", way);
  state.list.addEventListener("keydown", (event) => walk(state, event));
  parent.append(state.root);
  return state;
}

const living = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const state = living.get(parentElement) ?? begin(parentElement, (name, value) => setTriggerValue(name, value));
  living.set(parentElement, state);
  state.data = data;
  if (data.answered >= state.asked) state.chosen = new Set(data.chosen); // else a later wish is on its way
  state.asked = Math.max(state.asked, data.answered);
  const drawn = new Map();
  for (const row of data.rows) {
    const told = JSON.stringify([row, data.choosing]);
    const stands = state.drawn.get(row.id);
    drawn.set(row.id, stands?.told === told ? stands : { told, item: drawRow(row, state) });
  }
  const items = [...drawn.values()].map(({ item }) => item);
  if (items.length !== state.list.children.length || items.some((item, at) => state.list.children[at] !== item)) {
    const held = state.root.getRootNode().activeElement?.closest?.(".row")?.dataset.id;
    state.list.replaceChildren(...items);
    if (held && drawn.has(held)) drawn.get(held).item.querySelector(".open").focus({ preventScroll: true });
  }
  state.drawn = drawn;
  const { back, on } = data.pages;
  state.root.replaceChildren(...(data.choosing || back || on ? [drawHead(state)] : []), state.list);
  mark(state);
  return () => {
    living.delete(parentElement);
    state.root.remove();
  };
}
