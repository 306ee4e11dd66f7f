// A field above each long list of boxes that shows only those whose name holds what is typed. Ticked ones stay.
for (const list of document.querySelectorAll("[data-filter]")) {
  const labels = [...list.querySelectorAll("label")];
  if (labels.length < 8) continue;
  const field = document.createElement("input");
  field.type = "search";
  field.setAttribute("aria-label", list.dataset.filter);
  field.placeholder = list.dataset.filter;
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/);
    for (const label of labels) {
      const name = label.textContent.toLowerCase();
      label.hidden = !label.control.checked && !words.every((word) => name.includes(word));
    }
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  list.querySelector("legend").after(field);
}
