/** The review of a change of a key shows all that Save would change. */

import { expect, test } from "vitest";
import { controlOf } from "../../helpers/control.ts";
import { migrate } from "../../helpers/workerd.ts";
import { call, makeKey, makeWorkspace, setUp } from "../../management/call.ts";
import { Browser, formTo } from "../browser.ts";

await migrate();

test("a second workspace with the name of the first is seen in the review, and both are told apart", async () => {
  const { organization, workspace, member, keyBody } = await setUp();
  const second = await makeWorkspace(organization.id);
  const key = await makeKey({ ...keyBody, reach: "workspace", workspace_ids: [workspace.id] });
  const browser = await Browser.signedIn({ ...controlOf(), now: Date.now }, member.id);
  const path = `/keys/${key.id}/edit`;
  const page = await browser.open(path);
  for (const { id } of [workspace, second]) expect(page.text).toContain(`Sales (${id})`);
  const form = formTo(page, path);
  for (const control of form.controls) if (control.value === second.id) control.checked = true;
  const review = await browser.submit(page, form);
  expect(review.html).toContain(`<ins>Sales (${second.id})</ins>`);
  await browser.submit(review, formTo(review, path));
  expect((await call("GET", `/v1/api-keys/${key.id}`)).body.workspace_ids).toEqual([workspace.id, second.id].sort());
});
