// Counts on by itself until every kept result is counted. Without this, the button does it step by step.
"use strict";
async function goOn() {
  const form = document.querySelector("form[data-go-on]");
  if (!form) return;
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { "X-Part": "kept" } });
  if (!answer.ok) return;
  const part = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("kept-results");
  const before = document.getElementById("kept-results");
  if (!part || !before) return;
  before.replaceWith(part);
  goOn();
}
goOn();
