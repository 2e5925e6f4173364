// The list of ideas and the keys of the review page. Everything that people wrote is set as text, never as markup.

const PATIENCE_MS = 4000;
const MOST_TRIES = 3;

const isTyping = (target) =>
  target instanceof Element &&
  (target.closest("textarea, select, [contenteditable=true], [data-testid=stDataFrame], [role=combobox]") !== null ||
    (target.matches("input") && !["checkbox", "radio", "button"].includes(target.type)));

const find = (name, what) => document.querySelector(`.st-key-${name} :is(${what})`);

function drawRow(row, state, at) {
  const item = make("li", "row");
  item.dataset.id = row.id;
  const box = make("input");
  Object.assign(box, { type: "checkbox", checked: state.chosen.has(row.id) });
  box.setAttribute("aria-label", `${state.data.words.choose} ${row.phrase}`);
  box.addEventListener("change", () => state.choose([row.id], box.checked));
  const open = make("button", "idea");
  open.type = "button";
  const top = make("span", "top");
  top.append(make("span", "phrase", row.phrase), make("span", "score", row.score));
  const facts = make("span", "facts");
  facts.append(make("span", `badge ${row.colour}`, row.verdict));
  for (const [name, text] of row.facts) facts.append(make("span", name, text));
  const line = make("span", "line");
  line.append(make("span", "what", row.line), make("span", row.due[0], row.due[1]));
  open.append(top, line, facts);
  open.addEventListener("click", () => state.open(at));
  item.append(box, open);
  return item;
}

function drawHead(state) {
  const { words, pages } = state.data;
  const head = make("div", "head");
  const label = make("label", "all");
  const box = make("input");
  box.type = "checkbox";
  state.all = box;
  box.addEventListener("change", () => state.choose(state.data.rows.map((row) => row.id), box.checked));
  label.append(box, make("span", "", words.all));
  const turn = make("span", "pages");
  turn.append(make("span", "range", pages.range));
  for (const [way, sign, can] of [["back", "‹", pages.back], ["on", "›", pages.on]]) {
    const button = make("button", way, sign);
    Object.assign(button, { type: "button", disabled: !can });
    button.setAttribute("aria-label", words[way]);
    button.addEventListener("click", () => state.turn(way));
    turn.append(button);
  }
  head.append(label, turn);
  return head;
}

function mark(state) {
  for (const item of state.root.querySelectorAll(".row")) {
    const isOpen = item.dataset.id === state.opened;
    item.classList.toggle("open", isOpen);
    item.querySelector("button").setAttribute("aria-current", isOpen ? "true" : "false");
    item.querySelector("input").checked = state.chosen.has(item.dataset.id);
  }
  const ids = state.data.rows.map((row) => row.id);
  const some = ids.filter((id) => state.chosen.has(id)).length;
  state.all.checked = ids.length > 0 && some === ids.length;
  state.all.indeterminate = some > 0 && some < ids.length;
  state.root.classList.toggle("choosing", state.chosen.size > 0);
}

// In a field only two keys mean something: Escape leaves it and its form, Enter sends the form (with Ctrl in a longer text).
function leave(state, event, target) {
  const form = target.closest("[class*=st-key-form-]");
  if (event.key === "Escape") {
    target.blur();
    if (form) click(state, "Escape");
  } else if (form && event.key === "Enter" && (target.matches("input[type=text]") || event.ctrlKey)) {
    setTimeout(() => {
      click(state, "Enter", 40);
      if (target.value.trim()) target.blur(); // the next key is meant for the page, though the form is still there
    }, 50); // the field hands its text over first
  }
}

// The field of a form that a button opened, as soon as it is there.
function focusForm(button, tries = 40) {
  const kind = /st-key-begin-([a-z]+)-/.exec(button.className)?.[1];
  const field = find(`form-${kind}`, "input[type=text], textarea");
  if (field) field.focus();
  else if (tries > 0) setTimeout(() => focusForm(button, tries - 1), 50);
}

// What a key stands for, as soon as it is there where it is waited for: a form comes piece by piece.
function click(state, key, tries = 0) {
  const button = find(state.data.keys[key], "button:not([disabled])");
  if (button) button.click();
  else if (tries > 0) setTimeout(() => click(state, key, tries - 1), 50);
}

