// Keeps "As a visitor reads it" and the line below each text up to date while somebody types. The server says both.
"use strict";

const again = document.getElementById("look-again");
if (again) {
  const form = again.form;
  let timer = 0;
  let asked = new AbortController();

  const ask = async () => {
    asked.abort();
    asked = new AbortController();
    const card = document.getElementById("look");
    try {
      const answer = await fetch(again.formAction, {
        method: "POST", body: new FormData(form), headers: { "X-Part": "look" }, signal: asked.signal, redirect: "error",
      });
      if (!answer.ok) throw new Error(answer.status);
      const said = new DOMParser().parseFromString(await answer.text(), "text/html");
      card.replaceChildren(...said.getElementById("look").childNodes);
      for (const line of said.querySelectorAll("[data-reading]")) {
        const below = form.querySelector(`[data-reading="${line.dataset.reading}"]`);
        if (below && below.textContent !== line.textContent) below.textContent = line.textContent;
      }
    } catch (error) {
      if (error.name !== "AbortError") card.textContent = card.dataset.trouble;
    }
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 400);
  };

  again.hidden = true;
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
}
