/** How a report looks: on a screen, light and dark, on a phone, and on paper. */
export const STYLE = `
:root{color-scheme:light dark;--ink:light-dark(#1f2422,#e6e8e6);--muted:light-dark(#5d6663,#9aa39f);--line:light-dark(#deded7,#2f3337);--card:light-dark(#fff,#1e2124);--paper:light-dark(#f7f7f4,#16181a);--good:light-dark(#2a7a3f,#7fc98f);--bad:light-dark(#b3372f,#f08a80);--accent:light-dark(#23685a,#7cc7b2)}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,"Segoe UI","Helvetica Neue","DejaVu Sans",sans-serif;overflow-wrap:anywhere}
main{max-width:60rem;margin:0 auto;padding:1.5rem 1rem 4rem}
h1{margin:.1rem 0;font-size:1.8rem}h2{margin:2rem 0 .6rem;font-size:1.1rem}h3{margin:.8rem 0 .2rem;font-size:.9rem;color:var(--muted)}
p{margin:.3rem 0}.kind,.muted,time,footer{color:var(--muted)}.kind,footer,time{font-size:.85rem}footer{margin-top:3rem}
.job,.text,pre{white-space:pre-wrap}.summary{padding:.7rem 1rem;border-left:3px solid var(--good);background:var(--card)}
.figures{display:flex;flex-wrap:wrap;gap:.5rem 2rem;margin:1.2rem 0}.figures div{min-width:5rem}dt{font-size:.8rem;color:var(--muted)}dd{margin:0;font-weight:600;font-variant-numeric:tabular-nums}
.task{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.5rem .9rem;margin:.4rem 0}summary{cursor:pointer}
.id,code,pre{font-family:ui-monospace,"DejaVu Sans Mono",monospace;font-size:.88em}.id{color:var(--muted)}
.state{font-size:.85rem;color:var(--muted)}.completed{color:var(--good)}.failed{color:var(--bad)}
ol{margin:.5rem 0;padding-left:1.2rem}.events{list-style:none;padding:0}.events li{padding:.2rem 0}
pre{max-height:40rem;overflow:auto;border:1px solid var(--line);border-radius:6px;padding:.7rem}img{max-width:100%}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.2rem .6rem .2rem 0;border-bottom:1px solid var(--line);vertical-align:top}.n{text-align:right;font-variant-numeric:tabular-nums}.wide{overflow-x:auto}.wide table{overflow-wrap:normal}td:first-child{overflow-wrap:normal}
.brief{display:block;color:var(--muted);padding-left:1.1rem}ul{margin:.3rem 0;padding-left:1.2rem}h1{font-size:clamp(1.3rem,1rem + 2vw,1.8rem);line-height:1.25}
@media print{:root{color-scheme:light;font-size:11.5px}body{background:#fff;font-size:11px}.brief{display:none}main{max-width:none;padding:0}h2{break-after:avoid}tr,li{break-inside:avoid}pre{max-height:none;overflow:visible}
/* On paper nothing can be opened. */
details::details-content{content-visibility:visible;display:block;height:auto}summary{list-style:none}.task{break-inside:auto}.task>summary{break-after:avoid}}
@page{margin:16mm}
`;
