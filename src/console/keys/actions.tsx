/** Revoke, disable, enable and rotate: each asks first and says when it takes effect. */

import { Hono } from "hono";
import type { Child } from "hono/jsx";
import { findKey } from "../../control/access.ts";
import type { Caller, Control } from "../../control/control.ts";
import type { ChangedKey } from "../../control/keys/commit-change.ts";
import { revokeKey } from "../../control/keys/revoke.ts";
import { rotateKey } from "../../control/keys/rotate.ts";
import { disableKey, enableKey } from "../../control/keys/switch.ts";
import { invalid } from "../../control/validation.ts";
import { DAY_MS } from "../../domain/durations.ts";
import { describe, isRefusal, type Refusal } from "../../errors.ts";
import type { ManagedKey } from "../../records/key.ts";
import { afterwards, boundOf, type Deed } from "../frame/done.tsx";
import { type Form, problemsOf, readForm } from "../frame/form.ts";
import { show } from "../frame/layout.tsx";
import { onceOfForm } from "../frame/once.ts";
import { EnvironmentBadge, Field, Options, Refused } from "../frame/parts.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";
import { agoOf, momentOf } from "../frame/words.ts";
import { showSecret } from "./secret-page.tsx";

interface Action {
  readonly title: string;
  readonly button: string;
  readonly grave?: boolean;
  /** What happens, and when. */
  readonly effect: (c: Visit, key: ManagedKey) => Child;
  readonly fields?: (c: Visit, key: ManagedKey, problems: ReadonlyMap<string, string>) => Child;
  readonly act: (c: Visit, key: ManagedKey, form: Form) => Promise<Response | Refusal>;
}

const ACTIONS: Readonly<Record<string, Action>> = {
  rotate: {
    title: "Rotate the key",
    button: "Create a new secret",
    effect: () =>
      "The key gets a new secret, which is shown once. Its id, rights and limits stay the same. The old secret works until the grace period ends.",
    fields: (c) => <Grace attempt={c.var.control.newId("chg")} />,
    act: rotate,
  },
  disable: {
    title: "Disable the key",
    button: "Disable",
    effect: (c) =>
      `Requests with it are refused everywhere within ${boundOf(c.var.control.gateway)}, until someone enables it again. Open streams end within 30 seconds.`,
    act: (c, key) => change(c, key, "disabled", disableKey),
  },
  enable: {
    title: "Enable the key",
    button: "Enable",
    effect: (c) => `Requests with it are accepted again everywhere within ${boundOf(c.var.control.gateway)}.`,
    act: (c, key) => change(c, key, "enabled", enableKey),
  },
  revoke: {
    title: "Revoke the key",
    button: "Revoke for good",
    grave: true,
    effect: (c) =>
      `Requests with it are refused everywhere within ${boundOf(c.var.control.gateway)}, and open streams end within 30 seconds. This is final: a revoked key cannot be restored.`,
    fields: (c, key, problems) => <Revocation c={c} keyOf={key} problems={problems} />,
    act: revoke,
  },
};

export const keyActions = new Hono<ConsoleEnv>()
  .get("/keys/:id/:action{rotate|disable|enable|revoke}", (c) => ask(c, undefined))
  .post("/keys/:id/:action{rotate|disable|enable|revoke}", async (c) => {
    const form = await readForm(c.req.raw);
    if (isRefusal(form)) return showRefusal(c, form);
    const key = await keyOf(c);
    if (isRefusal(key)) return showRefusal(c, key);
    const done = await actionOf(c).act(c, key, form);
    return isRefusal(done) ? ask(c, done) : done;
  });

const actionOf = (c: Visit) => ACTIONS[c.req.param("action") as string] as Action;
const keyOf = (c: Visit) => findKey(c.var.control, c.var.visitor.caller, c.req.param("id") as string, "api_keys:read");

