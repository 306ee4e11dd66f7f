// Moves rows at once, by their buttons and by dragging their grip. Without this script the buttons ask the server.
"use strict";

const list = document.querySelector(".in-order");
const said = document.getElementById("said");

function tell(row) {
  const place = [...list.children].indexOf(row) + 1;
  said.textContent = said.dataset.said
    .replace("{name}", row.querySelector("b").textContent).replace("{place}", place).replace("{all}", list.children.length);
}

list?.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=move]");
  if (!button) return;
  event.preventDefault();
  const row = button.closest("li");
  const how = button.value.split(":")[0];
  if (how === "up" && row.previousElementSibling) row.previousElementSibling.before(row);
  if (how === "down" && row.nextElementSibling) row.nextElementSibling.after(row);
  if (how === "top") list.prepend(row);
  button.focus();
  row.scrollIntoView({ block: "nearest" });
  tell(row);
});

list?.addEventListener("pointerdown", (start) => {
  const grip = start.target.closest(".grip");
  if (!grip || start.button) return;
  start.preventDefault();
  const row = grip.closest("li");
  let y = start.clientY;
  let frame = 0;
  row.classList.add("dragged");
  // Each frame: scrolls near an edge, and puts the row before or behind the one under the pointer.
  const follow = () => {
    const edge = 60;
    if (y < edge) scrollBy(0, -12);
    if (y > innerHeight - edge) scrollBy(0, 12);
    const under = document.elementFromPoint(list.getBoundingClientRect().left + 20, y)?.closest(".in-order > li");
    if (under && under !== row) {
      const box = under.getBoundingClientRect();
      if (y < box.top + box.height / 2) under.before(row); else under.after(row);
    }
    frame = requestAnimationFrame(follow);
  };
  const moved = (event) => { y = event.clientY; };
  const end = () => {
    cancelAnimationFrame(frame);
    row.classList.remove("dragged");
    for (const [name, heard] of [["pointermove", moved], ["pointerup", end], ["pointercancel", end]]) removeEventListener(name, heard);
    tell(row);
  };
  for (const [name, heard] of [["pointermove", moved], ["pointerup", end], ["pointercancel", end]]) addEventListener(name, heard);
  follow();
});
