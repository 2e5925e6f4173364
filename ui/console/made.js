// What every script here draws with. Everything that people wrote is set as text, never as markup.

const make = (tag, name, text) => {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text) made.textContent = text;
  return made;
};

// What opens stands at the top of the page.
const toTop = () => document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0);

