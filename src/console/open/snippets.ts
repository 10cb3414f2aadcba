/** The same call in three languages. Nothing to install. */

export interface Snippet {
  readonly language: string;
  readonly text: string;
}

export function snippetsOf(url: string, secret: string): readonly Snippet[] {
  return [
    { language: "curl", text: `curl -i '${url}' \\\n  -H 'Authorization: Bearer ${secret}'` },
    {
      language: "Python",
      text: `from urllib.request import Request, urlopen

request = Request("${url}", headers={"Authorization": "Bearer ${secret}"})
with urlopen(request) as response:
    print(response.status, response.read().decode())`,
    },
    {
      language: "JavaScript",
      text: `const response = await fetch("${url}", {
  headers: { Authorization: "Bearer ${secret}" },
});
console.log(response.status, await response.text());`,
    },
  ];
}

/** With the secret in an environment variable. */
export function snippetsWithVariable(url: string, variable: string): readonly Snippet[] {
  return [
    { language: "curl", text: `curl -i '${url}' \\\n  -H "Authorization: Bearer $${variable}"` },
    {
      language: "Python",
      text: `import os
from urllib.request import Request, urlopen

key = os.environ["${variable}"]
request = Request("${url}", headers={"Authorization": f"Bearer {key}"})
with urlopen(request) as response:
    print(response.status, response.read().decode())`,
    },
    {
      language: "JavaScript",
      text: `const key = process.env.${variable};
const response = await fetch("${url}", {
  headers: { Authorization: \`Bearer \${key}\` },
});
console.log(response.status, await response.text());`,
    },
  ];
}
