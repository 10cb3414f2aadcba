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

// What only asks can be sent twice; its answer may be a file, after which the page stays.
addEventListener("submit", ({ target, submitter }) => {
  if (submitter && target.getAttribute("method") === "post")
    setTimeout(() => {
      submitter.disabled = true;
    });
});
const enableButtons = () => {
  for (const button of document.querySelectorAll("button[disabled]")) button.disabled = false;
};
addEventListener("pageshow", (event) => {
  if (event.persisted) enableButtons();
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
    // A link of a menu is hidden by then.
    const menu = link.closest("[popover]");
    const opener = menu ? document.querySelector(`[popovertarget="${menu.id}"]`) : link;
    dialog.addEventListener("close", () => {
      dialog.remove();
      opener.focus();
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
    if (stored.checked) return;
    event.preventDefault();
    // Who stays on the page gets no `pageshow`.
    setTimeout(enableButtons);
  });
  addEventListener("pagehide", () => {
    for (const text of secret.querySelectorAll("pre")) text.textContent = "";
  });
}

// Where the navigation is wider than the screen. After scrollIntoView, the first press of Tab would begin there in some browsers.
const current = document.querySelector("nav [aria-current]");
const nav = current?.closest("nav");
if (nav) {
  const middle = (element) => element.getBoundingClientRect().left + element.clientWidth / 2;
  nav.scrollLeft += middle(current) - middle(nav);
}

// The search as a dialog: Command-K, Control-K or `/`. Without script, its link opens the page.
// https://www.w3.org/WAI/ARIA/apg/patterns/combobox/
const searchLink = document.querySelector(".go");
if (searchLink && HTMLDialogElement.prototype.showModal) {
  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const apple = /Mac|iP/.test(navigator.platform);
  searchLink.append(make("kbd", { textContent: apple ? "⌘K" : "Ctrl K" }));
  const input = make("input", {
    type: "text",
    enterKeyHint: "go",
    autocomplete: "off",
    spellcheck: false,
    placeholder: "A key, a page, a request…",
    ariaLabel: "Go to",
    role: "combobox",
    ariaExpanded: "true",
    ariaAutoComplete: "list",
  });
  input.setAttribute("aria-controls", "hits");
  const list = make("div", { id: "hits", className: "hits", role: "listbox", ariaLabel: "Results" });
  const said = make("p", { className: "hint", role: "status" });
  const dialog = make("dialog", { className: "search", ariaLabel: "Go to anything" }, input, list, said);
  document.body.append(dialog);
  let hits = [],
    at = 0,
    timer,
    latest = 0,
    answered = Promise.resolve();
  const choose = (next) => {
    at = hits.length ? (next + hits.length) % hits.length : 0;
    for (const [index, option] of [...list.children].entries()) option.ariaSelected = String(index === at);
    const chosen = list.children[at];
    if (chosen) {
      input.setAttribute("aria-activedescendant", chosen.id);
      chosen.scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  };
  const draw = () => {
    list.replaceChildren(
      ...hits.map(({ kind, name, note, path }, index) =>
        make(
          "a",
          { id: `hit-${index}`, role: "option", href: path, tabIndex: -1 },
          make("span", {}, make("strong", { textContent: name }), " ", make("small", { textContent: note })),
          make("small", { textContent: kind }),
        ),
      ),
    );
    said.textContent = hits.length
      ? hits.length + (hits.length === 1 ? " result" : " results")
      : "Nothing found. Try a part of a name, an id, or the last four characters of a key.";
    choose(0);
  };
  const ask = async () => {
    const turn = ++latest;
    const response = await fetch("/go.json", { method: "POST", body: new URLSearchParams({ q: input.value }) }).catch(
      () => undefined,
    );
    if (turn !== latest) return;
    if (!response?.ok) {
      // Enter opens nothing that an earlier search found.
      hits = [];
      list.replaceChildren();
      input.removeAttribute("aria-activedescendant");
      said.textContent = "The search failed. Press Enter to try again.";
      return;
    }
    const found = await response.json();
    if (turn !== latest) return;
    hits = found;
    draw();
  };
  const refresh = () => {
    answered = ask();
  };
  const open = () => {
    if (dialog.open || document.querySelector("dialog[open]")) return;
    dialog.showModal();
    input.select();
    refresh();
  };
  searchLink.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = undefined;
      refresh();
    }, 120);
  });
  dialog.addEventListener("keydown", async (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(at + (event.key === "ArrowDown" ? 1 : -1));
    }
    if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      if (timer !== undefined || !list.children.length) {
        clearTimeout(timer);
        timer = undefined;
        refresh();
      }
      await answered;
      const chosen = hits[at];
      if (chosen) location.assign(chosen.path);
    }
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  addEventListener("keydown", (event) => {
    const isShortcut =
      event.key.toLowerCase() === "k" && (event.metaKey || event.ctrlKey) && !event.altKey && !event.shiftKey;
    const isTyping = event.target.closest?.("input, select, textarea, [contenteditable]");
    const isSlash = event.key === "/" && !isTyping && !event.metaKey && !event.ctrlKey && !event.altKey;
    if (!isShortcut && !isSlash) return;
    event.preventDefault();
    open();
  });
}
