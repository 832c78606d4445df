import { createRoot } from "react-dom/client";
import { syncClient } from "../client.js";
import { createLog } from "./log.js";
import { noteConnection } from "./notices.js";
import { Panel } from "./Panel.js";
import { STYLES } from "./styles.js";

/** What `openSyncPanel` takes. */
export interface SyncPanelOptions {
  /**
   * The text of the generated `sync.gen.ts`, or a function that loads it, for the form to know the
   * routes and their inputs. With Vite: `() => import("./sync.gen.ts?raw").then((file) => file.default)`.
   * Without it a route is typed in by name, and its input as JSON.
   */
  routes?: string | (() => Promise<string>);
  /** Whether it is unfolded at first. Default: false, a button in the corner. */
  open?: boolean;
}

/** What the element of the panel is called on the page. */
const ELEMENT = "sync-panel";

let close: (() => void) | undefined;

/**
 * Puts the panel on the page and watches the client from then on. Returns the function that takes
 * both away. There is one panel on a page: a second call replaces the first.
 */
export function openSyncPanel(options: SyncPanelOptions = {}): () => void {
  close?.();
  const client = syncClient();
  const log = createLog();
  client.inspector = log.inspector;
  const stopNoting = noteConnection(client, log);

  const host = document.createElement(ELEMENT);
  // Its own tree and its own styles: the page's do not reach it, and its do not reach the page.
  const shadow = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLES);
  shadow.adoptedStyleSheets = [sheet];
  document.body.append(host);
  const root = createRoot(shadow);
  root.render(<Panel client={client} log={log} options={options} />);

  const end = () => {
    if (close !== end) return;
    close = undefined;
    if (client.inspector === log.inspector) client.inspector = undefined;
    stopNoting();
    host.remove();
    // React does not unmount a root while it renders, which is when a component of the app may call this.
    queueMicrotask(() => root.unmount());
  };
  close = end;
  return end;
}
