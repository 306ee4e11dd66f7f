// Turns each list of boxes into what is picked, as buttons that take it out again, and a search for more.
// The boxes stay what the form sends. Without this script they are all there is.
"use strict";

const words = document.getElementById("pick-words")?.dataset;

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function picker(list) {
  const boxes = [...list.querySelectorAll("input[type=checkbox]")];
  const nameOf = (box) => box.closest("label").textContent.trim();
  const title = (list.closest(".form-row")?.querySelector("label, legend")?.textContent || "").trim().replace(/:$/, "");
  const joined = list.classList.contains("any-of") ? words.or : list.classList.contains("all-of") ? words.and : "";
  const isCell = Boolean(joined);

  const picked = make("ul");
  const nothing = make("span", { class: "nothing" }, isCell ? words.any : words.none);
  const add = make("button", { type: "button", class: "add", "aria-expanded": "false", "aria-controls": `${list.id}_panel`, "aria-label": `${words.add}: ${title}` }, words.add);
  const search = make("input", { type: "search", "aria-label": `${words.search}: ${title}`, placeholder: words.search, autocomplete: "off" });
  const status = make("p", { role: "status", class: "found" });
  const panel = make("div", { class: "panel", id: `${list.id}_panel` }, search, status);
  panel.hidden = true;
  const said = make("span", { role: "status", class: "visually-hidden" });
  list.before(make("div", { class: "picked" }, picked, nothing, said, add), panel);
  panel.append(list);

  const count = () => boxes.filter((box) => box.checked).length;
  const show = () => {
    const chosen = boxes.filter((box) => box.checked);
    picked.replaceChildren(...chosen.map((box, index) => {
      const cross = make("span", { "aria-hidden": "true" }, "×");
      const button = make("button", { type: "button", "aria-label": `${words.out}: ${nameOf(box)}` }, nameOf(box), " ", cross);
      button.addEventListener("click", () => {
        box.checked = false;
        box.dispatchEvent(new Event("change", { bubbles: true }));
        const others = picked.querySelectorAll("button");
        (others[Math.min(index, others.length - 1)] || add).focus();
      });
      return make("li", {}, ...(index && joined ? [make("span", { class: "joined" }, joined), " "] : []), button);
    }));
    nothing.hidden = chosen.length > 0;
  };
  const filter = () => {
    const wanted = search.value.toLowerCase().split(/\s+/);
    let shown = 0;
    for (const box of boxes) {
      const fits = wanted.every((word) => nameOf(box).toLowerCase().includes(word));
      box.closest(`#${list.id} > div`).hidden = !fits;
      shown += fits;
    }
    status.textContent = words.found.replace("{}", shown).replace("{}", boxes.length);
    return shown;
  };
  const open = (on) => {
    panel.hidden = !on;
    add.setAttribute("aria-expanded", String(on));
    add.textContent = on ? words.done : words.add;
    add.setAttribute("aria-label", `${add.textContent}: ${title}`);
    if (on) { filter(); search.focus(); } else add.focus();
  };

  add.addEventListener("click", () => open(panel.hidden));
  search.addEventListener("input", filter);
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { event.preventDefault(); open(false); }
    if (event.key === "Enter") {
      event.preventDefault();
      const left = boxes.filter((box) => !box.closest(`#${list.id} > div`).hidden);
      if (event.target === search && left.length === 1) {
        left[0].checked = true;
        left[0].dispatchEvent(new Event("change", { bubbles: true }));
        search.value = "";
        filter();
      }
    }
  });
  list.addEventListener("change", (event) => {
    show();
    const what = event.target.checked ? words.in : words.out;
    said.textContent = `${what}: ${nameOf(event.target)}. ${words.count.replace("{}", count())}`;
  });
  show();
}

if (words) for (const list of document.querySelectorAll("form div.boxes[id]")) picker(list);
