/**
 * The developer panel: in development, and where the address asks for it with `?panel`. It is loaded
 * apart from the page, which carries none of it.
 */
export function offerPanel(): void {
  const isAsked = new URLSearchParams(location.search).has("panel");
  if (!isAsked && !import.meta.env.DEV) return;
  void import("sync-client/panel").then(({ openSyncPanel }) => {
    openSyncPanel({
      routes: () => import("./sync.gen.ts?raw").then((file) => file.default),
      open: isAsked,
    });
  });
}
