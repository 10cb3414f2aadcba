/** Optional script of the pages: copy, toggle, times of the visitor's zone, menus that close, preview while typing, pages as dialogs, the first request, forget secrets. */

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    const [words] = button.childNodes;
    words.textContent = "Copied";
    button.setAttribute("aria-live", "polite");
    setTimeout(() => {
      words.textContent = "Copy";
    }, 2000);
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
  if (drop) {
    drop.open = false;
    drop.querySelector("summary").focus();
  }
});

for (const form of document.querySelectorAll("form[data-summary]")) {
  const list = document.getElementById("summary");
  let timer,
    latest = 0;
  const refresh = async () => {
    const turn = ++latest;
    const response = await fetch(form.dataset.summary, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
    });
    if (!response.ok || turn !== latest) return;
    const items = (await response.json()).map((sentence) => {
      const item = document.createElement("li");
      item.textContent = sentence;
      return item;
    });
    list.replaceChildren(...items);
  };
  form.addEventListener("change", () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, 150);
  });
  refresh();
}

addEventListener("submit", (event) => {
  if (event.submitter)
    setTimeout(() => {
      event.submitter.disabled = true;
    });
});
addEventListener("pageshow", (event) => {
  if (event.persisted) for (const button of document.querySelectorAll("button[disabled]")) button.disabled = false;
});

// A page that asks, as a dialog. The document is parsed by the request itself, which Trusted Types do not refuse.
addEventListener("click", (event) => {
  const link = event.target.closest("a[data-dialog]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  const request = new XMLHttpRequest();
  request.responseType = "document";
  request.onloadend = () => {
    const asked = request.status === 200 && request.response?.getElementById("asked");
    if (!asked) {
      location.href = link.href;
      return;
    }
    const dialog = document.createElement("dialog");
    dialog.setAttribute("aria-labelledby", "asked-what");
    asked.querySelector("form").action = link.href;
    asked.querySelector("[data-cancel]").addEventListener("click", (cancel) => {
      cancel.preventDefault();
      dialog.close();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      link.focus();
    });
    dialog.append(document.adoptNode(asked));
    document.body.append(dialog);
    dialog.showModal();
  };
  request.open("GET", link.href);
  request.send();
});

for (const wait of document.querySelectorAll("[data-wait]")) {
  let asks = 0;
  const ask = async () => {
    const response = await fetch(wait.dataset.wait).catch(() => undefined);
    const seen = response?.ok ? await response.json() : undefined;
    if (seen) {
      wait.classList.replace("wait", "good");
      wait.textContent = seen;
      return;
    }
    if (++asks < 300) setTimeout(ask, 2000);
  };
  setTimeout(ask, 2000);
}

const secret = document.querySelector(".secret");
if (secret) {
  const stored = document.querySelector("#stored");
  addEventListener("beforeunload", (event) => {
    if (!stored.checked) event.preventDefault();
  });
  addEventListener("pagehide", () => {
    for (const text of secret.querySelectorAll("pre")) text.textContent = "";
  });
}
