/** A session token, or a function that gives the current one each time it is needed. */
export type SyncAuth =
  | string
  | (() => string | null | undefined | Promise<string | null | undefined>);

export async function currentToken(auth: SyncAuth | undefined): Promise<string | null | undefined> {
  if (typeof auth !== "function") return auth;
  try {
    return await auth();
  } catch (error) {
    console.error("sync-client: auth() failed; going on without a token.", error);
    return undefined;
  }
}
