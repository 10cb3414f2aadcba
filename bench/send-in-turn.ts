import { connect } from "node:net";

/** The statuses of the answers to a request that is sent so many times, one after the other, on as few connections as the server allows. */
export async function sendInTurn(port: number, bytes: string, times: number): Promise<string[]> {
  const statuses: string[] = [];
  while (statuses.length < times) {
    const before = statuses.length;
    await onOneConnection(port, bytes, times, statuses);
    if (statuses.length === before) throw new Error(`no answer to ${bytes.slice(0, 200)}`);
  }
  return statuses;
}

/** Until the server closes it. Answers are so short that each comes in one piece. */
function onOneConnection(port: number, bytes: string, times: number, statuses: string[]): Promise<void> {
  return new Promise((done) => {
    const socket = connect(port, "127.0.0.1");
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(text) ?? [];
      if (status === undefined) return;
      statuses.push(status);
      if (statuses.length < times) socket.write(bytes, "latin1");
      else socket.end();
    });
    // A server may close while more than it wants to read is still coming.
    socket.on("error", () => done());
    socket.on("close", () => done());
    socket.write(bytes, "latin1");
  });
}
