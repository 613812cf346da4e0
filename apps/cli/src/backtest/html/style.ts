/** Colours of the models, by class `m-<name>`; light, and dark where the reader's system is. */
export const STYLE = `
:root{color-scheme:light dark;--paper:#fbfaf8;--card:#fff;--ink:#1d2330;--soft:#667085;--rule:#e4e2dd;--band:#e9f3ec;
--urs:#1f5fd6;--urs1:#7fa6ea;--fhs:#d9822b;--fhs-plain:#eab781;--hs:#a98fd0;--grid:#6b7280;--grid-offset:#a3a9b3;--span:#4f9d8f;--tiered:#c3b091;--bad:#d12f4b;--loss:#b9b5ac}
@media(prefers-color-scheme:dark){:root{--paper:#12151c;--card:#1a1f29;--ink:#e8eaf0;--soft:#98a2b3;--rule:#2c3340;--band:#1d3127;
--urs:#6ea0ff;--urs1:#3f68b8;--fhs:#f0a254;--fhs-plain:#8f6231;--hs:#8f77b8;--grid:#9aa3b2;--grid-offset:#5f6775;--span:#63b9aa;--tiered:#85775c;--bad:#ff6680;--loss:#4d5462}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1120px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:clamp(1.7rem,4.5vw,2.5rem);line-height:1.15;letter-spacing:-.02em;margin:0 0 .3em}
h2{font-size:1.35rem;letter-spacing:-.01em;margin:2.6em 0 .2em}
h3{font-size:.95rem;margin:0 0 .1em}
p{max-width:72ch;margin:.4em 0 1em}
.lead{font-size:1.08rem;color:var(--soft)}
.note{font-size:.86rem;color:var(--soft);margin:.1em 0 .7em}
.card{background:var(--card);border:1px solid var(--rule);border-radius:12px;padding:16px 18px;margin:14px 0;min-width:0}
.row{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,330px),1fr));gap:14px}
.row .card{margin:0}
.big{font-size:2.1rem;font-weight:650;letter-spacing:-.02em;line-height:1.1;color:var(--urs)}
.big small{font-size:1rem;font-weight:500;color:var(--soft);letter-spacing:0}
nav{display:flex;flex-wrap:wrap;gap:6px 14px;margin:14px 0 4px;font-size:.92rem}
a{color:var(--urs);text-decoration:none}a:hover{text-decoration:underline}
svg{display:block;width:100%;height:auto;overflow:visible}
svg text{font-size:12px;fill:var(--soft);font-family:inherit}
svg text.strong{fill:var(--ink);font-weight:600}
svg text.name{fill:var(--ink)}
svg text.value{fill:var(--ink)}
.axis{stroke:var(--rule);stroke-width:1}
.target{stroke:var(--bad);stroke-width:1.2;stroke-dasharray:4 3}
.band{fill:var(--band)}
.loss{stroke:var(--loss);fill:none;stroke-width:1}
.breach{fill:var(--bad);stroke:var(--card);stroke-width:1}
.hollow{fill:var(--card);stroke-width:1.8}
.curve{fill:none;stroke-width:1.6;stroke-linejoin:round}
.curve.first{stroke-width:2.2}
.narrow{display:none}
@media(max-width:640px){.wide{display:none}.narrow{display:block}main{padding:22px 12px 48px}.card{padding:12px}}
.scroll{overflow-x:auto;-webkit-overflow-scrolling:touch}
table{border-collapse:collapse;width:100%;font-size:.88rem}
th,td{padding:5px 9px;text-align:right;white-space:nowrap;border-bottom:1px solid var(--rule)}
th{font-weight:600;color:var(--soft)}
th:first-child,td:first-child,td.word,th.word{text-align:left}
td.hit{color:var(--bad);font-weight:600}td.best{font-weight:700}
td.hash{font-family:ui-monospace,SFMono-Regular,Menlo,monospace;font-size:.76rem;text-align:left}
.key{display:flex;flex-wrap:wrap;gap:4px 16px;font-size:.86rem;color:var(--soft);margin:.2em 0 .6em}
.key i{display:inline-block;width:22px;height:0;border-top:3px solid;vertical-align:middle;margin-right:6px;border-radius:2px}
.key b{display:inline-block;width:9px;height:9px;border-radius:50%;background:var(--bad);margin-right:6px}
footer{margin-top:3em;color:var(--soft);font-size:.86rem}
`.trim();

const NAMED = ['urs', 'urs1', 'fhs', 'fhs-plain', 'hs', 'grid', 'grid-offset', 'span', 'tiered'];

/** A colour for any model: its own, or one of the list in turn. */
export function modelColours(models: readonly string[]): string {
  return models
    .map((model, index) => {
      const named = NAMED.includes(model) ? model : (NAMED[index % NAMED.length] ?? 'urs');
      const colour = `var(--${named})`;
      return `.m-${model}{fill:${colour}}.s-${model}{stroke:${colour}}.b-${model}{border-color:${colour}}`;
    })
    .join('\n');
}
