// Pictures side by side, one opened, several chosen. Everything that people wrote is set as text, never as markup.

function drawTile(tile, state) {
  const item = make("li", `tile ${tile.state}`);
  item.dataset.id = tile.id;
  const open = make("button", "open");
  open.type = "button";
  const frame = make("span", "frame");
  if (tile.ground) frame.style.background = tile.ground;
  if (tile.picture) {
    const picture = make("img");
    Object.assign(picture, { src: tile.picture, alt: "", decoding: "async" });
    frame.append(picture);
  } else frame.append(make("span", "sign"));
  const foot = make("span", "foot");
  foot.append(make("span", "line", tile.line), make("span", "corner", tile.corner));
  open.append(frame, make("span", "text", tile.text), foot);
  if (tile.badge[1]) open.append(make("span", `badge ${tile.badge[0]}`, tile.badge[1]));
  open.title = tile.text;
  open.addEventListener("click", () => state.open(tile.id));
  item.append(open);
  if (state.data.choosing) {
    const label = make("label", "choose");
    const box = make("input");
    box.type = "checkbox";
    box.setAttribute("aria-label", `${state.data.words.choose} ${tile.text}`);
    box.addEventListener("change", () => state.choose([tile.id], box.checked));
    label.append(box);
    item.append(label);
  }
  return item;
}

function drawHead(state) {
  const { words, pages, choosing } = state.data;
  const head = make("div", "head");
  state.all = null;
  if (choosing) {
    const label = make("label", "all");
    state.all = make("input");
    state.all.type = "checkbox";
    state.all.addEventListener("change", () => state.choose(state.data.tiles.map((tile) => tile.id), state.all.checked));
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
  for (const item of state.root.querySelectorAll(".tile")) {
    const isOpen = item.dataset.id === state.opened;
    item.classList.toggle("opened", isOpen);
    item.querySelector("button").setAttribute("aria-current", isOpen ? "true" : "false");
    const box = item.querySelector("input");
    if (box) box.checked = state.chosen.has(item.dataset.id);
  }
  if (state.all) {
    const ids = state.data.tiles.map((tile) => tile.id);
    const some = ids.filter((id) => state.chosen.has(id)).length;
    state.all.checked = ids.length > 0 && some === ids.length;
    state.all.indeterminate = some > 0 && some < ids.length;
  }
  state.root.classList.toggle("choosing", state.chosen.size > 0);
}

// Arrows go from picture to picture, as they lie on the screen.
function walk(state, event) {
  const tiles = [...state.root.querySelectorAll(".open")];
  const at = tiles.indexOf(event.target);
  const wide = tiles.filter((tile) => tile.getBoundingClientRect().top === tiles[0].getBoundingClientRect().top).length;
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: wide, ArrowUp: -wide }[event.key];
  if (at < 0 || !step || event.ctrlKey || event.metaKey || event.altKey || !tiles[at + step]) return;
  tiles[at + step].focus();
  event.preventDefault();
}

function begin(parent, tell) {
  const state = { root: make("div", "tiles"), drawn: new Map(), chosen: new Set(), opened: "", asked: 0, data: null };
  state.list = make("ul", "list");
  state.open = (id) => {
    state.opened = id;
    mark(state);
    state.asked += 1;
    tell("opened", [id, state.asked]);
    toTop();
  };
  state.choose = (ids, wanted) => {
    for (const id of ids) wanted ? state.chosen.add(id) : state.chosen.delete(id);
    mark(state);
    state.asked += 1;
    tell("chosen", [state.data.tiles.map((tile) => tile.id).filter((id) => state.chosen.has(id)), state.asked]);
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
  if (data.answered >= state.asked) {
    // else a later wish is on its way
    state.opened = data.open;
    state.chosen = new Set(data.chosen);
  }
  state.asked = Math.max(state.asked, data.answered);
  const drawn = new Map();
  for (const tile of data.tiles) {
    const told = JSON.stringify([tile, data.choosing]);
    const stands = state.drawn.get(tile.id);
    drawn.set(tile.id, stands?.told === told ? stands : { told, item: drawTile(tile, state) });
  }
  const items = [...drawn.values()].map(({ item }) => item);
  if (items.length !== state.list.children.length || items.some((item, at) => state.list.children[at] !== item)) {
    const held = state.root.getRootNode().activeElement?.closest?.(".tile")?.dataset.id;
    state.list.replaceChildren(...items);
    if (held && drawn.has(held)) drawn.get(held).item.querySelector(".open").focus({ preventScroll: true });
  }
  state.drawn = drawn;
  const head = drawHead(state);
  const { back, on } = data.pages;
  state.root.replaceChildren(...(data.choosing || back || on ? [head] : []), state.list);
  mark(state);
  return () => {
    living.delete(parentElement);
    state.root.remove();
  };
}
