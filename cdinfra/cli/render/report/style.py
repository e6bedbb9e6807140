"""How the page looks: in light and dark, on a phone and a wide screen, and on paper."""

STYLE = """
:root {
  color-scheme: light dark;
  --back: #ffffff; --ink: #1f2328; --faint: #59636e; --line: #d1d9e0; --link: #0969da;
  --calm: #1a7f37; --loud: #cf222e; --work: #0969da; --turn: #8250df; --undo: #bc4c00;
  --rest: #8c959f; --panel: #f6f8fa;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #0d1117; --ink: #f0f6fc; --faint: #9198a1; --line: #3d444d; --link: #58a6ff;
    --calm: #3fb950; --loud: #f85149; --work: #58a6ff; --turn: #ab7df8; --undo: #db8b3b;
    --rest: #656c76; --panel: #151b23;
  }
}
* { box-sizing: border-box; }
body {
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif;
  color: var(--ink); background: var(--back); max-width: 96rem; margin: 0 auto; padding: 1rem;
}
h1, h2, h3 { line-height: 1.25; overflow-wrap: anywhere; }
h1 { margin: .5rem 0 0; }
h3 { margin: 1.75rem 0 .25rem; }
h1 small, h2 small { color: var(--faint); font-weight: normal; font-size: .7em; }
section { border-top: 1px solid var(--line); margin-top: 2rem; padding-top: .25rem; }
p, li, figcaption { overflow-wrap: anywhere; max-width: 60rem; }
a { color: var(--link); }
code { font: .875em/1.5 ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace; }
.faint, .why { color: var(--faint); }
.why { display: block; font-size: .875em; white-space: normal; min-width: 16rem; }
.loud { color: var(--loud); font-weight: 600; }
.calm { color: var(--calm); font-weight: 600; }
.scroll { overflow-x: auto; margin: .5rem 0 1rem; }
.scroll:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--faint); padding: .25rem 0; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; }
th, td { border-bottom: 1px solid var(--line); white-space: nowrap; }
thead th { color: var(--faint); font-weight: 600; }
tbody th { font-weight: 600; }
figure { margin: .5rem 0 1rem; padding: .75rem 1rem; background: var(--panel); border-radius: 8px; }
figure > svg { display: block; width: 100%; overflow: visible; }
summary { cursor: pointer; padding: .25rem 0; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; }
.legend { margin: .75rem 0 0; font-size: .875rem; }
.legend svg { vertical-align: -.15em; margin-right: .4rem; }
text { font-size: 12px; fill: var(--ink); font-variant-numeric: tabular-nums; }
text.tick { font-size: 11px; fill: var(--faint); }
line { stroke: var(--line); }
.calm-mark { fill: var(--calm); } .loud-mark { fill: var(--loud); }
.work-mark { fill: var(--work); } .turn-mark { fill: var(--turn); }
.undo-mark { fill: var(--undo); } .rest-mark { fill: var(--rest); }
.alarm { stroke: var(--ink); stroke-width: 1.5px; }
@page { size: landscape; margin: 1.2cm; }
@media print {
  :root {
    --back: #ffffff; --ink: #000000; --faint: #444444; --line: #bbbbbb; --link: #000000;
    --calm: #1a7f37; --loud: #cf222e; --work: #0969da; --turn: #8250df; --undo: #bc4c00;
    --rest: #8c959f; --panel: #ffffff;
  }
  body { font-size: 10pt; max-width: none; padding: 0; }
  .scroll { overflow: visible; }
  table { font-size: 8pt; }
  th, td { white-space: normal; overflow-wrap: break-word; padding-right: .5rem; }
  .why { min-width: 0; }
  h2, h3, caption { break-after: avoid; }
  details:not([open]) { display: none; }
  tr, figure, .legend { break-inside: avoid; }
  figure { border: 1px solid var(--line); print-color-adjust: exact; }
}
"""
