// Puts the browser's own colour picker beside a field in which a colour is written. The field works without it.
"use strict";

for (const field of document.querySelectorAll("[data-picker]")) {
  const picker = document.createElement("input");
  picker.type = "color";
  picker.setAttribute("aria-label", field.dataset.picker);
  const follow = () => {
    const digits = field.value.trim().replace(/^#/, "").toLowerCase();
    if (/^[0-9a-f]{3}$/.test(digits)) picker.value = "#" + digits.replace(/./g, "$&$&");
    if (/^[0-9a-f]{6}$/.test(digits)) picker.value = "#" + digits;
  };
  field.addEventListener("input", follow);
  picker.addEventListener("input", () => { field.value = picker.value; });
  follow();
  field.after(picker);
}
