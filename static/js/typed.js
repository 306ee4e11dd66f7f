// Keeps in this browser what somebody types into a form of the draft, until it is saved, thrown away or they log out.
// Only forms marked with data-keeps: no enquiry and no account is ever kept here.
"use strict";
(() => {
  const user = document.currentScript.dataset.user;
  const prefix = `signpost-typed:${user}:`;
  const SENT = "signpost-sent";
  const DAYS = 30;

  const store = (action) => {
    try {
      return action();
    } catch {
      return null; // full or switched off: then the warning on leaving is all there is
    }
  };
  const read = (name) => store(() => JSON.parse(localStorage.getItem(name)));
  const drop = (name) => store(() => localStorage.removeItem(name));
  const kept = () => store(() => Object.keys(localStorage).filter((name) => name.startsWith(prefix))) || [];

  // A page that says “done” comes after a form was taken. One that failed shows the form again.
  const sent = store(() => sessionStorage.getItem(SENT));
  if (sent && document.querySelector(".messagelist .success")) drop(sent);
  if (sent && !location.pathname.startsWith("/admin/login/")) store(() => sessionStorage.removeItem(SENT));

  for (const name of kept()) {
    const old = read(name);
    if (!old || Date.now() - old.at > DAYS * 86400000) drop(name);
  }
  document.getElementById("logout-form")?.addEventListener("submit", () => kept().forEach(drop));
  const leftOut = new Set(["csrfmiddlewaretoken", "whose", "seen", "base", "proposal", "action"]);

  const watch = (mark, place) => {
    const form = mark.closest("form");
    const key = `${prefix}${location.pathname}${place || ""}`;
    const typed = () => [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !leftOut.has(name));
    const text = (fields) => JSON.stringify(fields.map(([name, value]) => [name, value.replace(/\r\n/g, "\n")]).sort());
    const seen = form.elements.namedItem("seen");
    const first = text(typed());
    const isShownAgain = mark.dataset.keeps === "again"; // with what was typed, and not saved
    const isChanged = () => isShownAgain || text(typed()) !== first;
    let timer = 0;
    let isSent = false;
    let offered = false;
    let box = null;

    const keep = () => {
      clearTimeout(timer);
      if (isChanged()) store(() => localStorage.setItem(key, JSON.stringify({ at: Date.now(), seen: seen?.value, fields: typed() })));
      else if (!offered) drop(key);
    };
    const changed = () => {
      clearTimeout(timer);
      timer = setTimeout(keep, 300);
    };
    const say = (words, ...buttons) => {
      box?.remove();
      box = document.createElement("div");
      box.className = "typed-before";
      box.setAttribute("role", "status");
      const line = document.createElement("p");
      line.textContent = words;
      box.append(line, ...buttons);
      form.before(box);
      return box;
    };
    const button = (words, action) => {
      const made = document.createElement("button");
      made.type = "button";
      made.className = "button";
      made.textContent = words;
      made.addEventListener("click", action);
      return made;
    };
    const fill = (fields) => {
      const values = new Map();
      for (const [name, value] of fields) values.set(name, [...(values.get(name) || []), value]);
      for (const field of form.elements) {
        if (!field.name || leftOut.has(field.name) || ["submit", "button", "file"].includes(field.type)) continue;
        const wanted = values.get(field.name) || [];
        if (field.type === "checkbox" || field.type === "radio") field.checked = wanted.includes(field.value);
        else if (field.multiple) for (const option of field.options) option.selected = wanted.includes(option.value);
        else if (wanted.length) field.value = wanted.shift();
        field.dispatchEvent(new Event("input", { bubbles: true }));
        field.dispatchEvent(new Event("change", { bubbles: true }));
      }
    };

    const before = read(key);
    if (before && text(before.fields) !== first) {
      offered = true;
      const when = new Date(before.at).toLocaleString("en-GB", { dateStyle: "long", timeStyle: "short" });
      const since = before.seen && seen && before.seen !== seen.value;
      const words = `You typed something here on ${when} that was not saved.${since ? " Somebody has saved this record since then." : ""}`;
      const back = button("Bring back what you typed", () => {
        offered = false;
        fill(before.fields);
        if (since) seen.value = before.seen; // so that saving shows both texts
        keep();
        say("It is in the form again, and not saved yet.").scrollIntoView({ block: "nearest" });
      });
      const away = button("Throw it away", () => {
        offered = false;
        drop(key);
        box.remove();
      });
      say(words, back, away);
    } else if (before && !isShownAgain) drop(key);
    if (isShownAgain) keep();

    form.addEventListener("input", changed);
    form.addEventListener("change", changed);
    form.addEventListener("submit", (event) => {
      if (event.defaultPrevented || event.submitter?.formTarget === "_blank") return;
      keep();
      if (!navigator.onLine) {
        event.preventDefault();
        say("You are offline, so nothing was sent. What you typed stays here. Save again when you are connected.").scrollIntoView({ block: "nearest" });
        return;
      }
      isSent = true;
      store(() => sessionStorage.setItem(SENT, key));
    });
    window.addEventListener("pageshow", () => { isSent = false; });
    window.addEventListener("beforeunload", (event) => {
      if (isSent || !isChanged()) return;
      keep();
      event.preventDefault();
    });
  };
  document.querySelectorAll("form [data-keeps]").forEach(watch);
})();