async function ask(c: Visit, refusal: Refusal | undefined) {
  const key = await keyOf(c);
  if (isRefusal(key)) return showRefusal(c, key);
  const { title, button, grave, effect, fields } = actionOf(c);
  const problems = problemsOf(refusal);
  return show(
    c,
    { title, status: refusal ? (describe(refusal).status as 422) : 200 },
    <>
      <p class="crumb">
        <a href="/keys">API keys</a> › <a href={`/keys/${key.id}`}>{key.name}</a>
      </p>
      <h1>{title}</h1>
      {problems.size === 0 && <Refused refusal={refusal} />}
      <form class="sheet" method="post">
        <p>
          <strong>{key.name}</strong> <EnvironmentBadge name={key.environment} gateway={c.var.control.gateway} />{" "}
          <code>{key.hint}</code>
        </p>
        <p>{effect(c, key)}</p>
        {fields?.(c, key, problems)}
        <div class="actions">
          <button type="submit" class={grave ? "grave" : ""}>
            {button}
          </button>
          <a class="button quiet" href={`/keys/${key.id}`}>
            Cancel
          </a>
        </div>
      </form>
    </>,
  );
}

type Verb = (control: Control, caller: Caller, id: string) => Promise<ChangedKey | Refusal>;

async function change(c: Visit, { id }: ManagedKey, deed: Deed, verb: Verb): Promise<Response | Refusal> {
  const changed = await verb(c.var.control, c.var.visitor.caller, id);
  return isRefusal(changed) ? changed : c.redirect(afterwards(`/keys/${id}`, deed, changed.effect), 303);
}

const GRACES = [
  ["0", "none: the old secret stops working now"],
  ["3600", "1 hour"],
  ["86400", "1 day"],
  ["604800", "7 days"],
  ["2592000", "30 days"],
] as const;

function Grace({ attempt }: { attempt: string }) {
  return (
    <>
      <input type="hidden" name="attempt" value={attempt} />
      <Field name="grace_seconds" label="Grace period" hint="How long the old secret still works beside the new one.">
        <select id="grace_seconds" name="grace_seconds">
          <Options options={GRACES} chosen="86400" />
        </select>
      </Field>
    </>
  );
}

async function rotate(c: Visit, { id }: ManagedKey, form: Form): Promise<Response | Refusal> {
  const { control } = c.var;
  const grace = Number(form.text("grace_seconds"));
  if (!Number.isInteger(grace) || grace < 0) return invalid("grace_seconds", "must be a number of seconds");
  const rotated = await onceOfForm(c, form, (caller) => rotateKey(control, caller, id, grace));
  if (isRefusal(rotated) || rotated instanceof Response) return rotated;
  const { key, secret, effect } = rotated;
  const end = effect.isPending
    ? "within minutes: parts of the gateway do not know of it yet"
    : `within ${boundOf(control.gateway)}`;
  const before =
    grace === 0
      ? `The old secret stops working ${end}.`
      : `The old secret works until ${momentOf(control.now() + grace * 1000)}.`;
  return showSecret(c, { key, secret, title: "The new secret", before });
}

/** A key used in this many last days is revoked only after its name was typed. */
const IN_USE_MS = 7 * DAY_MS;
const isInUse = (key: ManagedKey, now: number) => key.lastUsedAt !== null && now - key.lastUsedAt < IN_USE_MS;

interface RevocationProps {
  readonly c: Visit;
  readonly keyOf: ManagedKey;
  readonly problems: ReadonlyMap<string, string>;
}

function Revocation({ c, keyOf: key, problems }: RevocationProps) {
  const now = c.var.control.now();
  return (
    <>
      <Field
        name="reason"
        label="Reason"
        hint="Optional. It is kept in the key's history."
        problem={problems.get("reason")}
      >
        <input id="reason" name="reason" maxlength={2000} autocomplete="off" />
      </Field>
      {isInUse(key, now) && (
        <Field
          name="name"
          label={`It was used ${agoOf(key.lastUsedAt ?? now, now)}. Type its name to continue`}
          hint={<strong>{key.name}</strong>}
          problem={problems.get("name")}
        >
          <input id="name" name="name" required autocomplete="off" />
        </Field>
      )}
    </>
  );
}

async function revoke(c: Visit, key: ManagedKey, form: Form): Promise<Response | Refusal> {
  const { control } = c.var;
  if (isInUse(key, control.now()) && form.text("name") !== key.name.trim()) {
    return invalid("name", "is not the name of this key");
  }
  const reason = form.textOrNull("reason")?.slice(0, 2000) ?? null;
  return change(c, key, "revoked", (with_, caller, id) => revokeKey(with_, caller, id, reason));
}
