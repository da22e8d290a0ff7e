/** The look of a policy's page: for reading on a screen, in the dark, and on paper. */
export const STYLE = `
:root { color-scheme: light dark; --ink: light-dark(#1d2430, #e3e7ee); --soft: light-dark(#5b6675, #9aa6b6); --line: light-dark(#dfe4ea, #2f3844);
  --paper: light-dark(#ffffff, #14181f); --tint: light-dark(#f5f7fa, #1b212a); --link: light-dark(#1f5fbf, #82b1ff);
  --good: light-dark(#1c7c4a, #6fd39b); --bad: light-dark(#b3372f, #ff8f86); --accent: light-dark(#2b6a78, #6cc3d5); }
* { box-sizing: border-box }
html { scroll-padding-top: 1rem }
body { margin: 0; color: var(--ink); background: var(--paper); font: 16px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  display: grid; grid-template-columns: 17rem minmax(0, 1fr) }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1.6rem 1.2rem; border-right: 1px solid var(--line); background: var(--tint); font-size: .86rem; line-height: 1.35 }
nav .name { margin: 0 0 1rem; font-weight: 650; font-size: 1rem }
nav ul { list-style: none; margin: 0; padding: 0 }
nav li { margin: .3rem 0 } nav .l2 { margin-top: 1.1rem; font-weight: 600 } nav .l3 { padding-left: .8rem }
nav a { color: var(--soft); text-decoration: none } nav .l2 a { color: var(--ink) } nav a:hover { color: var(--link); text-decoration: underline }
main { max-width: 54rem; padding: 2.4rem 3rem 6rem; min-width: 0 }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 } .subtitle { color: var(--soft); margin: .3rem 0 1.6rem }
h2 { font-size: 1.45rem; margin: 3.2rem 0 1rem; padding-bottom: .35rem; border-bottom: 2px solid var(--line) }
h3 { font-size: 1.14rem; margin: 2.2rem 0 .6rem } h4 { font-size: 1rem; margin: 1.7rem 0 .4rem }
h4[id^="when-"] { color: var(--accent); font-size: .82rem; letter-spacing: .03em; text-transform: none; border-top: 1px dashed var(--line); padding-top: .9rem; margin-top: 2.2rem }
p { margin: .4rem 0 .7rem } ul { margin: .3rem 0 .8rem; padding-left: 1.4rem } li { margin: .15rem 0 }
a { color: var(--link) } code { font: .88em ui-monospace, "SF Mono", "DejaVu Sans Mono", Consolas, monospace; background: var(--tint); border: 1px solid var(--line); border-radius: 4px; padding: .05em .3em; overflow-wrap: anywhere }
pre code { display: block; padding: .8rem 1rem; overflow-x: auto }
.wide { overflow-x: auto; margin: .6rem 0 1rem } figure { margin: .9rem 0 }
table { border-collapse: collapse; width: 100%; font-size: .92rem } th { text-align: left; font-weight: 600; color: var(--soft); border-bottom: 2px solid var(--line); padding: .35rem .7rem .35rem 0 }
th, td:last-child:not(:only-child) { min-width: 7.5rem } td { vertical-align: top; border-bottom: 1px solid var(--line); padding: .45rem .7rem .45rem 0 }
dl { margin: .5rem 0 1rem; padding: .55rem 1rem; border-left: 3px solid var(--line); background: var(--tint); border-radius: 0 6px 6px 0; font-size: .92rem }
dl div { display: flex; gap: .8rem; padding: .12rem 0 } dt { flex: 0 0 6.6rem; color: var(--soft) } dd { margin: 0; min-width: 0 }
details { margin: .4rem 0 .7rem } summary { cursor: pointer; color: var(--soft); font-size: .92rem }
.note { font-style: normal; font-weight: 600; color: var(--soft) } .note.high, .note.critical { color: var(--bad) }
svg.pattern { display: block; max-width: none } svg text { font: 12.5px ui-monospace, "DejaVu Sans Mono", Consolas, monospace; fill: var(--ink) }
svg .gap { font-size: 11px; fill: var(--soft) } svg .step { fill: var(--tint); stroke: var(--accent); stroke-width: 1.3 } svg .step.refused { stroke: var(--bad); stroke-dasharray: 4 3 } svg text.refused { fill: var(--bad) }
svg .arrow, svg .end { stroke: var(--soft); stroke-width: 1.3; fill: none } svg .head { fill: var(--soft) } svg text.holds { fill: var(--good); font-weight: 600 } svg text.breaks { fill: var(--bad); font-weight: 600 }
@media (max-width: 60rem) { body { display: block } nav { position: static; height: auto; border-right: 0; border-bottom: 1px solid var(--line) } nav .l3 { display: none } main { padding: 1.6rem 1.2rem 4rem } }
@media print { body { display: block; font-size: 10.5pt } nav { display: none } main { max-width: none; padding: 0 } h2 { break-before: page } h3, h4 { break-after: avoid } dl, figure, tr { break-inside: avoid } details > :not(summary) { display: block } }
`
