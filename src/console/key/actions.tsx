/** Revoke, disable, enable and rotate: each asks first and says when it takes effect. */

import type { Child } from "hono/jsx";
import { Hono } from "hono/tiny";
import { findKey } from "../../control/access.ts";
import type { Caller, Control } from "../../control/control.ts";
import type { ChangedKey } from "../../control/keys/commit-change.ts";
import { endSecret } from "../../control/keys/end-secret.ts";
import { withLastUse } from "../../control/keys/last-use.ts";
import { revokeKey } from "../../control/keys/revoke.ts";
import { disableKey, enableKey } from "../../control/keys/switch.ts";
import { allOf, notFound } from "../../control/validation.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { check } from "../../management/parse.ts";
import { revocationBody } from "../../management/wire/keys.ts";
import { type ManagedKey, secretsOf } from "../../records/key.ts";
import { ask, NAME_FIELD } from "../frame/ask.tsx";
import { boundOf, type Deed, finish } from "../frame/done.tsx";
import { Field } from "../frame/fields.tsx";
import { type Form, readForm } from "../frame/form.ts";
import type { FormField } from "../frame/mistakes.tsx";
import { EnvironmentBadge } from "../frame/parts.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";
import { Affected, recentUse } from "./affected.tsx";
import { type ControlsProps, checkName, NameOfKey } from "./name-of-key.tsx";
import { Rotation, rotate } from "./rotation.tsx";

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
      `Requests with this key are refused everywhere within ${boundOf(c.var.control.gateway)}, until someone enables it again. Open streams end within 30 seconds.`,
    act: (c, key) => change(c, key, "disabled", disableKey),
  },
  enable: {
    title: "Enable the key",
    button: "Enable",
    effect: (c) => `Requests with this key are accepted again everywhere within ${boundOf(c.var.control.gateway)}.`,
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
      `Requests with this key are refused everywhere within ${boundOf(c.var.control.gateway)}, and open streams end within 30 seconds. This is final: a revoked key cannot be restored.`,
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
    const done = await actionOf(c).act(c, await withLastUse(c.var.control, key), form);
    return isRefusal(done) ? askFor(c, key, form, done) : done;
  });
}

const actionOf = (c: Visit) => ACTIONS[c.req.param("action") as string] as Action;

/** As the page names it: with the hint of the secret that is meant. */
async function keyOf(c: Visit): Promise<ManagedKey | Refusal> {
  const key = await findKey(c.var.control, c.var.visitor.caller, c.req.param("id") as string, "api_keys:read");
  if (isRefusal(key)) return key;
  const secretId = c.req.param("secret");
  if (secretId === undefined) return key;
  const secret = secretsOf(key).find(({ id }) => id === secretId);
  return secret ? { ...key, hint: secret.hint } : notFound("secret");
}

async function askFor(c: Visit, found: ManagedKey, form: Form | undefined, refusal: Refusal | undefined) {
  const { title, button, grave, effect, fields, Controls } = actionOf(c);
  const { control } = c.var;
  // Its last use is the latest, for the question whether it is in use.
  const [key, sums] = await Promise.all([withLastUse(control, found), recentUse(c, found)]);
  return ask(c, {
    ...{ title, button, grave, refusal, fields },
    crumbs: [
      { path: "/keys", name: "API keys" },
      { path: `/keys/${key.id}`, name: key.name },
    ],
    content: (problems) => (
      <>
        <p>
          <strong>{key.name}</strong> <EnvironmentBadge name={key.environment} gateway={control.gateway} />{" "}
          <code>{key.hint}</code>
        </p>
        <p>{effect(c)}</p>
        <Affected keyOf={key} sums={sums} now={control.now()} />
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
