/** Revoke, disable, enable and rotate: each asks first and says when it takes effect. */

import type { Child } from "hono/jsx";
import { Hono } from "hono/tiny";
import { findKey } from "../../control/access.ts";
import type { Caller, Control } from "../../control/control.ts";
import type { ChangedKey } from "../../control/keys/commit-change.ts";
import { endSecret } from "../../control/keys/end-secret.ts";
import { withLastUse } from "../../control/keys/last-use.ts";
import { revokeKey } from "../../control/keys/revoke.ts";
import { rotateKey } from "../../control/keys/rotate.ts";
import { disableKey, enableKey } from "../../control/keys/switch.ts";
import { allOf, notFound } from "../../control/validation.ts";
import { DAY_MS } from "../../domain/durations.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { check } from "../../management/parse.ts";
import { revocationBody, rotationBody } from "../../management/wire/keys.ts";
import { type ManagedKey, secretsOf } from "../../records/key.ts";
import { ask, checkTyped, NAME_FIELD, TypedName } from "../frame/ask.tsx";
import { boundOf, type Deed, finish } from "../frame/done.tsx";
import { Field, Options } from "../frame/fields.tsx";
import { type Form, readForm, wholeNumberIn } from "../frame/form.ts";
import type { FormField, Problems } from "../frame/mistakes.tsx";
import { Attempt, onceOfForm } from "../frame/once.tsx";
import { EnvironmentBadge } from "../frame/parts.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";
import { agoOf, momentOf } from "../frame/words.ts";
import { showSecret } from "./secret-page.tsx";

interface Action {
  readonly title: string;
  readonly button: string;
  readonly grave?: boolean;
  /** What happens, and when. */
  readonly effect: (c: Visit) => Child;
  readonly fields?: readonly FormField[];
  readonly Controls?: (props: ControlsProps) => Child;
  readonly act: (c: Visit, key: ManagedKey, form: Form) => Promise<Response | Refusal>;
}

interface ControlsProps {
  readonly c: Visit;
  readonly keyOf: ManagedKey;
  readonly form: Form | undefined;
  readonly problems: Problems;
}

