/** Optional script of the pages: copy, toggle, times of the visitor's zone, menus that close, preview while typing, forget secrets. */

export const SCRIPT = `"use strict";
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    const [words] = button.childNodes;
    words.textContent = "Copied";
    button.setAttribute("aria-live", "polite");
    setTimeout(() => { words.textContent = "Copy"; }, 2000);
  });
}

for (const button of document.querySelectorAll("[data-toggle]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const boxes = [...document.querySelectorAll(button.dataset.toggle)].filter((box) => !box.disabled);
    const on = boxes.some((box) => !box.checked);
    for (const box of boxes) box.checked = on;
    button.form.dispatchEvent(new Event("change"));
  });
}

for (const time of document.querySelectorAll("time")) {
  time.title = new Date(time.dateTime).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long" });
}

const closeAllBut = (open) => {
  for (const drop of document.querySelectorAll(".drop[open]")) if (drop !== open) drop.open = false;
};
addEventListener("click", (event) => closeAllBut(event.target.closest(".drop")));
addEventListener("keydown", (event) => {
  const drop = event.key === "Escape" && document.activeElement.closest(".drop[open]");
  if (drop) { drop.open = false; drop.querySelector("summary").focus(); }
});

for (const form of document.querySelectorAll("form[data-summary]")) {
  const list = document.getElementById("summary");
  let timer, latest = 0;
  const refresh = async () => {
    const turn = ++latest;
    const response = await fetch(form.dataset.summary, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (!response.ok || turn !== latest) return;
    const items = (await response.json()).map((sentence) => {
      const item = document.createElement("li");
      item.textContent = sentence;
      return item;
    });
    list.replaceChildren(...items);
  };
  form.addEventListener("change", () => { clearTimeout(timer); timer = setTimeout(refresh, 150); });
  refresh();
}

for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", (event) => {
    if (event.submitter) setTimeout(() => { event.submitter.disabled = true; });
  });
}
addEventListener("pageshow", (event) => {
  if (event.persisted) for (const button of document.querySelectorAll("button[disabled]")) button.disabled = false;
});

const secret = document.querySelector(".secret");
if (secret) {
  const stored = document.querySelector("#stored");
  addEventListener("beforeunload", (event) => { if (!stored.checked) event.preventDefault(); });
  addEventListener("pagehide", () => { for (const text of secret.querySelectorAll("pre")) text.textContent = ""; });
}
`;