function press(state, event) {
  const target = event.composedPath()[0];
  if (isTyping(target)) return leave(state, event, target);
  if (event.ctrlKey || event.metaKey || event.altKey || (event.repeat && !"jk".includes(event.key))) return;
  if (document.querySelector("[role=dialog]")) return;
  const { keys } = state.data;
  const at = state.data.rows.findIndex((row) => row.id === state.opened);
  const steps = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1 };
  const isArrow = event.key.startsWith("Arrow");
  if (event.key in steps && (!isArrow || state.root.contains(target))) state.step(at + steps[event.key]);
  else if (event.key === "x" && at >= 0) state.choose([state.opened], !state.chosen.has(state.opened));
  else if (event.key === "/") find(keys["/"], "input")?.focus();
  else if (event.key !== "Enter" && event.key in keys) click(state, event.key);
  else return;
  event.preventDefault();
  event.stopImmediatePropagation(); // Streamlit would take an r for "run again"
}

// A wish has a number that grows, also across lists that replace one another, and says all that is not answered yet:
// where two are told before one look, only the later one may arrive.
function wish(state, what) {
  mark(state);
  state.asked = Math.max(state.asked + 1, Date.now());
  Object.assign(state.wanted, what);
  state.tries = 0;
  tellWish(state);
}

function tellWish(state) {
  const chosen = state.wanted.chosen
    ? state.data.rows.map((row) => row.id).filter((id) => state.chosen.has(id))
    : null;
  state.tell("wished", { number: state.asked, opened: state.wanted.opened ?? null, chosen });
  watch(state);
}

// A wish or its look can get lost on the way. What is not seen in time is asked for again, with growing patience.
function watch(state) {
  clearTimeout(state.timer);
  state.timer = setTimeout(() => {
    if (isSeen(state) || state.tries >= MOST_TRIES) return;
    state.tries += 1;
    tellWish(state);
  }, PATIENCE_MS * 2 ** state.tries);
}

function isSeen(state) {
  if (state.data.answered < state.asked) return false;
  return state.chosen.size > 0 || !state.opened || document.querySelector(`.st-key-idea-of-${state.opened}`) !== null;
}

function begin(parent, tell) {
  const state = { root: make("div", "queue"), chosen: new Set(), opened: null, data: null, tell };
  Object.assign(state, { asked: 0, wanted: {}, tries: 0, timer: 0, looks: 0 });
  state.open = (at) => {
    state.opened = state.data.rows[at].id;
    wish(state, { opened: state.opened });
  };
  state.choose = (ids, wanted) => {
    for (const id of ids) wanted ? state.chosen.add(id) : state.chosen.delete(id);
    wish(state, { chosen: true });
  };
  state.turn = (way) => state.data.pages[way] && tell("turned", way);
  state.step = (at) => {
    if (at < 0) return state.turn("back");
    if (at >= state.data.rows.length) return state.turn("on");
    state.open(at);
    state.root.querySelectorAll(".row")[at].scrollIntoView({ block: "nearest" });
  };
  state.listen = (event) => press(state, event);
  state.follow = (event) => {
    const button = event.target.closest?.("[class*=st-key-begin-]");
    if (button) focusForm(button);
  };
  window.addEventListener("keydown", state.listen, true);
  document.addEventListener("click", state.follow);
  parent.append(state.root);
  return state;
}

const living = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const state = living.get(parentElement) ?? begin(parentElement, (name, value) => setTriggerValue(name, value));
  living.set(parentElement, state);
  const list = make("ul", "list");
  const scrolled = state.root.querySelector(".list")?.scrollTop ?? 0;
  const isSamePage = state.data?.pages.range === data.pages.range;
  state.data = data;
  if (data.answered >= state.asked) {
    // else a later wish is on its way
    if (state.opened !== data.open) state.tries = 0;
    Object.assign(state, { opened: data.open, chosen: new Set(data.chosen), asked: data.answered, wanted: {} });
  }
  data.rows.forEach((row, at) => list.append(drawRow(row, state, at)));
  state.root.replaceChildren(drawHead(state), list);
  mark(state);
  if (isSamePage) list.scrollTop = scrolled;
  state.root.querySelector(".row.open")?.scrollIntoView({ block: "nearest" });
  watch(state);
  const look = (state.looks += 1);
  return () => {
    if (look !== state.looks) return; // a later look draws into the same list
    clearTimeout(state.timer);
    window.removeEventListener("keydown", state.listen, true);
    document.removeEventListener("click", state.follow);
    living.delete(parentElement);
    state.root.remove();
  };
}