const ACTIONS: Readonly<Record<string, Action>> = {
  rotate: {
    title: "Rotate the key",
    button: "Create a new secret",
    effect: () =>
      "The key gets a new secret, which is shown once. Its id, rights and limits stay the same. The old secret works until the grace period ends.",
    fields: [{ id: "grace_seconds", label: "Grace period" }, NAME_FIELD],
    Controls: Rotation,
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
  end: {
    title: "End an old secret",
    button: "End the secret",
    effect: (c) =>
      `Requests with this secret are refused everywhere within ${boundOf(c.var.control.gateway)}. The key's other secrets keep working.`,
    fields: [NAME_FIELD],
    Controls: (props) => <NameOfKey {...props} why="Type its name to continue" />,
    act: (c, key, form) => {
      const secretId = c.req.param("secret") as string;
      const refusal = checkName(c, key, form);
      if (refusal) return Promise.resolve(refusal);
      return change(c, key, "secretEnded", (control, caller, id) => endSecret(control, caller, id, secretId));
    },
  },
  revoke: {
    title: "Revoke the key",
    button: "Revoke for good",
    grave: true,
    effect: (c) =>
      `Requests with it are refused everywhere within ${boundOf(c.var.control.gateway)}, and open streams end within 30 seconds. This is final: a revoked key cannot be restored.`,
    fields: [{ id: "reason", label: "Reason" }, NAME_FIELD],
    Controls: Revocation,
    act: revoke,
  },
};

export const keyActions = new Hono<ConsoleEnv>();
for (const path of ["/keys/:id/:action{rotate|disable|enable|revoke}", "/keys/:id/secrets/:secret/:action{end}"]) {
  keyActions.get(path, async (c) => {
    const key = await keyOf(c);
    return isRefusal(key) ? showRefusal(c, key) : askFor(c, key, undefined, undefined);
  });
  keyActions.post(path, async (c) => {
    const form = await readForm(c.req.raw);
    if (isRefusal(form)) return showRefusal(c, form);
    const key = await keyOf(c);
    if (isRefusal(key)) return showRefusal(c, key);
    const done = await actionOf(c).act(c, key, form);
    return isRefusal(done) ? askFor(c, key, form, done) : done;
  });
}

const actionOf = (c: Visit) => ACTIONS[c.req.param("action") as string] as Action;

/** As the page names it: with the hint of the secret that is meant. Its last use is the latest, for the question whether it is in use. */
async function keyOf(c: Visit): Promise<ManagedKey | Refusal> {
  const found = await findKey(c.var.control, c.var.visitor.caller, c.req.param("id") as string, "api_keys:read");
  if (isRefusal(found)) return found;
  const key = await withLastUse(c.var.control, found);
  const secretId = c.req.param("secret");
  if (secretId === undefined) return key;
  const secret = secretsOf(key).find(({ id }) => id === secretId);
  return secret ? { ...key, hint: secret.hint } : notFound("secret");
}

function askFor(c: Visit, key: ManagedKey, form: Form | undefined, refusal: Refusal | undefined) {
  const { title, button, grave, effect, fields, Controls } = actionOf(c);
  return ask(c, {
    ...{ title, button, grave, refusal, fields },
    crumbs: [
      { path: "/keys", name: "API keys" },
      { path: `/keys/${key.id}`, name: key.name },
    ],
    content: (problems) => (
      <>
        <p>
          <strong>{key.name}</strong> <EnvironmentBadge name={key.environment} gateway={c.var.control.gateway} />{" "}
          <code>{key.hint}</code>
        </p>
        <p>{effect(c)}</p>
        {Controls && <Controls c={c} keyOf={key} form={form} problems={problems} />}
      </>
    ),
  });
}

type Verb = (control: Control, caller: Caller, id: string) => Promise<ChangedKey | Refusal>;

async function change(c: Visit, { id }: ManagedKey, deed: Deed, verb: Verb): Promise<Response | Refusal> {
  const changed = await verb(c.var.control, c.var.visitor.caller, id);
  return isRefusal(changed) ? changed : finish(c, `/keys/${id}`, deed, changed.effect);
}

/** Nobody stops a key used in these last days without typing its name. */
const IN_USE_MS = 7 * DAY_MS;
const isInUse = (key: ManagedKey, now: number) => key.lastUsedAt !== null && now - key.lastUsedAt < IN_USE_MS;

function NameOfKey({ c, keyOf: key, problems, why }: Omit<ControlsProps, "form"> & { why: string }) {
  const now = c.var.control.now();
  if (!isInUse(key, now)) return null;
  return (
    <TypedName name={key.name} problems={problems}>
      {`It was used ${agoOf(key.lastUsedAt ?? now, now)}. ${why}`}
    </TypedName>
  );
}

function checkName(c: Visit, key: ManagedKey, form: Form): Refusal | undefined {
  return isInUse(key, c.var.control.now()) ? checkTyped(form, key.name, "this key") : undefined;
}

const GRACES = [
  ["0", "none: the old secret stops working now"],
  ["3600", "1 hour"],
  ["86400", "1 day"],
  ["604800", "7 days"],
  ["2592000", "30 days"],
] as const;

function Rotation({ c, keyOf: key, form, problems }: ControlsProps) {
  return (
    <>
      <Attempt c={c} />
      <Field
        name="grace_seconds"
        label="Grace period"
        hint="How long the old secret still works beside the new one."
        problem={problems.get("grace_seconds")}
      >
        <select>
          <Options options={GRACES} chosen={form?.text("grace_seconds") || "86400"} />
        </select>
      </Field>
      <NameOfKey c={c} keyOf={key} problems={problems} why="To end the old secret now, type the key's name" />
    </>
  );
}

async function rotate(c: Visit, key: ManagedKey, form: Form): Promise<Response | Refusal> {
  const { control } = c.var;
  const text = form.text("grace_seconds");
  const rotated = await onceOfForm(c, form, (caller) => {
    const body = check(rotationBody, { grace_seconds: wholeNumberIn(text) });
    if (isRefusal(body)) return Promise.resolve(body);
    const refusal = body.grace_seconds === 0 ? checkName(c, key, form) : undefined;
    return refusal ? Promise.resolve(refusal) : rotateKey(control, caller, key.id, body.grace_seconds);
  });
  if (rotated instanceof Response) return rotated;
  if (isRefusal(rotated)) {
    return rotated.code === "idempotency_key_reused" ? { code: "conflict", problem: ROTATED_BEFORE } : rotated;
  }
  const grace = Number(text);
  const end = rotated.effect.isPending
    ? "within minutes: parts of the gateway do not know of it yet"
    : `within ${boundOf(control.gateway)}`;
  const before =
    grace === 0
      ? `The old secret stops working ${end}.`
      : `The old secret works until ${momentOf(control.now() + grace * 1000)}.`;
  return showSecret(c, { key: rotated.key, secret: rotated.secret, title: "The new secret", before });
}

const ROTATED_BEFORE =
  "This form was sent before, with another grace period. The key got a new secret then, and nothing was done this time.";

function Revocation({ c, keyOf: key, form, problems }: ControlsProps) {
  return (
    <>
      <Field
        name="reason"
        label="Reason"
        hint="Optional. It is kept in the key's history."
        problem={problems.get("reason")}
      >
        <input maxlength={2000} autocomplete="off" value={form?.text("reason")} />
      </Field>
      <NameOfKey c={c} keyOf={key} problems={problems} why="Type its name to continue" />
    </>
  );
}

async function revoke(c: Visit, key: ManagedKey, form: Form): Promise<Response | Refusal> {
  const body = check(revocationBody, { reason: form.textOrNull("reason") });
  const refusal = allOf([isRefusal(body) ? body : undefined, checkName(c, key, form)]);
  if (refusal || isRefusal(body)) return refusal as Refusal;
  return change(c, key, "revoked", (control, caller, id) => revokeKey(control, caller, id, body.reason));
}
