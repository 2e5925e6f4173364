// The list of batches. Everything that people wrote is set as text, never as markup.

function drawBar(parts, name) {
  const bar = make("span", "bar");
  bar.setAttribute("role", "img");
  bar.setAttribute("aria-label", `${name}: ${parts.map((part) => part[2]).join(", ")}`);
  for (const [tone, share] of parts) {
    const part = make("span", `part ${tone}`);
    part.style.flexGrow = share;
    bar.append(part);
  }
  return bar;
}

function drawFaces(faces) {
  const row = make("span", "faces");
  for (const [source, ground] of faces) {
    if (!source) continue;
    const picture = make("img");
    Object.assign(picture, { src: source, alt: "", decoding: "async" });
    if (ground) picture.style.background = ground;
    row.append(picture);
  }
  return row;
}

function drawCard(card, open) {
  const item = make("li", "card");
  const button = make("button", "batch");
  button.type = "button";
  const top = make("span", "top");
  top.append(make("span", "name", card.name), make("span", `badge ${card.colour}`, card.status));
  const facts = make("span", "facts");
  for (const [tone, text] of card.facts) facts.append(make("span", `fact ${tone}`, text));
  const body = make("span", "body");
  body.append(top, make("span", "line", card.line), drawBar(card.bar, card.name), facts);
  if (card.stands) body.append(make("span", "stands", card.stands));
  button.append(body, drawFaces(card.faces));
  button.addEventListener("click", () => open(card.id));
  item.append(button);
  return item;
}

const living = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const state = living.get(parentElement) ?? { list: make("ul", "list"), drawn: new Map() };
  if (!living.has(parentElement)) parentElement.append(state.list);
  living.set(parentElement, state);
  const drawn = new Map();
  for (const card of data.cards) {
    const told = JSON.stringify(card);
    const stands = state.drawn.get(card.id);
    if (stands?.told === told) drawn.set(card.id, stands);
    else {
      const item = drawCard(card, (id) => {
        setTriggerValue("opened", id);
        toTop();
      });
      if (stands?.item.contains(state.list.getRootNode().activeElement)) {
        stands.item.replaceWith(item);
        item.firstChild.focus({ preventScroll: true });
      }
      drawn.set(card.id, { told, item });
    }
  }
  const items = [...drawn.values()].map(({ item }) => item);
  if (items.length !== state.list.children.length || items.some((item, at) => state.list.children[at] !== item))
    state.list.replaceChildren(...items);
  state.drawn = drawn;
  return () => {
    living.delete(parentElement);
    state.list.remove();
  };
}
