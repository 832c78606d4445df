import { report } from "./signal.js";

/** A session token, or a function that gives the current one each time it is needed. */
export type SyncAuth =
  | string
  | (() => string | null | undefined | Promise<string | null | undefined>);

/** Without one, if the function fails: the server may take the connection as nobody's. */
export async function currentToken(auth: SyncAuth | undefined): Promise<string | null | undefined> {
  if (typeof auth !== "function") return auth;
  try {
    return await auth();
  } catch (error) {
    report(error);
    return undefined;
  }
}
