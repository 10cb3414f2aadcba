/** A small browser without a window: pages of the console in workerd, and their forms as a browser would send them. */

import type { TestControl } from "../helpers/control.ts";
import { sessionTokenFor } from "../helpers/people.ts";
import { CONTROL, worker } from "../management/call.ts";
import { decode } from "./entities.ts";

export interface Control {
  readonly tag: string;
  readonly name: string;
  readonly type: string;
  readonly id: string;
  readonly describedBy: readonly string[];
  readonly invalid: boolean;
  readonly disabled: boolean;
  checked: boolean;
  value: string;
}

export interface PageForm {
  readonly method: string;
  readonly action: string;
  readonly controls: Control[];
  /** The names and values of its buttons. */
  readonly buttons: readonly (readonly [name: string, value: string])[];
}

export interface Page {
  readonly status: number;
  readonly path: string;
  readonly html: string;
  readonly text: string;
  readonly forms: readonly PageForm[];
  readonly headers: Headers;
}

/** As a browser sends it: in order, without what is disabled or unchecked, with line breaks as CRLF. */
export function entriesOf({ controls }: Pick<PageForm, "controls">): [string, string][] {
  return controls
    .filter(({ name, type, checked, disabled }) => {
      const isChosen = !["checkbox", "radio"].includes(type) || checked;
      return name !== "" && !disabled && isChosen;
    })
    .map(({ name, value }) => [name, value.replaceAll(/\r?\n/g, "\r\n")]);
}

export async function formsIn(html: string): Promise<PageForm[]> {
  const forms: (PageForm & { buttons: [string, string][] })[] = [];
  let select: { control: Control; isFirst: boolean } | undefined;
  const add = (element: Element, more: Partial<Control> = {}): Control | undefined => {
    const get = (name: string) => decode(element.getAttribute(name) ?? "");
    const control = {
      tag: element.tagName,
      name: get("name"),
      type: get("type"),
      id: get("id"),
      describedBy: get("aria-describedby").split(" ").filter(Boolean),
      invalid: get("aria-invalid") === "true",
      disabled: element.hasAttribute("disabled"),
      checked: element.hasAttribute("checked"),
      value: element.hasAttribute("value") ? get("value") : get("type") === "checkbox" ? "on" : "",
      ...more,
    };
    forms.at(-1)?.controls.push(control);
    return control;
  };
  let textarea: Control | undefined;
  await new HTMLRewriter()
    .on("form", {
      element(element) {
        const [method, action] = ["method", "action"].map((name) => decode(element.getAttribute(name) ?? ""));
        forms.push({ method: method || "get", action: action ?? "", controls: [], buttons: [] });
      },
    })
    .on("form input", { element: (element) => void add(element) })
    .on("form textarea", {
      element(element) {
        textarea = add(element, { value: "" });
      },
      text(chunk) {
        if (!textarea) return;
        textarea.value += chunk.text;
        // The parser of a browser drops a line break right after the tag.
        if (chunk.lastInTextNode) textarea.value = decode(textarea.value).replace(/^\r?\n/, "");
      },
    })
    .on("form select", {
      element(element) {
        const control = add(element, { value: "" });
        select = control && { control, isFirst: true };
      },
    })
    .on("form option", {
      element(element) {
        if (!select) return;
        if (select.isFirst || element.hasAttribute("selected")) {
          select.control.value = decode(element.getAttribute("value") ?? "");
        }
        select.isFirst = false;
      },
    })
    .on("form button", {
      element(element) {
        const [name, value] = ["name", "value"].map((attribute) => decode(element.getAttribute(attribute) ?? ""));
        forms.at(-1)?.buttons.push([name ?? "", value ?? ""]);
      },
    })
    .transform(new Response(html))
    .text();
  return forms;
}

/** Elements with an id, in the order of the page, and what has the focus first. */
export async function elementsIn(html: string) {
  const ids: string[] = [];
  const focused: string[] = [];
  const problems: string[] = [];
  const links: string[] = [];
  const described: { ids: string[]; invalid: boolean }[] = [];
  await new HTMLRewriter()
    .on("*", {
      element(element) {
        const id = element.getAttribute("id");
        if (id) ids.push(id);
        if (element.hasAttribute("autofocus")) focused.push(id ?? element.tagName);
        if (element.getAttribute("class") === "problem") problems.push(id ?? "");
        const by = element.getAttribute("aria-describedby");
        if (by) described.push({ ids: by.split(" "), invalid: element.getAttribute("aria-invalid") === "true" });
      },
    })
    .on("#mistakes a", {
      element(element) {
        links.push(element.getAttribute("href") ?? "");
      },
    })
    .transform(new Response(html))
    .text();
  return { ids, focused, problems, links, described };
}

/** Keeps cookies, follows redirects, and sends forms. */
export class Browser {
  readonly cookies = new Map<string, string>();

  static async signedIn(control: TestControl, memberId: string): Promise<Browser> {
    const browser = new Browser();
    browser.cookies.set("__Host-keygate_session", await sessionTokenFor(control, memberId));
    return browser;
  }

  open(path: string): Promise<Page> {
    return this.#go(path, { method: "GET" });
  }

  send(path: string, entries: readonly (readonly [string, string])[]): Promise<Page> {
    const body = new URLSearchParams(entries.map(([name, value]) => [name, value]));
    return this.#go(path, { method: "POST", body });
  }

  /** Presses a button, the first one if none is named. */
  submit(page: Page, form: PageForm, button: readonly [string, string] | undefined = form.buttons[0]): Promise<Page> {
    const entries = [...entriesOf(form), ...(button?.[0] ? [button] : [])];
    const path = form.action || page.path;
    if (form.method === "post") return this.send(path, entries);
    return this.open(`${path}?${new URLSearchParams(entries.map(([name, value]) => [name, value]))}`);
  }

  async #go(path: string, init: RequestInit): Promise<Page> {
    const response = await worker.fetch(`${CONTROL}${path}`, {
      ...init,
      redirect: "manual",
      headers: {
        Cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; "),
        "Sec-Fetch-Site": "same-origin",
        Origin: CONTROL,
      },
    });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    const location = response.headers.get("location");
    if (response.status === 303 && location) {
      await response.text();
      return this.#go(location, { method: "GET" });
    }
    const html = await response.text();
    const text = decode(html.replace(/^[\s\S]*<main[^>]*>/, "").replaceAll(/<[^>]*>/g, " ")).replaceAll(/\s+/g, " ");
    return {
      status: response.status,
      path: path.split("?")[0] ?? "",
      html,
      text,
      forms: await formsIn(html),
      headers: response.headers,
    };
  }

  #keep(line: string): void {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (/max-age=0/i.test(line)) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}

/** The form that the page sends to `action`: that which changes something, if another only searches. */
export function formTo(page: Page, action: string): PageForm {
  const forms = page.forms.filter((one) => (one.action || page.path) === action);
  const form = forms.find(({ method }) => method === "post") ?? forms[0];
  if (!form) throw new Error(`no form to ${action} on ${page.path} (${page.status}): ${page.text.slice(0, 300)}`);
  return form;
}

export function fill(form: PageForm, values: Record<string, string>): PageForm {
  for (const [name, value] of Object.entries(values)) {
    const control = form.controls.find(
      (one) => one.name === name && !["checkbox", "radio", "hidden"].includes(one.type),
    );
    if (!control) throw new Error(`no field ${name}`);
    control.value = value;
  }
  return form;
}
