/** The styles of the panel, for its shadow tree. Each colour is written once, for both schemes. */
export const STYLES = `
:host {
  all: initial;
  position: fixed;
  z-index: 2147483000;
  color-scheme: light dark;
  --bg: light-dark(#ffffff, #171b21);
  --bg-2: light-dark(#f4f6f8, #1e242c);
  --bg-3: light-dark(#e9edf1, #28303a);
  --line: light-dark(#dbe1e7, #303945);
  --text: light-dark(#1a232d, #e4e9ef);
  --muted: light-dark(#5a6673, #97a3b0);
  --accent: light-dark(#0b6bcb, #6cb6ff);
  --on-accent: light-dark(#ffffff, #0b1a2b);
  --good: light-dark(#0f7038, #5fd38d);
  --bad: light-dark(#b3261e, #ff8f85);
  --odd: light-dark(#8a5a00, #f0b95a);
  --stream: light-dark(#7a3fc0, #c79bff);
  --mono: ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, monospace;
  font: 12.5px/1.45 system-ui, "Segoe UI", Roboto, sans-serif;
  color: var(--text);
}
*, ::before, ::after { box-sizing: border-box; }
h3, h4, p, ol, ul, dl, dd, pre, fieldset { margin: 0; padding: 0; border: 0; min-width: 0; }
ol, ul { list-style: none; }
h3 { font-size: 13.5px; }
h4 { margin: 12px 0 4px; color: var(--muted); font-size: 11px; letter-spacing: 0.04em; text-transform: uppercase; }
small { margin-left: 4px; color: var(--muted); font-size: 0.88em; font-weight: 400; }
button, input, select, textarea { font: inherit; color: inherit; }
button { cursor: pointer; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; border-radius: 4px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.mono, code, pre, textarea.mono { font-family: var(--mono); font-size: 12px; }
.muted { color: var(--muted); }
.gap { flex: 1; }
.scroll { overflow: auto; overscroll-behavior: contain; }
.padded { padding: 12px 14px; }
.empty { padding: 28px 16px; color: var(--muted); text-align: center; }
.problem { color: var(--bad); }
.problem:empty { display: none; }

.launcher {
  position: fixed; left: 12px; bottom: 12px;
  display: inline-flex; gap: 7px; align-items: center;
  min-height: 32px; padding: 0 12px;
  border: 1px solid var(--line); border-radius: 99px;
  background: var(--bg); box-shadow: 0 4px 16px #0003;
  font-weight: 650;
}
.launcher:hover { background: var(--bg-2); }
.launcher:focus-visible { border-radius: 99px; outline-offset: 2px; }
.count { min-width: 18px; padding: 0 5px; border-radius: 99px; background: var(--bg-3); font-size: 11px; text-align: center; }
.count.bad { background: var(--bad); color: var(--bg); }

.panel {
  position: fixed; inset: auto 0 0; display: grid; grid-template-rows: auto minmax(0, 1fr);
  border-top: 1px solid var(--line); background: var(--bg); box-shadow: 0 -8px 32px #0002;
  container-type: inline-size;
}
.resize { position: absolute; z-index: 1; inset: -4px 0 auto; height: 8px; cursor: ns-resize; touch-action: none; }
.resize:hover, .resize:focus-visible { background: color-mix(in srgb, var(--accent), transparent 60%); }
header { display: flex; gap: 12px; align-items: center; padding: 0 8px 0 14px; border-bottom: 1px solid var(--line); background: var(--bg-2); }
header strong { font-size: 13.5px; letter-spacing: -0.01em; }
[role=tablist] { display: flex; flex: 1; align-self: stretch; min-width: 0; overflow-x: auto; }
[role=tab] { min-height: 38px; padding: 0 12px; border: 0; border-bottom: 2px solid transparent; background: none; color: var(--muted); font-weight: 550; white-space: nowrap; }
[role=tab]:hover { color: var(--text); }
[role=tab][aria-selected=true] { border-bottom-color: var(--accent); color: var(--text); }
.icon { width: 30px; height: 30px; border: 0; border-radius: 6px; background: none; color: var(--muted); font-size: 19px; line-height: 1; }
.icon:hover { background: var(--bg-3); color: var(--text); }
.view { min-height: 0; }

.status { display: inline-flex; gap: 6px; align-items: center; color: var(--muted); white-space: nowrap; }
.dot { flex: none; width: 8px; height: 8px; border-radius: 50%; background: var(--muted); }
[data-status=connected] .dot, [data-status=joined] .dot, [data-status=resumed] .dot { background: var(--good); }
[data-status=gap] .dot, [data-status=lagging] .dot { background: var(--odd); }
[data-status=connecting] .dot, [data-status=reconnecting] .dot, [data-status=joining] .dot { background: var(--odd); animation: breathe 0.8s ease-in-out infinite alternate; }
[data-status=error] .dot, [data-status=offline] .dot, [data-status=sessionEnded] .dot { background: var(--bad); }
@keyframes breathe { to { opacity: 0.3; } }

.traffic { display: grid; grid-template: auto minmax(0, 1fr) / minmax(0, 11fr) minmax(0, 10fr); height: 100%; }
.toolbar { grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: 6px; align-items: center; padding: 6px 8px; border-bottom: 1px solid var(--line); }
.toolbar input { flex: 1 1 160px; max-width: 320px; }
input:not([type=checkbox]), select, textarea {
  width: 100%; min-height: 28px; padding: 3px 8px;
  border: 1px solid var(--line); border-radius: 6px; background: var(--bg);
}
textarea { resize: vertical; line-height: 1.5; }
[aria-invalid=true] { border-color: var(--bad); }
::placeholder { color: var(--muted); opacity: 1; }
.toggle, .quiet, .primary { min-height: 28px; padding: 0 10px; border: 1px solid var(--line); border-radius: 6px; background: var(--bg); font-weight: 550; white-space: nowrap; }
.toggle:hover, .quiet:hover { background: var(--bg-3); }
.toggle[aria-pressed=true] { border-color: color-mix(in srgb, var(--accent), transparent 55%); background: color-mix(in srgb, var(--accent), transparent 91%); color: var(--accent); }
.quiet { min-height: 24px; padding: 0 8px; border-color: transparent; background: none; color: var(--accent); }
.primary { border-color: transparent; background: var(--accent); color: var(--on-accent); padding: 0 16px; }
.primary:disabled { opacity: 0.5; cursor: default; }

.entries { overflow: auto; overscroll-behavior: contain; border-right: 1px solid var(--line); }
.entry {
  display: grid; grid-template-columns: 62px 16px minmax(90px, 1fr) minmax(0, auto) minmax(54px, auto); gap: 8px; align-items: center;
  width: 100%; min-height: 28px; padding: 2px 12px; border: 0; border-bottom: 1px solid color-mix(in srgb, var(--line), transparent 55%);
  background: none; text-align: left;
}
.entry:hover { background: var(--bg-2); }
.entry[aria-current=true] { background: color-mix(in srgb, var(--accent), transparent 86%); }
.entry time, .figure { color: var(--muted); font-size: 11.5px; font-variant-numeric: tabular-nums; white-space: nowrap; }
.entry .figure { text-align: right; }
.sign { font-weight: 700; text-align: center; }
[data-kind=request] .sign { color: var(--accent); }
[data-kind=delivery] .sign { color: var(--good); }
[data-kind=stream] .sign { color: var(--stream); }
.route { overflow: hidden; font-weight: 550; text-overflow: ellipsis; white-space: nowrap; }
.outcome { overflow: hidden; color: var(--muted); font-size: 12px; text-overflow: ellipsis; white-space: nowrap; }
[data-tone=good] { color: var(--good); }
[data-tone=bad] { color: var(--bad); font-weight: 600; }
[data-tone=odd] { color: var(--odd); }
[data-tone=busy] { color: var(--accent); animation: breathe 0.8s ease-in-out infinite alternate; }

article { padding: 10px 14px 20px; }
.detail-head { display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: center; margin-bottom: 6px; }
.back { display: none; }
.facts { margin-bottom: 8px; color: var(--muted); }
.facts b { color: var(--text); font-weight: 550; }
.timing .bar { display: flex; gap: 1px; height: 6px; overflow: hidden; border-radius: 3px; }
.timing .bar i { flex: 1 1 2px; min-width: 2px; }
.timing ul { display: flex; flex-wrap: wrap; gap: 2px 14px; margin-top: 5px; color: var(--muted); }
.timing li::before { content: ""; display: inline-block; width: 8px; height: 8px; margin-right: 5px; border-radius: 2px; background: var(--part); }
.timing li b { color: var(--text); font-weight: 550; }
[data-part=wait] { --part: var(--odd); }
[data-part=server] { --part: var(--accent); }
[data-part=stream] { --part: var(--stream); }
.bar i { background: var(--part); }
.json { position: relative; }
.json .quiet { position: absolute; top: 4px; right: 4px; background: var(--bg-2); }
pre { overflow: auto; max-height: 60vh; padding: 8px 10px; border-radius: 6px; background: var(--bg-2); line-height: 1.5; white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 2; }
.key { color: var(--accent); }
.string { color: var(--good); }
.scalar { color: var(--stream); }
.frames li { display: grid; grid-template-columns: 64px minmax(0, 1fr); gap: 8px; padding: 2px 0; }
.frames code { overflow-wrap: anywhere; }

.columns { display: flex; flex-wrap: wrap; gap: 16px 48px; }
.columns > section { flex: 1 1 240px; max-width: 420px; }
dl { display: grid; gap: 3px; margin: 6px 0 0; }
dl div { display: grid; grid-template-columns: 132px 1fr; }
.history { margin-top: 6px; }
.history li { display: flex; gap: 12px; padding: 2px 0; }
.history .status { align-items: baseline; white-space: normal; }
.history .dot { animation: none; }
dt { color: var(--muted); }
dd { font-weight: 550; }
table { width: 100%; margin-top: 6px; border-collapse: collapse; }
th, td { padding: 5px 10px 5px 0; border-bottom: 1px solid var(--line); text-align: left; }
th { color: var(--muted); font-weight: 500; }

.try { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); height: 100%; }
.try > form { border-right: 1px solid var(--line); }
.fields { display: grid; grid-template-columns: minmax(72px, max-content) minmax(0, 1fr); gap: 7px 12px; align-items: start; }
.fields label { padding-top: 4px; font-weight: 550; overflow-wrap: anywhere; }
.fields .fields { padding-left: 10px; border-left: 2px solid var(--line); }
.field { display: flex; flex-wrap: wrap; gap: 4px 8px; align-items: center; min-height: 28px; }
.field > :is(input:not([type=checkbox]), select, .json-field, .fields) { flex: 1 1 120px; }
.doc { flex: 1 0 100%; font-size: 11.5px; }
input[type=checkbox] { width: 16px; height: 16px; margin: 0; accent-color: var(--accent); }
.input { margin: 14px 0 8px; }
legend { display: flex; gap: 8px; align-items: center; width: 100%; padding: 0; margin-bottom: 6px; color: var(--muted); font-size: 11px; font-weight: 600; letter-spacing: 0.04em; text-transform: uppercase; }
legend .quiet { letter-spacing: 0; text-transform: none; }
.quiet[aria-pressed=true] { background: var(--bg-3); }
.actions { display: flex; gap: 8px; margin-top: 12px; }

@container (max-width: 720px) {
  .traffic, .try { grid-template-columns: minmax(0, 1fr); }
  .detail { display: none; }
  .traffic[data-detail] > :is(.toolbar, .entries) { display: none; }
  .traffic[data-detail] .detail { display: block; grid-row: 1 / -1; }
  .entries { border-right: 0; }
  .entry { grid-template-columns: 16px minmax(0, 1fr) minmax(0, auto) auto; min-height: 36px; }
  .entry time { display: none; }
  .back { display: inline-block; }
  .try { overflow: auto; }
  .try > form { border-right: 0; border-bottom: 1px solid var(--line); }
  .try > .scroll { overflow: visible; }
  header .status > span { display: none; }
  header strong { display: none; }
}
@media (prefers-reduced-motion: reduce) { * { animation: none !important; } }
`;
