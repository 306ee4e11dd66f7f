/* What the pages do beyond plain links and forms. Everything works without it. It comes after the first paint: first.js. */
(function () {
  "use strict";
  var doc = document, seen = [];

  function settled() { return Array.from(doc.querySelectorAll("#so-far [data-category]")); }
  function target(event) { return (event.detail.ctx && event.detail.ctx.target) || event.target; }

  doc.addEventListener("htmx:before:request", function (event) { target(event).setAttribute("aria-busy", "true"); });
  doc.addEventListener("htmx:finally:request", function (event) { target(event).removeAttribute("aria-busy"); });

  /* What was typed into the finder goes to the finder alone, never into an address. */
  doc.addEventListener("submit", function (event) {
    var field = event.target.elements.find, button = event.submitter;
    if (!field || (button && button.hasAttribute("formaction"))) return;
    field.disabled = true;
    setTimeout(function () { field.disabled = false; });
  }, true);
  doc.addEventListener("htmx:config:request", function (event) {
    var asked = event.detail.ctx.request;
    if (asked.method === "GET" && asked.body) asked.body.delete("find");
  });

  /* htmx leaves a page of ours that failed as it is. The visitor has to see why, so the address is opened whole. */
  doc.addEventListener("htmx:response:error", function (event) {
    var ctx = event.detail.ctx;
    if (ctx.response.status >= 500 && ctx.request.method === "GET") location.assign(ctx.response.raw.url);
  });

  /* Back and Forward put a fresh page in place: its heading takes the focus, as after any other step. */
  var restored = false;
  doc.addEventListener("htmx:before:history:restore", function () { restored = true; });
  doc.addEventListener("htmx:after:swap", function () {
    var heading = restored && doc.querySelector("#main h1");
    if (!heading) return;
    restored = false;
    heading.focus({ preventScroll: true });
  });

  /* The one movement: an arm that was not settled before swings out of the post. */
  doc.addEventListener("htmx:before:swap", function () {
    seen = settled().map(function (arm) { return arm.dataset.category; });
  });
  doc.addEventListener("htmx:after:swap", function (event) {
    if (target(event).id !== "so-far") return;
    settled().forEach(function (arm) { arm.classList.toggle("new", seen.indexOf(arm.dataset.category) < 0); });
  });

  /* The address always holds what is ticked, so Back and reload find it again. */
  function hold(form) {
    if (!form || !form.dataset.ask) return;
    var pairs = new URLSearchParams(new FormData(form));
    pairs.delete("answered");
    pairs.delete("find");
    history.replaceState(history.state, "", form.dataset.ask + "?" + pairs);
  }
  doc.addEventListener("change", function (event) {
    if (event.target.name !== "find") hold(event.target.form);
  });

  /* Also what was ticked before this script came. */
  doc.querySelectorAll("[data-ask] input").forEach(function (box) {
    if (box.checked !== box.defaultChecked) hold(box.form);
  });

  /* Said anew each time: a reader speaks what changes, so the line is empty in between. */
  function say(button, words) {
    var line = doc.getElementById(button.dataset.copy + "-said");
    line.textContent = "";
    setTimeout(function () { line.textContent = words; }, 40);
  }
  function copy(button) {
    var field = doc.getElementById(button.dataset.copy);
    /* Without the clipboard (as over plain http), or where it is refused: the older way, or else by hand. */
    function otherwise() {
      field.focus();
      field.select();
      var copied = doc.execCommand("copy");
      if (copied) button.focus();
      say(button, copied ? button.dataset.said : button.dataset.otherwise);
    }
    if (!navigator.clipboard) return otherwise();
    navigator.clipboard.writeText(field.value).then(function () { say(button, button.dataset.said); }, otherwise);
  }

  /* The device's own sheet for sharing: its button shows only where there is one. */
  function offerToShare() {
    doc.querySelectorAll("[data-share]").forEach(function (button) { button.hidden = !navigator.share; });
  }
  doc.addEventListener("htmx:after:swap", offerToShare);
  offerToShare();

  doc.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copy],[data-print],[data-share]");
    if (!button) return;
    if ("print" in button.dataset) return print();
    if ("copy" in button.dataset) return copy(button);
    navigator.share({ title: button.dataset.title || doc.title, url: doc.getElementById(button.dataset.share).value })
      .catch(function () { /* closed without sharing */ });
  });
  doc.documentElement.dataset.ready = "";
})();
