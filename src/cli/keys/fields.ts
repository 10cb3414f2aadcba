/** A key's fields on the command line: the options that give them, the cells of an import, and the words that show them. */

import { type Command, Option } from "commander";
import { PERMISSIONS, REACHES } from "../../domain/key.ts";
import type { KeyAnswer, NewKeyBody } from "../../records/key.ts";
import { type Cell, dayOrTime, limits, list as listCell, oneOf, text } from "../import/cells.ts";
import { id, names, quotas, rates, time } from "../terminal/options.ts";
import { list, moment } from "../terminal/render.ts";
import { limitsInWords } from "./own-limits.ts";

interface Flag {
  readonly flags: string;
  /** What it means for a new key; none if the option only changes keys. */
  readonly create?: string;
  /** What it means for a change; none if a change cannot have it. */
  readonly change?: string;
  readonly required?: true;
  readonly parse?: (text: string) => unknown;
  readonly choices?: readonly string[];
  /** Options that cannot be given beside it. */
  readonly without?: string[];
}

interface Field {
  readonly flags: readonly Flag[];
  /** From the options to the API's value. Without it, the first option has the value, and `null` replaces `--no-…`. */
  readonly value?: (options: Options) => unknown;
  readonly cell?: Cell;
}

type Options = Readonly<Record<string, unknown>>;

const EXPIRES = "when it expires: a day (2027-01-31) or a time (2027-01-31T18:00:00Z)";

const FIELDS: { readonly [Name in keyof NewKeyBody]-?: Field } = {
  organization_id: {
    flags: [{ flags: "--organization <id>", create: "the organization, org_…", required: true, parse: id("org") }],
  },
  environment: {
    flags: [{ flags: "--environment <name>", create: "where the key works, for example sandbox", required: true }],
  },
  reach: {
    flags: [{ flags: "--reach <reach>", create: "organization or workspace", required: true, choices: REACHES }],
    cell: oneOf(REACHES),
  },
  permission: {
    flags: [
      {
        flags: "--permission <permission>",
        ...{ create: "full-access or read-only", change: "full-access or read-only" },
        ...{ required: true, choices: PERMISSIONS },
      },
    ],
    cell: oneOf(PERMISSIONS),
  },
  scopes: {
    flags: [
      {
        flags: "--scopes <a,b>",
        create: "scopes and bundles, for example signatures:read",
        change: "replace its scopes and bundles",
        ...{ required: true, parse: names },
      },
    ],
    cell: listCell(1),
  },
  name: {
    flags: [
      {
        flags: "--name <name>",
        create: "what the key is for, for example ci-pipeline",
        change: "what the key is for",
        required: true,
      },
    ],
    cell: text,
  },
  member_id: {
    flags: [{ flags: "--member <id>", create: "the member that the key acts as, mem_…", parse: id("mem") }],
    cell: text,
  },
  workspace_ids: {
    flags: [
      {
        flags: "--workspaces <a,b>",
        create: "the ids of the workspaces that a workspace key reaches",
        change: "replace the workspaces that it reaches",
        parse: names,
      },
    ],
    cell: listCell(),
  },
  description: {
    flags: [
      { flags: "--description <text>", create: "a longer description", change: "a longer description" },
      { flags: "--no-description", change: "remove the description" },
    ],
    cell: text,
  },
  expires_at: {
    flags: [{ flags: "--expires <time>", create: EXPIRES, change: EXPIRES, parse: time }],
    cell: dayOrTime,
  },
  plan: {
    flags: [
      {
        flags: "--plan <plan>",
        create: "a plan from the configuration (default: the organization's plan)",
        change: "its own plan",
      },
      { flags: "--no-plan", change: "its organization's plan" },
    ],
    cell: text,
  },
  limits: {
    flags: [
      {
        flags: "--rates <a,b>",
        create:
          "its own rates, to lower the plan's: minute=60/60 is 60 in 60 seconds; minute=60/60/90 has a burst of 90",
        change:
          "replace its own rates: minute=60/60 is 60 in 60 seconds, with the burst it has; minute=60/60/90 sets the burst",
        parse: rates,
      },
      {
        flags: "--quotas <a,b>",
        create: "its own quotas: day=1000/day",
        change: "replace its own quotas: day=1000/day",
        parse: quotas,
      },
      {
        flags: "--no-limits",
        change: "remove its own limits; its plan's limits still apply",
        without: ["rates", "quotas"],
      },
    ],
    value: ({ rates, quotas, limits }) => (rates || quotas ? { rates, quotas } : limits === false ? null : undefined),
    cell: limits,
  },
  allowed_addresses: {
    flags: [
      {
        flags: "--addresses <a,b>",
        create: "only these client addresses can use it, for example 203.0.113.0/24",
        change: "only these client addresses can use it",
        parse: names,
      },
      { flags: "--no-addresses", change: "any client address can use it" },
    ],
    value: ({ addresses }) => (addresses === false ? [] : addresses),
    cell: listCell(),
  },
};

