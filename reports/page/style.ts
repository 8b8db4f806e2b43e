/** The page's style: two themes by the reader's preference, one column on a phone, ink on paper when printed. */
import { dark, light, type Palette } from '../charts/theme.ts';

function variables(palette: Palette, more: string): string {
  const colors = Object.entries(palette).map(([name, color]) => `--${name}:${color}`);
  return [...colors, more].join(';');
}

const lightVariables = variables(
  light,
  '--page:#f6f7f9;--good:#1a7f37;--warnGround:#fff4d6;--badGround:#fdeceb;--calmGround:#eaeef2;--goodGround:#e2f4e6',
);
const darkVariables = variables(
  dark,
  '--page:#0d1014;--good:#6fd08c;--warnGround:#3a2f0b;--badGround:#43201d;--calmGround:#262c34;--goodGround:#173522',
);

export const style = `
:root{color-scheme:light dark;${lightVariables}}
@media (prefers-color-scheme:dark){:root{${darkVariables}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:1240px;margin:0 auto;padding:24px}
header,main>section{background:var(--surface);border:1px solid var(--grid);border-radius:8px;padding:20px 24px;margin:0 0 20px}
h1{font-size:1.75rem;line-height:1.2;margin:0}
h1,.under,dd,.reasons,li,td,.note{overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:0 0 12px}
h3{font-size:1rem;margin:0}
p{margin:0 0 8px}
.under{color:var(--muted);margin:4px 0 14px}
.label,.when{color:var(--muted);font-size:.875rem}
.words{display:flex;flex-wrap:wrap;gap:6px 8px;align-items:center;margin-bottom:14px}
.words .label:not(:first-child){margin-left:10px}
.badge{border-radius:999px;padding:2px 12px;font-size:.9rem}
.badge.good{color:var(--good);background:var(--goodGround)}
.badge.bad{color:var(--bad);background:var(--badGround)}
.badge.warn{color:var(--unsettled);background:var(--warnGround)}
.badge.calm{color:var(--ink);background:var(--calmGround);font-weight:500}
.note{border-left:4px solid var(--unsettled);background:var(--warnGround);padding:10px 14px;margin:0 0 14px;border-radius:0 6px 6px 0}
.note.bad{border-color:var(--bad);background:var(--badGround)}
.note p:last-child{margin:0}
.places span{margin-right:12px}
.headline{font-size:1.1rem;max-width:75ch}
.keys{display:grid;grid-template-columns:repeat(5,1fr);gap:1px;background:var(--grid);border:1px solid var(--grid);border-radius:6px;overflow:hidden;margin:4px 0 14px}
.keys div{background:var(--surface);padding:10px 14px}
.keys dt{color:var(--muted);font-size:.8rem}
.keys dd{margin:0;font-size:1.25rem;font-weight:600;font-variant-numeric:tabular-nums;white-space:nowrap}
.when{margin:0;overflow-wrap:anywhere}
.scroll{overflow-x:auto;position:relative}
.scroll:focus-visible,pre:focus-visible,summary:focus-visible{outline:2px solid var(--first);outline-offset:2px}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
.trials{width:100%}
.about{color:var(--muted);font-size:.875rem}
th,td{text-align:right;padding:6px 10px;border-bottom:1px solid var(--grid);vertical-align:top;white-space:nowrap}
.trials :is(th,td){padding:6px 6px}
thead th{color:var(--muted);font-weight:600;vertical-align:bottom;border-bottom:2px solid var(--grid)}
tbody th{font-weight:600}
.text,.thresholds :is(th,td){text-align:left}
.thresholds{margin-bottom:14px}
td.text{white-space:normal;min-width:13ch}
td.reasoned{min-width:20ch}
.trials th .state{margin-right:6px}
td.message{min-width:24ch}
tr.invalid>td:not(:last-child),tr.invalid>th{color:var(--muted)}
.state.good{color:var(--good)}
.state.bad{color:var(--bad)}
.state.unsettled{color:var(--unsettled)}
.state.invalid{color:var(--invalid)}
.reasons{display:block;color:var(--muted);font-size:.85rem}
.none{color:var(--muted)}
.heard{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
details{margin-top:14px}
summary{cursor:pointer;color:var(--first);font-weight:600;width:fit-content}
details .scroll,details pre{margin-top:10px}
pre{background:var(--page);border:1px solid var(--grid);border-radius:6px;padding:12px;margin:0;overflow:auto;font-size:.8rem;line-height:1.45}
.warnings{margin:0;padding:0;list-style:none}
.warnings li{border-left:4px solid var(--unsettled);padding:2px 0 2px 14px;margin-bottom:10px}
.warnings li:last-child,.warnings p{margin-bottom:0}
.advice{color:var(--muted)}
.grid{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:26px 32px}
.grid.cost{grid-template-columns:repeat(3,minmax(0,1fr))}
figure{margin:0;min-width:0;display:grid;grid-template-rows:subgrid;grid-row:span 2;gap:0}
figure.wide{grid-column:1/-1}
figcaption p{color:var(--muted);font-size:.875rem;margin:2px 0 8px}
.canvas{position:relative;height:280px}
.blank{color:var(--muted);margin:0}
.grid+.blank{margin-top:14px}
.counts{display:flex;flex-wrap:wrap;gap:4px 22px;margin:0 0 12px;padding:0;list-style:none}
.sum .total{border-top:2px solid var(--muted)}
.manifest{columns:2 420px;column-gap:36px;margin:0}
.manifest div{display:grid;grid-template-columns:9.5em 1fr;gap:8px;padding:5px 0;border-bottom:1px solid var(--grid);break-inside:avoid}
.manifest dt{color:var(--muted)}
.manifest dd{margin:0}
footer{color:var(--muted);font-size:.85rem;padding:0 4px}
@media (max-width:900px){
.grid,.grid.cost{grid-template-columns:minmax(0,1fr)}
}
@media (max-width:640px){
main{padding:10px}
header,main>section{padding:14px;margin-bottom:12px}
.keys{grid-template-columns:repeat(2,1fr)}
.canvas{height:250px}
.manifest div{grid-template-columns:1fr;gap:0}
}
@media print{
:root{color-scheme:light;${lightVariables}}
body,main{background:#fff;padding:0;font-size:12px}
header,main>section{border:0;padding:0}
figure,tr,.note{break-inside:avoid}
h2,h3{break-after:avoid}
.grid,.grid.cost{grid-template-columns:1fr 1fr}
canvas{max-width:100%!important;max-height:230px!important;object-fit:contain;object-position:left top}
.canvas{height:230px}
th,td,.reasons{padding:3px 5px;font-size:10px}
.reasons{padding:0}
thead th{white-space:normal}
td.text,td.message,td.reasoned{min-width:0}
.scroll,pre{overflow:visible}
pre{white-space:pre-wrap}
}
`;
