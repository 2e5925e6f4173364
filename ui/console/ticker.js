// Asks for another look after a while: once an answer is there, and not within a moment of a press or a key.

const QUIET_MS = 1500;
const LOST_MS = 15000;
let pressed = 0;
for (const event of ["pointerdown", "keydown"])
  window.addEventListener(event, () => (pressed = Date.now()), { capture: true, passive: true });

const waiting = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const ask = () => {
    const quiet = Date.now() - pressed;
    if (quiet < QUIET_MS) return wait(QUIET_MS - quiet);
    wait(LOST_MS); // the answer draws this anew, which ends the waiting
    setTriggerValue("tick", data.drawn);
  };
  const wait = (ms) => {
    clearTimeout(waiting.get(parentElement));
    waiting.set(parentElement, setTimeout(ask, ms));
  };
  wait(data.every_ms);
  return () => clearTimeout(waiting.get(parentElement));
}