/** The cells of an import, by the API's names. */
export const KEY_CELLS: Readonly<Record<string, Cell>> = Object.fromEntries(
  Object.entries(FIELDS).flatMap(([name, { cell }]) => (cell ? [[name, cell]] : [])),
);
export const REQUIRED_CELLS = Object.entries(FIELDS).flatMap(([name, { flags, cell }]) =>
  cell && flags.some(({ required }) => required) ? [name] : [],
);

const FLAGS = Object.values(FIELDS).flatMap(({ flags }) => flags);

export function optionsToCreate(command: Command): Command {
  const given = FLAGS.filter(({ create }) => create !== undefined);
  command.optionsGroup("Required:");
  for (const flag of given) if (flag.required) command.addOption(optionOf(flag, flag.create).makeOptionMandatory());
  command.optionsGroup("Options:");
  for (const flag of given) if (!flag.required) command.addOption(optionOf(flag, flag.create));
  return command;
}

export function optionsToChange(command: Command): Command {
  for (const flag of FLAGS) if (flag.change !== undefined) command.addOption(optionOf(flag, flag.change));
  return command;
}

function optionOf({ flags, parse, choices, without = [] }: Flag, help: string | undefined): Option {
  const option = new Option(flags, help).conflicts(without);
  if (parse) option.argParser(parse);
  return choices ? option.choices(choices) : option;
}

/** The API's fields. Those that the options do not give are undefined. */
export function bodyOf(options: Options): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(FIELDS).map(([name, field]) => [name, (field.value ?? firstOf(field))(options)]),
  );
}

function firstOf({ flags: [first] }: Field): (options: Options) => unknown {
  const name = new Option(first?.flags ?? "").attributeName();
  return ({ [name]: value }) => (value === false ? null : value);
}

type Words<Value> = (value: Value) => string | null;
type Shown = { readonly [Name in keyof KeyAnswer]: readonly [label: string, words?: Words<KeyAnswer[Name]>] };

const SHOWN: Shown = {
  id: ["Id"],
  name: ["Name"],
  description: ["Description"],
  hint: ["Key"],
  // An older gateway does not say.
  secrets: ["Secrets", (secrets) => list((secrets ?? []).map(secretInWords))],
  status: ["Status"],
  status_reason: ["Reason", (reason) => reason ?? ""],
  environment: ["Environment"],
  reach: ["Reach"],
  workspace_ids: ["Workspaces", list],
  permission: ["Permission"],
  scopes: ["Scopes", (scopes) => list(scopes, "none")],
  plan: ["Plan"],
  limits: ["Limits", (own) => own && limitsInWords(own)],
  allowed_addresses: ["Addresses", list],
  organization_id: ["Organization"],
  member_id: ["Member"],
  created_at: ["Created", moment],
  expires_at: ["Expires", moment],
  last_used_at: ["Last used", (time) => moment(time)],
  revoked_at: ["Revoked", (time) => moment(time, "")],
};

function secretInWords({ id, hint, expires_at }: KeyAnswer["secrets"][number]): string {
  return `${id} ${hint}${expires_at === null ? "" : ` (until ${moment(expires_at)})`}`;
}

/** For `record`. */
export function fieldsInWords(key: KeyAnswer): [label: string, words: string | null][] {
  return Object.entries(SHOWN).map(([name, [label, words]]) => {
    const value = key[name as keyof KeyAnswer];
    return [label, words ? (words as Words<unknown>)(value) : (value as string | null)];
  });
}
