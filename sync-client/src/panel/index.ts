/**
 * A panel for developers: what the page asks and hears, as it happens, and a form to try routes with.
 * An entry of its own, to be imported in development only.
 *
 * @module
 */
export { openSyncPanel, type SyncPanelOptions } from "./open.js";
export { SyncPanel } from "./component.js";
